"""Records that are appended one by one while a long work runs, and outlive its being killed."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any


class Journal:
    """A file of JSON records, a line each, that begins with the line's CRC-32.

    A line that isn't what was written, as a process was killed while it wrote or a bit has flipped, is no record.

    Args:
        path: The file, which is made, and its folder, when something is appended first.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: IO[bytes] | None = None

    def records(self) -> Iterator[Any]:
        """All sound ones, in order; none if there is no file. Raises `OSError` if it can't be read."""
        if not self._path.is_file():
            return
        with self._path.open("rb") as file:
            for line in file:
                checksum, _, text = line.rstrip(b"\n").partition(b" ")
                if checksum == _checksum(text):
                    yield json.loads(text)

    def append(self, record: Any) -> None:
        """Hands a record to the operating system. Raises `OSError` if it can't be written."""
        text = json.dumps(record, ensure_ascii=False, separators=(",", ":")).encode()
        line = _checksum(text) + b" " + text + b"\n"
        if self._file is None:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._file = self._path.open("ab", buffering=0)
            line = b"\n" + line  # as the last one may have been written in half
        while line:
            line = line[self._file.write(line) :]

    def clear(self) -> None:
        """Forgets all records."""
        self.close()
        self._path.unlink(missing_ok=True)

    def close(self) -> None:
        """Ends writing; appending begins again."""
        if self._file:
            self._file.close()
            self._file = None


def _checksum(text: bytes) -> bytes:
    return b"%08x" % zlib.crc32(text)
