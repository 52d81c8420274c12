"""Kills, freezes and swaps a model server under load, and looks at every answer of the gateway before it.

Afterwards the versions of a gateway that runs the model itself are swapped.

    python -m tests.faults [--server tensorflow_model_server]

Takes a minute and a half. Exits with 1 if a picture was wrong, an answer came later than the deadline, recovery took
more than 5 s, or a request failed though the server was there, as while a version is swapped.
"""

from __future__ import annotations

import argparse
import contextlib
import signal
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from serving.backends import create_backend
from serving.latents import latents
from tests.faults.events import Event, Scenario
from tests.faults.load import Load, Pictures
from tests.faults.servers import ModelServer, model_server
from tests.gateway_process import gateway
from tests.serving.tiny_model import LATENT_SIZE, write_tiny_generator

_MODEL = "tiny_planet"
_SEEDS = range(64)


def main(arguments: Sequence[str] | None = None) -> int:
    """Parses the command line, runs every event and prints a table; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--server", metavar="BINARY", help="a tensorflow_model_server; the tests' double if left out")
    parser.add_argument("--clients", type=int, default=6, help="that ask at once (6)")
    parser.add_argument("--deadline", type=float, default=3.0, metavar="SECONDS", help="of the gateway (3)")
    given = parser.parse_args(arguments)
    faults = run(given.server, given.clients, given.deadline)
    print("\n".join(faults) or "Nothing was wrong.")
    return 1 if faults else 0


def run(binary: str | None, clients: int, deadline_s: float) -> list[str]:
    """Runs every event, printing a line for each; returns what must not be."""
    print(f"{'event':36} {'answers by status':36} {'slowest':>8} {'recovery':>9}")
    with contextlib.ExitStack() as stack:
        folders = _Folders.make(Path(stack.enter_context(tempfile.TemporaryDirectory())))
        server = stack.enter_context(model_server(folders.saved_models, binary, folders.scratch))
        backend = ["--backend", "tfserving", "--target", f"127.0.0.1:{server.port}"]
        faults = _run(folders, backend, clients, deadline_s, server)
    with tempfile.TemporaryDirectory() as scratch:
        return faults + _run(_Folders.make(Path(scratch)), ["--backend", "embedded"], clients, deadline_s)


class _Folders(NamedTuple):
    """Where the models lie: version 1 is served, version 2 is new."""

    scratch: Path
    saved_models: Path
    new: Path

    @classmethod
    def make(cls, scratch: Path) -> _Folders:
        folders = cls(scratch, scratch / "saved_models", scratch / "new")
        write_tiny_generator(folders.saved_models, _MODEL, 1)
        write_tiny_generator(folders.new, _MODEL, 2)
        return folders


def _run(
    folders: _Folders, backend: Sequence[str], clients: int, deadline_s: float, server: ModelServer | None = None
) -> list[str]:
    """The faults of what can befall a gateway, with a model server or without."""
    faults = []
    options = ["--deadline", str(deadline_s), "--threads", "8", "--max-waiting", "16", "--cache-mib", "0"]
    pictures = _pictures(folders.saved_models, 1, as_version=1) | _pictures(folders.new, 2, as_version=3)
    with contextlib.ExitStack() as stack:
        running = stack.enter_context(gateway(*backend, "--saved-models", str(folders.saved_models), *options))
        load = Load(running.port, _MODEL, pictures, give_up_s=deadline_s + 10.0)
        load.start(clients)
        stack.callback(load.stop)
        scenario = Scenario(load, server, folders.saved_models / _MODEL, folders.new / _MODEL / "2", deadline_s)
        for happen in scenario.events():
            event = happen()
            print(_line(event), flush=True)
            faults += [f"{event.name}: {fault}." for fault in event.faults(deadline_s)]
    return faults


def _pictures(saved_models: Path, version: int, as_version: int) -> Pictures:
    """What a version draws, by the number it will be served under and by seed."""
    backend = create_backend("embedded", saved_models=saved_models)
    try:
        images = backend.predict(_MODEL, {"latent": latents(_SEEDS, LATENT_SIZE)}, version=version)["image"]
    finally:
        backend.close()
    return {(as_version, seed): image for seed, image in zip(_SEEDS, images, strict=True)}


def _line(event: Event) -> str:
    statuses = ", ".join(f"{count} × {status or 'none'}" for status, count in event.statuses.items())
    recovery = "" if event.recovery_s is None else f"{event.recovery_s:7.1f} s"
    return f"{event.name:36} {statuses:36} {event.slowest_s:6.2f} s {recovery:>9}"


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that the servers end, too
    sys.exit(main())
