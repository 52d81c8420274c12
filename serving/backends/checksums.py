"""The checksums that an export leaves beside a version's files: damage on a disk or on the way is told, not served."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path

_SUMS = "assets.extra/SHA256SUMS"


def checksum_fault(folder: Path, paths: Iterable[str]) -> str:
    """Which of the files of `NAME/VERSION/` is not what was written, a clause that begins with its path; `""` if none
    is, or the export left no checksums."""
    try:
        lines = (folder / _SUMS).read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return ""
    except (OSError, ValueError):
        return f"{_path(folder, _SUMS)} cannot be read"
    written = {path: digest for digest, _, path in (line.partition("  ") for line in lines)}
    for path in paths:
        try:
            with (folder / path).open("rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
        except OSError as error:
            return f"{_path(folder, path)} cannot be read ({error.strerror})"
        if written.get(path) != digest:
            return f"{_path(folder, path)} is not what was exported, by {_SUMS}"
    return ""


def _path(folder: Path, path: str) -> str:
    return f"{folder.parent.name}/{folder.name}/{path}"
