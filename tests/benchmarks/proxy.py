"""A caching proxy before the gateway, beside the gateway alone: hit rate, rate, latency and processor time.

    python -m tests.benchmarks.proxy [--model dcgan_v1_64] [--planets 500] [--seconds 5]

Asks for WebP pictures as many players do, a few often and most seldom (Zipf's law): first of planets that nobody has
asked for yet, then, once each has been asked for, of the same ones again. Both ways are measured in turn, against one
gateway (backend `embedded`), by wrk; NGINX runs with the configuration of `serving/deploy/nginx`. Takes two minutes.
"""

from __future__ import annotations

import argparse
import os
import signal
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import requests

from tests.gateway_process import gateway
from tests.load.wrk import FoundAgain, load_again
from tests.serving.deploy.proxy import NGINX, caching_proxy

ROUNDS = 3
_CONNECTIONS = 16
_ALONE, _PROXY = "gateway alone", "NGINX before it"


def main(arguments: Sequence[str] | None = None) -> int:
    """Parses the command line, measures and prints; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--saved-models", type=Path, default=Path("saved_models"))
    parser.add_argument("--model", default="dcgan_v1_64")
    parser.add_argument("--planets", type=int, default=500, help="how many there are (500)")
    parser.add_argument("--seconds", type=float, default=5.0, help="length of one measurement (5)")
    given = parser.parse_args(arguments)
    if NGINX is None:
        raise SystemExit("There is no nginx here: apt-get install nginx-light")
    version = max(int(path.name) for path in (given.saved_models / given.model).glob("[0-9]*"))
    rows: dict[tuple[str, str], list[tuple[FoundAgain, float]]] = {}
    with (
        gateway("--backend", "embedded", "--saved-models", str(given.saved_models)) as running,
        tempfile.TemporaryDirectory() as folder,
        caching_proxy(Path(folder), [f"127.0.0.1:{running.port}"]) as proxy,
    ):
        nginx = int((Path(folder) / "nginx.pid").read_text())
        first = time.time_ns() // 1_000_000
        for _ in range(ROUNDS):
            for name, url in ((_ALONE, f"http://127.0.0.1:{running.port}"), (_PROXY, proxy)):
                first += given.planets  # no cache has these
                for when in ("new", "again"):
                    how = {"seconds": given.seconds, "connections": _CONNECTIONS, "planets": given.planets}
                    if when == "again":
                        _ask_for_each(url, given.model, version, range(first + 1, first + given.planets + 1))
                    before_s = _cpu_s(running.process.pid) + _cpu_s(nginx)
                    found = load_again(url, given.model, version, first=first, **how)
                    if found.failed:
                        raise SystemExit(f"Not every request was answered: {found}")
                    spent_s = _cpu_s(running.process.pid) + _cpu_s(nginx) - before_s
                    rows.setdefault((name, when), []).append((found, 1000 * spent_s / found.answers))
    _print(rows)
    return 0


def _ask_for_each(url: str, model: str, version: int, seeds: Iterable[int]) -> None:
    asked = {"model": model, "version": version}
    with requests.Session() as session, ThreadPoolExecutor(_CONNECTIONS) as threads:
        answers = threads.map(lambda seed: session.get(f"{url}/v1/planets/{seed}.webp", params=asked), seeds)
        for answer in answers:
            answer.raise_for_status()


def _cpu_s(pid: int) -> float:
    """What a process and its children have used of processors."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="utf-8").split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK") + sum(map(_cpu_s, map(int, children)))


def _print(rows: Mapping[tuple[str, str], Sequence[tuple[FoundAgain, float]]]) -> None:
    print(f"median of {ROUNDS:<16} {'answers/s':>10} {'× alone':>8} {'proxy hits':>11} {'gateway hits':>13}", end="")
    print(f" {'median':>9} {'99 %':>9} {'CPU an answer':>14}")
    for (name, when), measured in rows.items():
        found, cpu_ms = zip(*measured, strict=True)
        rate = _median(found, lambda one: one.answers / one.seconds)
        alone = _median([one for one, _ in rows[_ALONE, when]], lambda one: one.answers / one.seconds)
        hits = _median(found, lambda one: one.hits / one.answers)
        of_gateway = _median(found, lambda one: one.gateway_hits / one.answers)
        p50, p99 = (_median(found, lambda one, which=which: getattr(one, which)) for which in ("p50_ms", "p99_ms"))
        print(f"{name + ', ' + when:26} {rate:10.0f} {rate / alone:8.2f} {hits:11.1%} {of_gateway:13.1%}", end="")
        print(f" {p50:6.1f} ms {p99:6.1f} ms {statistics.median(cpu_ms):11.2f} ms")


def _median(found: Sequence[FoundAgain], value: Callable[[FoundAgain], float]) -> float:
    return statistics.median(map(value, found))


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that the gateway ends, too
    sys.exit(main())
