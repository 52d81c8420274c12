"""Twice as many requests as a gateway can answer, minutes on end, and what becomes of it.

    python -m tests.load.overload [--minutes 10] [--model dcgan_v1_64]

Finds what the gateway (backend `embedded`) answers a second, then asks for `--times` as many, by wrk, over seeds that
never repeat. Exits with 1 if the gateway ended, grew by more than 10 %, refused without `Retry-After`, failed or
dropped a request, did not answer a probe in time, or if over 1 % of what it accepted came later than the deadline.
"""

from __future__ import annotations

import argparse
import http.client
import signal
import sys
import time
from collections.abc import Sequence

from tests.gateway_process import GatewayProcess, gateway
from tests.load.wrk import Found, load

_MAX_GROWTH = 0.10
_MAX_PROBE_S = 3.0  # what the probes of serving/deploy/kubernetes wait
_CAPACITY_S = 20.0
_CAPACITY_CONNECTIONS = 16
_CONNECTIONS = 128  # more than the gateway works on and has waiting, so that requests come at their rate
_CACHE_MIB = 1  # full before the gateway is measured, so that it is not taken for a leak


def main(arguments: Sequence[str] | None = None) -> int:
    """Parses the command line, loads the gateway and tells how it was; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=10.0, help="of overload (10)")
    parser.add_argument("--times", type=float, default=2.0, help="what it can answer (2)")
    parser.add_argument("--model", default="dcgan_v1_64", help="that draws (dcgan_v1_64)")
    parser.add_argument("--planets", type=int, default=1, help="of a request: 1 asks by GET, more by POST (1)")
    parser.add_argument("--deadline", type=float, default=5.0, metavar="SECONDS", help="of the gateway (5)")
    given = parser.parse_args(arguments)
    options = ["--backend", "embedded", "--deadline", str(given.deadline), "--cache-mib", str(_CACHE_MIB)]
    with gateway(*options) as running:
        faults = _overload(running, given)
    if running.process.returncode != 0:
        faults.append(f"The gateway ended with exit code {running.process.returncode}.")
    print("\n".join(faults) or "Nothing was wrong.")
    return 1 if faults else 0


def _overload(running: GatewayProcess, given: argparse.Namespace) -> list[str]:
    probes = _Probes(running)
    asked = {"model": given.model, "planets": given.planets}
    print(f"start:     {probes.resident_mib():.0f} MiB resident", flush=True)
    alone = load(running.port, seconds=_CAPACITY_S, connections=_CAPACITY_CONNECTIONS, **asked)
    rate = given.times * alone.requests_per_s
    before_mib = probes.resident_mib()
    print(f"capacity:  {alone.requests_per_s:.1f} requests a second; then {before_mib:.0f} MiB resident", flush=True)
    seconds = 60.0 * given.minutes
    found = load(running.port, seconds=seconds, connections=_CONNECTIONS, rate=rate, look=probes.look, **asked)
    after_mib = probes.resident_mib() if running.process.poll() is None else 0.0
    growth = after_mib / before_mib - 1.0
    statuses = ", ".join(f"{count} × {status}" for status, count in sorted(found.answers.items()))
    print(f"overload:  {found.requests_per_s:.1f} requests a second for {found.seconds:.0f} s: {statuses}")
    print(f"accepted:  {found.planets_per_s:.1f} planets a second; median {found.p50_ms:.0f} ms, 99 % within", end=" ")
    print(f"{found.p99_ms:.0f} ms, slowest {found.slowest_ms:.0f} ms; the deadline is {1000 * given.deadline:.0f} ms")
    print(
        f"refused:   {found.refused}, each with Retry-After; {found.late} came too late, {found.failed} failed,",
        end=" ",
    )
    print(f"{found.unanswered} were not answered")
    print(f"memory:    {before_mib:.0f} MiB, then {after_mib:.0f} ({growth:+.1%}), at most {probes.largest_mib:.0f}")
    print(f"probes:    {probes.count} of /health/live, slowest {1000 * probes.slowest_s:.0f} ms", flush=True)
    return [*faults_of(found, rate, given.deadline), *probes.faults(), *_grown(growth)]


def faults_of(found: Found, rate: float, deadline_s: float) -> list[str]:
    """What must not be, a sentence each."""
    faults = []
    if found.requests_per_s < 0.9 * rate:
        faults.append(f"Only {found.requests_per_s:.1f} requests a second were made, not {rate:.1f}.")
    if not found.refused:
        faults.append("Nothing was refused, so this was no overload.")
    if found.failed or found.unanswered:
        faults.append(f"{found.failed} requests failed, {found.unanswered} were not answered.")
    if not found.planets or found.p99_ms > 1000 * deadline_s:
        faults.append(f"1 % of what was accepted took {found.p99_ms:.0f} ms or more.")
    return faults


def _grown(growth: float) -> list[str]:
    return [f"Memory grew by {growth:.1%}."] if growth > _MAX_GROWTH else []


class _Probes:
    """Looks at a gateway from outside: how large it is, and whether it answers."""

    def __init__(self, running: GatewayProcess) -> None:
        self._running = running
        self.count = self.unanswered = 0
        self.slowest_s = 0.0
        self.largest_mib = 0.0

    def look(self) -> None:
        if self._running.process.poll() is not None:
            return
        self.largest_mib = max(self.largest_mib, self.resident_mib())
        self.count += 1
        start = time.monotonic()
        self.unanswered += not self._answers()
        self.slowest_s = max(self.slowest_s, time.monotonic() - start)

    def resident_mib(self) -> float:
        with open(f"/proc/{self._running.process.pid}/status", encoding="utf-8") as status:
            [line] = [line for line in status if line.startswith("VmRSS:")]
        return int(line.split()[1]) / 1024

    def faults(self) -> list[str]:
        faults = ["The gateway ended."] if self._running.process.poll() is not None else []
        if self.unanswered:
            faults.append(f"{self.unanswered} probes were not answered within {_MAX_PROBE_S:g} s.")
        return faults

    def _answers(self) -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", self._running.port, timeout=_MAX_PROBE_S)
        try:
            connection.request("GET", "/health/live")
            return connection.getresponse().status == 200
        except OSError:
            return False
        finally:
            connection.close()


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that the gateway ends, too
    sys.exit(main())
