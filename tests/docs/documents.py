"""The documents for people, and the commands and code in them."""

from __future__ import annotations

import dataclasses
import re
import shlex
import textwrap
from pathlib import Path

ROOT = Path(__file__).parents[2]
DOCUMENTS = sorted(
    path.relative_to(ROOT).as_posix()
    for pattern in ("*.md", "docs/*.md", "client/*.md", "saved_models/*.md", "serving/deploy/*.md")
    for path in ROOT.glob(pattern)
)

_BLOCK = re.compile(r"^( *)```(\w*)\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)
_INLINE = re.compile(r"`([^`]+)`")
_ASSIGNMENT = re.compile(r"[A-Z_]+=\S*")


@dataclasses.dataclass(frozen=True)
class Block:
    """Code between two lines of three backticks.

    Attributes:
        place: Document and line, such as `docs/games.md:12`.
        language: As it is named there; empty if it isn't.
        text: The lines between.
    """

    place: str
    language: str
    text: str


def read(document: str) -> str:
    return (ROOT / document).read_text(encoding="utf-8")


def blocks(document: str) -> list[Block]:
    """The blocks of code of a document, in order."""
    text = read(document)
    return [
        Block(f"{document}:{text.count(chr(10), 0, found.start()) + 1}", found[2], textwrap.dedent(found[3]))
        for found in _BLOCK.finditer(text)
    ]


def prose(document: str) -> str:
    """A document without its blocks."""
    return _BLOCK.sub("", read(document))


def inline_code(document: str) -> list[str]:
    """What stands between single backticks in the text; it may go on in the next line."""
    return [" ".join(code.split()) for code in _INLINE.findall(prose(document))]


def commands(shell: str) -> list[list[str]]:
    """The commands of a block of shell: words, without comments and assigned variables, split at `&&` and subshells."""
    found: list[list[str]] = []
    for line in shell.replace("\\\n", " ").splitlines():
        lexer = shlex.shlex(line, posix=True, punctuation_chars="();&")
        lexer.whitespace_split = True
        words: list[str] = []
        for word in [*lexer, "&&"]:
            if set(word) <= set("();&"):
                if words:
                    found.append(words)
                words = []
            elif words or not _ASSIGNMENT.fullmatch(word):
                words.append(word)
    return found
