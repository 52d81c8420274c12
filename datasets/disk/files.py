"""Files that appear whole: written beside, then renamed."""

from __future__ import annotations

import contextlib
import os
import uuid
from collections.abc import Iterator
from pathlib import Path


@contextlib.contextmanager
def replacing(path: Path, beside: Path | None = None) -> Iterator[Path]:
    """Yields the path to write to, which is renamed to `path` at the end, or removed if that isn't reached.

    Args:
        path: The file that is to appear.
        beside: A folder of the same disk for what is half written, where each try has a name of its own, as several
            processes may come to write one file; the file's folder if None, for files that only one writes.
    """
    part = beside / f"{path.name}.{uuid.uuid4().hex}.part" if beside else path.with_name(f".{path.name}.part")
    try:
        yield part
        os.replace(part, path)
    except BaseException:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)
        raise
