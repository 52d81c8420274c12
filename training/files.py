"""Files that appear whole: written beside, then renamed."""

from __future__ import annotations

import os
from pathlib import Path


def write_text(path: Path, text: str):
    """Replaces `path` by a file holding `text`, UTF-8; makes the folder if missing."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.partial")
    partial.write_text(text, encoding="utf-8")
    os.replace(partial, path)
