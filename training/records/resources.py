"""How much memory a training took, kept in its run folder."""

from __future__ import annotations

import contextlib
import json
import sys
from pathlib import Path

from datasets.errors import RequestError
from training.records.files import read_json, write_text

RESOURCES_NAME = "resources.json"


def peak_memory_bytes() -> int:
    """The most main memory that this process has held so far, in bytes; an accelerator's own memory is not in it."""
    if sys.platform == "linux":
        # getrusage would also count the process that started this one: the figure survives exec.
        status = Path("/proc/self/status").read_text(encoding="ascii", errors="replace")
        return int(status.partition("VmHWM:")[2].split()[0]) * 1024
    import resource  # not on Windows

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024  # bytes on macOS, KiB on the other Unixes


def record_peak_memory(run: Path):
    """Writes `resources.json` of a run: this process's peak, or that of an earlier part of the run if it was higher."""
    earlier = None
    with contextlib.suppress(RequestError):  # damaged: written anew
        earlier = read_peak_memory(run)
    peak = max(peak_memory_bytes(), earlier or 0)
    write_text(run / RESOURCES_NAME, json.dumps({"peak_memory_bytes": peak}) + "\n")


def read_peak_memory(run: Path) -> int | None:
    """What `record_peak_memory` wrote, in bytes; None if it didn't; raises `RequestError` where that can't be read."""
    path = run / RESOURCES_NAME
    if not path.is_file():
        return None
    peak = read_json(path, "delete it to do without").get("peak_memory_bytes")
    if not isinstance(peak, int):
        raise RequestError(f"{path} does not say how much memory was taken: delete it to do without.")
    return peak
