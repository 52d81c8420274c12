"""A server of the comparison as a process of its own, with all processes that it starts. Linux only."""

from __future__ import annotations

import contextlib
import http.client
import os
import shlex
import signal
import socket
import subprocess
import tempfile
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from tests.benchmarks.peers.subjects import FOLDER, Subject

_REPOSITORY = FOLDER.parents[2]
_START_S = 300.0
_END_S = 15.0
SEED = 7


class PeerError(Exception):
    """A server that doesn't do what it is measured for, in one sentence."""


class Running(NamedTuple):
    """A server that answers.

    Attributes:
        url: Its address.
        ready_s: Seconds from its start to its first picture.
        picture: That, the planet of seed 7.
        mark: What its processes have in their environments.
    """

    url: str
    ready_s: float
    picture: bytes
    mark: str

    def memory_mib(self) -> float:
        """What its processes hold, memory that they share shared out among them."""
        return sum(map(_pss_kib, _marked(self.mark))) / 1024

    def cpu_s(self) -> float:
        """What its processes have used of processors."""
        return sum(map(_cpu_s, _marked(self.mark)))


@contextlib.contextmanager
def running(subject: Subject, programs: Path, saved_models: Path) -> Iterator[Running]:
    """Starts a server, and ends it with all processes that it has started.

    Raises:
        PeerError: It gives no picture.
    """
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    values = {"bin": programs, "port": port, "saved_models": saved_models, "workers": 2 * (os.cpu_count() or 1)}
    command = [part.format(**values) for part in shlex.split(subject.command)]
    own = {name: value.format(**values) for name, value in subject.environment.items()}
    mark = f"PLANETS_PEER={uuid.uuid4().hex}"
    name, _, value = mark.partition("=")
    shared = {"PORT": str(port), "PYTHONPATH": str(_REPOSITORY)}
    with tempfile.TemporaryFile() as log:
        environment = {**os.environ, **shared, **own, name: value}
        started = time.monotonic()
        process = subprocess.Popen(command, cwd=_REPOSITORY, env=environment, stdout=log, stderr=subprocess.STDOUT)
        try:
            while not (picture := _first_picture(subject, port)):
                if process.poll() is not None or time.monotonic() - started > _START_S:
                    log.seek(0)
                    told = log.read().decode(errors="replace")[-3000:]
                    raise PeerError(f"{subject.name} gave no picture in {_START_S:g} s, or ended: {told}")
                time.sleep(0.05)  # between looks
            yield Running(f"http://127.0.0.1:{port}", time.monotonic() - started, picture, mark)
        finally:
            _end(process, mark)


def _first_picture(subject: Subject, port: int) -> bytes | None:
    """None while there is no answer but errors."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        path, body = ((text or "").replace("%d", str(SEED)) for text in (subject.path, subject.body))
        headers = {"Content-Type": "application/json"} if body else {}
        connection.request(subject.method, path, body or None, headers)
        answer = connection.getresponse()
        content = answer.read()
        return subject.picture(content) if answer.status == 200 else None
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()


def _end(process: subprocess.Popen, mark: str) -> None:
    process.terminate()
    end = time.monotonic() + _END_S
    while (left := _marked(mark)) and time.monotonic() < end:
        process.poll()
        time.sleep(0.1)  # between looks
    for pid in left:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    process.wait()


def _marked(mark: str) -> list[int]:
    """The processes that have a variable in their environment."""
    found = []
    for path in Path("/proc").glob("[0-9]*/environ"):
        with contextlib.suppress(OSError):
            if mark.encode() in path.read_bytes().split(b"\0"):
                found.append(int(path.parent.name))
    return found


def _pss_kib(pid: int) -> int:
    """Of a process that may end meanwhile."""
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="utf-8").splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1])
    return 0


def _cpu_s(pid: int) -> float:
    with contextlib.suppress(OSError):
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
        return sum(map(int, fields[11:13])) / os.sysconf("SC_CLK_TCK")
    return 0.0
