"""Names: which can be a class, how they sort, and how they become files on any system."""

from __future__ import annotations

import os
import re
import unicodedata

LONGEST_CLASS = 200  # bytes in UTF-8: the names of its pictures must fit into the 255 of a file system

_MIX_SIGNS = ",:"  # of mixes such as earth:0.6,mars:0.4
_DEVICES = re.compile(r"(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(\.|$)", re.IGNORECASE)  # Windows', with any ending


def class_objection(name: str) -> str | None:
    """Why a name can't be that of a class, in one sentence; None if it can."""
    if objection := text_objection(name):
        return objection
    if not name or name != name.strip():
        return f"The class {name!r} is empty, or has blanks at its ends, and could not be asked for: rename it."
    if found := [sign for sign in _MIX_SIGNS if sign in name]:
        return (
            f"The class {name!r} holds {found[0]!r}, a sign of mixes such as earth:0.6,mars:0.4, and could not be "
            "asked for: rename it."
        )
    if len(name.encode()) > LONGEST_CLASS:
        return f"The class {name[:20]!r}… is too long, above {LONGEST_CLASS} bytes, for names of files: shorten it."
    return None


def text_objection(name: str) -> str | None:
    """Why a file's name is no text that can be written down and read again, in one sentence; None if it is."""
    if any(unicodedata.category(character) == "Cs" for character in name):
        return "Its name is not UTF-8: rename it."
    if any(unicodedata.category(character) in ("Cc", "Zl", "Zp") for character in name):
        return "Its name holds a line break or another control character: rename it."
    return None


def printable(name: str) -> str:
    """A name with what isn't UTF-8 or breaks lines written as `\\xe9`, as it can be shown and stored."""
    text = os.fsencode(name).decode("utf-8", "backslashreplace")
    return re.sub(r"[\x00-\x1f\x7f]", lambda control: f"\\x{ord(control[0]):02x}", text)


def natural(name: str) -> tuple:
    """Sorts as people count: frame2 before frame10."""
    parts = re.split(r"([0-9]+)", name)
    return [(int(part), "") if index % 2 else (0, part) for index, part in enumerate(parts)], name


def folder_name(name: str) -> str:
    """The folder of a class: a name that Linux, macOS and Windows allow."""
    folder = re.sub(r'^\.|[/\\<>:"|?*\0-\x1f\x7f]', "_", name)
    folder = re.sub(r"[. ]$", "_", folder)
    return f"_{folder}" if _DEVICES.match(folder) else folder


def file_key(name: str) -> str:
    """Equal for names that are one file on disks that don't tell capitals, or spellings of accents, apart."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())
