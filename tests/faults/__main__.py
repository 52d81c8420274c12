"""Kills, freezes and swaps a model server under load, and looks at every answer of the gateway before it.

    python -m tests.faults [--server tensorflow_model_server]

Takes a minute. Exits with 1 if a picture was wrong, an answer came later than the deadline, recovery took more than
5 s, or a request failed though the server was there, as while a version is swapped.
"""

from __future__ import annotations

import argparse
import contextlib
import signal
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from serving.backends import create_backend
from serving.latents import latents
from tests.faults.events import Event, Scenario
from tests.faults.load import Load, Pictures
from tests.faults.servers import gateway, model_server
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
    faults = []
    options = ["--deadline", str(deadline_s), "--threads", "8", "--max-waiting", "16", "--cache-mib", "0"]
    with contextlib.ExitStack() as stack:
        scratch = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        saved_models, new = scratch / "saved_models", scratch / "new" / _MODEL / "2"
        write_tiny_generator(saved_models, _MODEL, 1)
        write_tiny_generator(scratch / "new", _MODEL, 2)
        pictures = _pictures(saved_models, 1, as_version=1) | _pictures(scratch / "new", 2, as_version=3)
        server = stack.enter_context(model_server(saved_models, binary, scratch))
        port = stack.enter_context(gateway(saved_models, server.port, options))
        load = Load(port, _MODEL, pictures, give_up_s=deadline_s + 10.0)
        load.start(clients)
        stack.callback(load.stop)
        print(f"{'event':28} {'answers by status':36} {'slowest':>8} {'recovery':>9}")
        for happen in Scenario(load, server, saved_models / _MODEL, new, deadline_s).events():
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
    return f"{event.name:28} {statuses:36} {event.slowest_s:6.2f} s {recovery:>9}"


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that the servers end, too
    sys.exit(main())
