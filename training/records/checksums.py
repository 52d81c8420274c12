"""SHA-256 of a run's files in `SHA256SUMS`, as `sha256sum --check` reads it: damage on a disk is no longer silent."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from pathlib import Path

from datasets.errors import RequestError
from training.records.files import reason, write_text

SUMS_NAME = "SHA256SUMS"


def write_sums(folder: Path, names: Iterable[str], sums: str = SUMS_NAME):
    """Writes the checksums of files, by their paths below a folder, in place of all that stood there.

    Args:
        folder: The folder.
        names: Paths below it, with slashes.
        sums: Likewise of the file of checksums.
    """
    write_text(folder / sums, "".join(f"{_sha256(folder / name)}  {name}\n" for name in sorted(names)))


def forget_sums(folder: Path):
    """Removes the checksums, before files that they are of are written anew."""
    (folder / SUMS_NAME).unlink(missing_ok=True)


def check_sums(folder: Path, names: Iterable[str], sums: str = SUMS_NAME, *, listed: bool = False):
    """Compares files with their checksums; a folder without any, such as an older run's, passes.

    Args:
        folder: The folder.
        names: Paths below it, with slashes.
        sums: Likewise of the file of checksums.
        listed: Whether all files that it lists have to be there, too.

    Raises:
        RequestError: A file isn't what was written, or the checksums can't be read.
    """
    path = folder / sums
    if not path.exists():
        return
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
        written = {match[2]: match[1] for line in lines if (match := re.fullmatch(r"([0-9a-f]{64})  (\S+)", line))}
        for name in sorted({*names, *(written if listed else ())}):
            if not (folder / name).is_file():
                raise RequestError(f"{folder / name}, which {path} lists, is missing: bring it back from a copy.")
            if name not in written:
                raise RequestError(f"{path} says nothing of {name}: it is damaged; delete it if {name} is sound.")
            if _sha256(folder / name) != written[name]:
                raise RequestError(
                    f"{folder / name} is not what was written ({SUMS_NAME} has another checksum of it): "
                    "bring it back from a copy, or train again."
                )
    except (OSError, UnicodeDecodeError) as error:
        raise RequestError(f"{path}, or what it is of, can't be read ({reason(error)}).") from None


def is_listed(folder: Path, name: str) -> bool:
    """Whether there are checksums, and one of this file among them."""
    path = folder / SUMS_NAME
    return path.is_file() and f"  {name}\n" in path.read_text(encoding="utf-8", errors="replace")


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
