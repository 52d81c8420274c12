"""SHA-256 of a run's files in `SHA256SUMS`, as `sha256sum --check` reads it: damage on a disk is no longer silent."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from pathlib import Path

from datasets.errors import RequestError
from training.records.files import reason, write_text

SUMS_NAME = "SHA256SUMS"


def write_sums(folder: Path, names: Iterable[str]):
    """Writes the checksums of files of a folder, in place of all that stood there."""
    write_text(folder / SUMS_NAME, "".join(f"{_sha256(folder / name)}  {name}\n" for name in sorted(names)))


def forget_sums(folder: Path):
    """Removes the checksums, before files that they are of are written anew."""
    (folder / SUMS_NAME).unlink(missing_ok=True)


def check_sums(folder: Path, names: Iterable[str]):
    """Compares files with their checksums; a folder without any, such as an older run's, passes.

    Raises:
        RequestError: A file isn't what was written, or the checksums can't be read.
    """
    path = folder / SUMS_NAME
    if not path.exists():
        return
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
        written = {match[2]: match[1] for line in lines if (match := re.fullmatch(r"([0-9a-f]{64})  (\S+)", line))}
        for name in names:
            if name not in written:
                raise RequestError(f"{path} says nothing of {name}: it is damaged; delete it if {name} is sound.")
            if _sha256(folder / name) != written[name]:
                raise RequestError(
                    f"{folder / name} is not what was written ({SUMS_NAME} beside it has another checksum): "
                    "bring it back from a copy, or train again."
                )
    except (OSError, UnicodeDecodeError) as error:
        raise RequestError(f"{path}, or what it is of, can't be read ({reason(error)}).") from None


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
