"""Which files of a folder are meant as pictures."""

from __future__ import annotations

import functools
import os
from collections.abc import Iterator
from pathlib import Path

from PIL import Image

_NO_PICTURES = ("thumbs.db", "desktop.ini")


def is_hidden(name: str) -> bool:
    """Whether a name is of what systems leave in folders, and nobody put there."""
    return name.startswith(".") or name.lower() in _NO_PICTURES


def ends_like_a_picture(name: str) -> bool:
    """Whether a file's name ends like one of a format that Pillow knows."""
    return Path(name).suffix.lower() in _endings()


def pictures_below(folder: Path) -> Iterator[str]:
    """Paths of what ends like a picture anywhere below a folder, with slashes; in no order."""
    for parent, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not is_hidden(name)]
        for name in names:
            if ends_like_a_picture(name) and not is_hidden(name):
                yield Path(parent, name).relative_to(folder).as_posix()


@functools.cache
def _endings() -> frozenset[str]:
    return frozenset(Image.registered_extensions())
