"""How much memory a training took, kept in its run folder."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from training.records.files import write_text

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
    peak = max(peak_memory_bytes(), read_peak_memory(run) or 0)
    write_text(run / RESOURCES_NAME, json.dumps({"peak_memory_bytes": peak}) + "\n")


def read_peak_memory(run: Path) -> int | None:
    """What `record_peak_memory` wrote, in bytes; None if it didn't, or if that can't be read: it is but a figure."""
    try:
        return int(json.loads((run / RESOURCES_NAME).read_text(encoding="utf-8"))["peak_memory_bytes"])
    except (OSError, ValueError, TypeError, KeyError):
        return None
