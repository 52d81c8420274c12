"""Files that appear whole: written beside, then renamed; and read back with a sentence where they can't be."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from datasets.errors import RequestError


def write_text(path: Path, text: str):
    """Replaces `path` by a file holding `text`, UTF-8; makes the folder if missing."""
    write_whole(path, lambda partial: partial.write_text(text, encoding="utf-8"))


def write_whole(path: Path, write: Callable[[Path], object]):
    """Replaces `path` by the file that `write` writes to the path it is given; makes the folder if missing.

    The path given ends like `path`, for writers that choose a format by it.

    Raises:
        OSError: It can't be written; what stood there before still does.
    """
    partial = path.with_name(f".partial.{path.name}")
    with writing(path, partial):
        path.parent.mkdir(parents=True, exist_ok=True)
        write(partial)
        os.replace(partial, path)


@contextlib.contextmanager
def writing(path: Path, partial: Path) -> Iterator[None]:
    """In this block an `OSError` is one sentence that names `path`, and `partial` doesn't outlive it."""
    try:
        yield
    except BaseException as error:
        with contextlib.suppress(OSError):
            partial.unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise OSError(f"{path} can't be written: {reason(error)}.") from error
        if isinstance(error, RuntimeError) and "errno" in str(error):  # HDF5 at closing a file on a full disk
            raise OSError(f"{path} can't be written: {reason(error)}.") from error
        raise


def read_json(path: Path, remedy: str) -> dict[str, Any]:
    """The JSON object in a file; raises `RequestError` with what is wrong and the `remedy`, half a sentence."""
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise RequestError(f"{path} can't be read ({reason(error)}): {remedy}.") from None
    if not isinstance(value, dict):
        raise RequestError(f"{path} is not a JSON object: {remedy}.")
    return value


def reason(error: Exception) -> str:
    """What an error says, fit for the middle of a sentence."""
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return (str(error).strip().splitlines() or [type(error).__name__])[0].rstrip(".")
