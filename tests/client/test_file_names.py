"""Different addresses never share a file, and every name is legal on Windows, macOS and Linux."""

from __future__ import annotations

import itertools
import re
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from client import Morph, Planet, Sheet, World
from client.results import safe_stem

ALIKE = [
    *("orion/7/3", "orion_7_3", "orion 7 3", "orion:7:3", "Orion/7/3", "ORION/7/3", "orion/7_3"),
    *("é", "e\u0301", "É", "e", "ß", "ss", "ı", "i", "İ", "I", "K", "\u212a", "ﬁ", "fi"),
    *("หน", "หนี", "หนู", "हि", "ही", "ह", "🪐", "🌍", "👩‍🚀", "👩🚀", "1", "１", "¹"),
    *("con", "CON", "_con", "con.x", "com1", "com¹", "aux", "nul", "lpt9.png", "prn", ".", "..", "a.", "a ", "a", " a"),
    *("", "/", "//", "_", ".hidden", "_hidden", "-rf", "a\x00", "a\n", "a\u200b"),
    *("a-map", "a-spin", "a-normal", "a-to-b", "a-sheet"),
    *("x" * 119, "x" * 120, "x" * 121, "x" * 122, "月" * 40, "月" * 41, "月" * 200 + "1", "月" * 200 + "2"),
    "../../etc/passwd", "/./../etc/passwd", f"x-{'0' * 12}", safe_stem("A"), safe_stem(safe_stem("A")),
]  # fmt: skip


def on_disk(name: str) -> str:
    """What names of one file have in common on a disk that tells neither capitals nor spellings of accents apart."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).upper().lower().casefold())


def is_legal(name: str) -> bool:
    device = re.match(r"(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(\.|$)", name, re.IGNORECASE)
    return not device and not re.search(r'[<>:"/\\|?*\x00-\x1f]|^[.-]|[. ]$', name) and 0 < len(name.encode()) <= 255


def files(text: str, other: str) -> list[str]:
    """The names of all files that are of an address, or of two."""
    common = {"model": "m", "version": 1, "width": 1, "height": 1}
    one = {"bytes": b"", "seed": 1, "address": text, **common}
    return [
        Planet(**one, format="png").filename,
        *(World(**one, part=part, format="png").filename for part in ("map", "normal", "spin")),
        Sheet(**{**common, "bytes": b"", "seed": text, "atlas": {}}, format="png").filename,
        Morph(**common, bytes=b"", start=text, end=other, format="png").filename,
    ]


def test_addresses_that_are_alike_never_share_a_file() -> None:
    assert len(set(ALIKE)) == len(ALIKE)
    names = [on_disk(name) for one, other in itertools.pairwise([*ALIKE, "a"]) if one for name in files(one, other)]
    assert len(set(names)) == len(names)
    pairs = [("a", "b-to-c"), ("a-to-b", "c"), ("a", "b"), ("a/to", "b"), ("a", "to/b")]
    assert len({files(*pair)[-1] for pair in pairs}) == len(pairs)


@pytest.mark.parametrize("text", ALIKE)
def test_names_are_legal_on_any_system(text: str) -> None:
    assert is_legal(f"{safe_stem(text)}.png")


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=8), st.text(max_size=8))
def test_any_two_texts(one: str, other: str) -> None:
    assert is_legal(f"{safe_stem(one)}.png")
    assert (on_disk(safe_stem(one)) == on_disk(safe_stem(other))) == (one == other)
