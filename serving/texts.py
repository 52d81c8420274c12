"""Text files that people write, with whatever editor or shell they have."""

from __future__ import annotations

import codecs
from pathlib import Path

_ENCODINGS = {  # by byte order mark; UTF-32's begins with UTF-16's
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}


def read_text(path: Path) -> str:
    """The text of a file in UTF-8, or in what its byte order mark tells, as PowerShell's `>` writes UTF-16.

    Raises:
        OSError: The file cannot be read.
        ValueError: It holds anything else; a clause that says what to do.
    """
    data = path.read_bytes()
    encoding = next((encoding for mark, encoding in _ENCODINGS.items() if data.startswith(mark)), "utf-8")
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError:
        text = "\0"
    if "\0" in text:  # of UTF-16 without a mark, or appended to UTF-8
        raise ValueError("it is not UTF-8 throughout, save it as UTF-8")
    return text
