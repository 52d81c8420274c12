"""Planets per second of the gateway, beside its model called directly and the first project's server.

    python -m tests.benchmarks.gateway [--model dcgan_v1_64] [--seconds 5]

Every row is measured in this run on this machine, rounds in turn, medians told; the ratios are what travels to another
machine. The load comes from wrk over seeds that never repeat, except where the cache is meant. Nothing else should be
running: the load generator shares the processor with what it measures. Takes 4 minutes. Exits with 1 if the gateway is
slower than it shall be.
"""

from __future__ import annotations

import argparse
import contextlib
import itertools
import os
import signal
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from tests.gateway_process import gateway
from tests.load.wrk import load, requests_per_s

ROUNDS = 3
_START_S = 300.0
_DIRECT_1, _DIRECT_16 = "direct calls, batch 1", "direct calls, batch 16"
_GET_1, _GET_16, _POST = "GET, WebP, 1 connection", "GET, WebP, 16 connections", "POST of 16, WebP, 4 connections"
_CACHED = "the same GET, 1 connection"
_FIRST = "first server, PNG, 16 connections"


class Measured(NamedTuple):
    """One measurement of one row.

    Attributes:
        rate: Planets per second.
        p50_ms: Median time of a call or a request; None where nobody asks.
        unencoded_p50_ms: The same without the time of encoding.
        overhead_p50_ms: The same without the time of the model, too, as the gateway tells it.
    """

    rate: float
    p50_ms: float | None = None
    unencoded_p50_ms: float = 0.0
    overhead_p50_ms: float = 0.0


Rows = Mapping[str, Sequence[Measured]]


def main(arguments: Sequence[str] | None = None) -> int:
    """Parses the command line, measures and prints; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--saved-models", type=Path, default=Path("saved_models"))
    parser.add_argument("--model", default="dcgan_v1_64")
    parser.add_argument("--seconds", type=float, default=5.0, help="length of one measurement (5)")
    given = parser.parse_args(arguments)
    saved_model = str(max((given.saved_models / given.model).glob("[0-9]*"), key=lambda path: int(path.name)))
    with (
        gateway("--backend", "embedded", "--saved-models", str(given.saved_models)) as running,
        _first_server(saved_model) as first_url,
    ):
        rows = _measure(_cases(saved_model, running.port, first_url, given), given)
    _print_rows(rows)
    return _print_limits(rows)


def _cases(saved_model: str, port: int, first_url: str, given: argparse.Namespace) -> dict[str, Callable[[], Measured]]:
    direct = direct_caller(saved_model)

    def gateways(**how: int | str) -> Callable[[], Measured]:
        def measure() -> Measured:
            found = load(port, given.model, seconds=given.seconds, **how)
            if found.failed or found.late or found.refused or found.unanswered:
                raise SystemExit(f"The gateway did not answer every request: {found}")
            return Measured(found.planets_per_s, found.p50_ms, found.unencoded_p50_ms, found.overhead_p50_ms)

        return measure

    def first() -> Measured:
        return Measured(requests_per_s(first_url, seconds=given.seconds, connections=16))

    return {
        _DIRECT_1: lambda: direct(1, given.seconds),
        _GET_1: gateways(connections=1),
        _DIRECT_16: lambda: direct(16, given.seconds),
        _GET_16: gateways(connections=16),
        _POST: gateways(connections=4, planets=16),
        "GET, PNG, 16 connections": gateways(connections=16, picture_format="png"),
        _CACHED: gateways(connections=1, planets=0),
        "the same GET, 4 connections": gateways(connections=4, planets=0),
        _FIRST: first,
    }


def _measure(cases: Mapping[str, Callable[[], Measured]], given: argparse.Namespace) -> Rows:
    rows: dict[str, list[Measured]] = {name: [] for name in cases}
    for _, (name, measure) in itertools.product(range(ROUNDS), cases.items()):
        rows[name].append(measure())
    return rows


def _print_rows(rows: Rows) -> None:
    rates = {name: statistics.median(one.rate for one in row) for name, row in rows.items()}
    print(f"{'planets per second, median of ' + str(ROUNDS):36} {'rate':>8} {'least–most':>15} {'median':>9}", end="")
    print(f" {'× direct 1':>11} {'× direct 16':>12} {'× first server':>15}")
    for name, row in rows.items():
        spread = f"{min(one.rate for one in row):.1f}–{max(one.rate for one in row):.1f}"
        p50 = "" if row[0].p50_ms is None else f"{_median(row, 'p50_ms'):.1f} ms"
        ratios = [rates[name] / rates[other] for other in (_DIRECT_1, _DIRECT_16, _FIRST)]
        print(f"{name:36} {rates[name]:8.1f} {spread:>15} {p50:>9}", end="")
        print(f" {ratios[0]:11.2f} {ratios[1]:12.2f} {ratios[2]:15.1f}")


def _print_limits(rows: Rows) -> int:
    """What was asked of the gateway, beside what was found; returns the exit code."""
    rates = {name: statistics.median(one.rate for one in row) for name, row in rows.items()}
    called_ms = _median(rows[_DIRECT_1], "p50_ms")
    checks = [
        ("POSTs of 16, × direct 16", rates[_POST] / rates[_DIRECT_16], ">=", 0.85),
        ("overhead of a GET less a direct call, ms", _median(rows[_GET_1], "unencoded_p50_ms") - called_ms, "<=", 3.0),
        ("overhead of a GET by its Server-Timing, ms", _median(rows[_GET_1], "overhead_p50_ms"), "<=", 3.0),
        ("a GET from the cache, ms", _median(rows[_CACHED], "p50_ms"), "<=", 2.0),
        ("GETs from the cache a second", rates[_CACHED], ">=", 1000.0),
        ("GETs at 16 connections, × first server", rates[_GET_16] / rates[_FIRST], ">=", 20.0),
        ("POSTs of 16, × first server", rates[_POST] / rates[_FIRST], ">=", 20.0),
    ]
    print()
    missed = 0
    for name, value, sign, limit in checks:
        kept = value >= limit if sign == ">=" else value <= limit
        missed += not kept
        print(f"{name:44} {value:8.2f} {sign} {limit:g}{'' if kept else '  MISSED'}")
    return 1 if missed else 0


def _median(row: Sequence[Measured], field: str) -> float:
    return statistics.median(getattr(one, field) for one in row)


def direct_caller(saved_model: str) -> Callable[[int, float], Measured]:
    """A function that calls the SavedModel in a loop, nothing encoded."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    import tensorflow as tf

    generate = tf.saved_model.load(saved_model).signatures["generate"]
    latent_size = generate.structured_input_signature[1]["latent"].shape[1]

    def run(batch: int, seconds: float) -> Measured:
        latent = np.random.default_rng(0).standard_normal((batch, latent_size), dtype=np.float32)
        generate(latent=tf.constant(latent))
        taken_s: list[float] = []
        started = time.perf_counter()
        while time.perf_counter() - started < seconds:
            begun = time.perf_counter()
            generate(latent=tf.constant(latent))["image"].numpy()
            taken_s.append(time.perf_counter() - begun)
        rate = batch * len(taken_s) / (time.perf_counter() - started)
        return Measured(rate, 1000 * statistics.median(taken_s))

    return run


@contextlib.contextmanager
def _first_server(saved_model: str) -> Iterator[str]:
    """The URL of the first project's server, re-created, while the block lasts."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "tests.benchmarks.first_server", saved_model, str(port)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            end = time.monotonic() + _START_S
            while not _is_open(port):
                if process.poll() is not None or time.monotonic() > end:
                    raise SystemExit(f"{' '.join(command)} did not start.")
                time.sleep(0.1)
            yield f"http://127.0.0.1:{port}/get_planet/"
        finally:
            process.send_signal(signal.SIGTERM)


def _is_open(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


if __name__ == "__main__":
    sys.exit(main())
