"""Files that appear whole: written beside, then renamed."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path


def write_text(path: Path, text: str):
    """Replaces `path` by a file holding `text`, UTF-8; makes the folder if missing."""
    write_whole(path, lambda partial: partial.write_text(text, encoding="utf-8"))


def write_whole(path: Path, write: Callable[[Path], object]):
    """Replaces `path` by the file that `write` writes to the path it is given; makes the folder if missing.

    The path given ends like `path`, for writers that choose a format by it.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".partial.{path.name}")
    write(partial)
    os.replace(partial, path)
