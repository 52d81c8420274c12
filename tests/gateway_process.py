"""A gateway as a process of its own."""

from __future__ import annotations

import contextlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

_REPOSITORY = Path(__file__).resolve().parents[1]
_FINISH_S = 60.0


class GatewayProcess(NamedTuple):
    """One that runs."""

    port: int
    process: subprocess.Popen[str]


@contextlib.contextmanager
def gateway(*options: str) -> Iterator[GatewayProcess]:
    """One with these options, at a free port, while the block lasts; it is then asked to finish."""
    command = [sys.executable, "-m", "serving.gateway", "--port", "0", "--log", "none", *options]
    with subprocess.Popen(command, cwd=_REPOSITORY, stdout=subprocess.PIPE, text=True) as process:
        try:
            line = process.stdout.readline()
            if "http://" not in line:
                raise SystemExit(f"The gateway did not start: try {' '.join(command)}")
            yield GatewayProcess(int(line.split("http://127.0.0.1:")[1].split("/")[0]), process)
        finally:
            process.terminate()
            try:
                process.wait(_FINISH_S)
            except subprocess.TimeoutExpired:
                process.kill()
