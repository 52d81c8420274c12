"""The gateway beside what a user would take in its place: same model, latents, pictures and load.

    python -m tests.benchmarks.peers [--model dcgan_v1_64] [--seconds 5] [--rounds 3] [--only NAME]

`make bench-peers` installs the peers into virtual environments of their own and runs this. In each round each server is
started, gives its first picture, which is compared with the gateway's, draws planets of seeds that never repeat by wrk,
and ends. Nothing else should be running. Takes 12 minutes.
"""

from __future__ import annotations

import argparse
import io
import os
import signal
import statistics
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image

from tests.benchmarks.gateway import Measured, direct_caller
from tests.benchmarks.peers.model import load_model
from tests.benchmarks.peers.running import SEED, PeerError, Running, running
from tests.benchmarks.peers.subjects import FOLDER, Subject, subjects
from tests.load.wrk import run_script

CONNECTIONS = (16, 1)
_WARM_S = 5.0  # in which BentoML learns how long batches take
_MOST_OFF = 8  # levels: a rounding step of the model's may be more after WebP


class Round(NamedTuple):
    """One server in one round: planets a second, the time in which 99 % came and CPU time, by connections."""

    ready_s: float
    memory_mib: float
    rates: Mapping[int, float]
    p99_ms: Mapping[int, float]
    cpu_ms: Mapping[int, float]


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--saved-models", type=Path, default=Path("saved_models"))
    parser.add_argument("--model", default="dcgan_v1_64", help="one without kinds (%(default)s)")
    parser.add_argument("--seconds", type=float, default=5.0, help="length of one measurement (5)")
    parser.add_argument("--rounds", type=int, default=3, help="(%(default)s)")
    parser.add_argument("--venvs", type=Path, default=Path(".venv-peers"), help="folder of the peers' environments")
    parser.add_argument("--only", action="append", metavar="NAME", help="such as LitServe; again for more")
    given = parser.parse_args(arguments)
    saved_model = max((given.saved_models / given.model).glob("[0-9]*"), key=lambda path: int(path.name))
    chosen = [one for one in subjects(given.model, int(saved_model.name)) if one.name in (given.only or [one.name])]
    alone = tempfile.TemporaryDirectory()  # with that model, as the peers have no others either
    Path(alone.name, given.model).mkdir()
    Path(alone.name, given.model, saved_model.name).symlink_to(saved_model.resolve(), target_is_directory=True)
    os.environ["SAVED_MODEL"] = str(saved_model.resolve())
    [expected] = load_model()([SEED])
    direct = direct_caller(str(saved_model))
    called: dict[int, list[Measured]] = {1: [], 16: []}
    rounds: dict[Subject, list[Round]] = {one: [] for one in chosen}
    faults = 0
    for number in range(given.rounds):
        for batch, row in called.items():
            row.append(direct(batch, given.seconds))
        for subject in chosen:
            programs = Path(sys.executable).parent if subject.file is None else given.venvs / subject.venv / "bin"
            try:
                with running(subject, programs.absolute(), Path(alone.name)) as server:
                    _check(subject, server.picture, expected)
                    one = _measured(subject, server, given.seconds)
            except PeerError as error:
                faults += 1
                print(error, file=sys.stderr)
                continue
            rounds[subject].append(one)
            print(
                f"round {number + 1}: {subject.name}, {one.rates[16]:.0f} and {one.rates[1]:.0f} a second", flush=True
            )
    _print(rounds, {batch: statistics.median(one.rate for one in row) for batch, row in called.items()}, given.rounds)
    return 1 if faults else 0


def _check(subject: Subject, picture: bytes, expected: bytes) -> None:
    one, other = (np.asarray(Image.open(io.BytesIO(file)).convert("RGB"), np.int16) for file in (picture, expected))
    if one.shape != other.shape or abs(one - other).max() > _MOST_OFF:
        raise PeerError(f"{subject.name} draws another planet than the model.")


def _measured(subject: Subject, server: Running, seconds: float) -> Round:
    _load(server.url, subject, _WARM_S, max(CONNECTIONS))
    found, cpu_ms = {}, {}
    for count in CONNECTIONS:
        before_s = server.cpu_s()
        found[count] = _load(server.url, subject, seconds, count)
        cpu_ms[count] = 1000 * (server.cpu_s() - before_s) / max(1, found[count]["planets"])
    rates = {count: one["planets"] / one["seconds"] for count, one in found.items()}
    p99_ms = {count: one["p99_ms"] for count, one in found.items()}
    return Round(server.ready_s, server.memory_mib(), rates, p99_ms, cpu_ms)


def _load(url: str, subject: Subject, seconds: float, connections: int) -> dict[str, float]:
    arguments = [subject.method, subject.path, *([subject.body] if subject.body else [])]
    found = run_script(FOLDER / "peers.lua", url, arguments, seconds=seconds, connections=connections)
    if found["failed"] or not found["planets"]:
        raise PeerError(f"{subject.name} did not answer every request: {found}")
    return found


def _print(rounds: Mapping[Subject, Sequence[Round]], direct: Mapping[int, float], count: int) -> None:
    print(f"\nmedian of {count}; direct calls: {direct[16]:.0f} planets/s in batches of 16, {direct[1]:.0f} one by one")
    print(
        "| | 16 connections: planets/s | × direct, batch 16 | 99 % | CPU | 1 connection: planets/s | 99 % | CPU ",
        end="",
    )
    print("| memory | ready | lines |\n|---|---|---|---|---|---|---|---|---|---|---|")
    for subject, row in ((subject, row) for subject, row in rounds.items() if row):
        rates, p99_ms, cpu_ms = (
            {key: statistics.median(getattr(one, field)[key] for one in row) for key in CONNECTIONS}
            for field in ("rates", "p99_ms", "cpu_ms")
        )
        ready_s, memory_mib = (statistics.median(getattr(one, key) for one in row) for key in ("ready_s", "memory_mib"))
        print(f"| {subject.name} | {rates[16]:.0f} | {rates[16] / direct[16]:.2f} | {p99_ms[16]:.0f} ms ", end="")
        print(f"| {cpu_ms[16]:.1f} ms | {rates[1]:.0f} | {p99_ms[1]:.1f} ms | {cpu_ms[1]:.1f} ms ", end="")
        print(f"| {memory_mib:.0f} MiB | {ready_s:.1f} s | {subject.lines() or ''} |")


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that servers end, too
    sys.exit(main())
