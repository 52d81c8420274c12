"""wrk with `planets.lua` and `again.lua`, and what it found."""

from __future__ import annotations

import dataclasses
import json
import re
import shutil
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

_SCRIPT, _AGAIN = (Path(__file__).with_name(name) for name in ("planets.lua", "again.lua"))
_LOOK_S = 5.0


@dataclasses.dataclass(frozen=True)
class Found:
    """What wrk's run found; times are of requests that were accepted, as the client saw them.

    Attributes:
        seconds: How long it took.
        planets: How many were drawn.
        refused: Requests answered 503 or 429 with `Retry-After`.
        late: Requests answered 504: accepted, but past the deadline.
        failed: Requests answered in any other way.
        unanswered: Requests without a whole answer.
        p50_ms: Median time of a request.
        p99_ms: Time within which 99 % of the requests were answered.
        slowest_ms: Longest time of a request.
        unencoded_p50_ms: Median of a request's time without what `Server-Timing` calls `encode`.
        overhead_p50_ms: The same without `model`, too.
        answers: Requests by status.
    """

    seconds: float
    planets: int
    refused: int
    late: int
    failed: int
    unanswered: int
    p50_ms: float
    p99_ms: float
    slowest_ms: float
    unencoded_p50_ms: float
    overhead_p50_ms: float
    answers: Mapping[str, int]

    @property
    def planets_per_s(self) -> float:
        return self.planets / self.seconds

    @property
    def requests_per_s(self) -> float:
        return sum(self.answers.values()) / self.seconds


def load(
    port: int,
    model: str,
    *,
    seconds: float,
    connections: int,
    picture_format: str = "webp",
    planets: int = 1,
    rate: float | None = None,
    look: Callable[[], None] = lambda: None,
) -> Found:
    """Loads a gateway on this machine.

    Args:
        port: The gateway's.
        model: To ask for planets.
        seconds: For how long, at least 1.
        connections: How many requests may be under way.
        picture_format: Of the planets.
        planets: Of a request: 1 asks by GET, more by POST; 0 asks for the same one again and again.
        rate: Requests a second; as fast as they are answered if None.
        look: Called now and then meanwhile.
    """
    arguments = [model, picture_format, str(planets), *([] if rate is None else [f"{rate:.3f}"])]
    url = f"http://127.0.0.1:{port}"
    return Found(**run_script(_SCRIPT, url, arguments, seconds=seconds, connections=connections, look=look))


@dataclasses.dataclass(frozen=True)
class FoundAgain:
    """What wrk's run found where planets are asked for again and again.

    Attributes:
        seconds: How long it took.
        answers: How many there were.
        hits: Of these, from a cache in front of the gateway.
        gateway_hits: Of these, from the gateway's own.
        failed: Requests answered otherwise than with 200, or not.
        p50_ms: Median time of a request, as the client saw it.
        p99_ms: Time within which 99 % of them were answered.
    """

    seconds: float
    answers: int
    hits: int
    gateway_hits: int
    failed: int
    p50_ms: float
    p99_ms: float


def load_again(
    url: str, model: str, version: int, *, seconds: float, connections: int, planets: int, first: int
) -> FoundAgain:
    """Loads a gateway, or what stands before it, with requests for the same planets, some often, most seldom.

    Args:
        url: Of the gateway.
        model: To ask for planets.
        version: Of the model, so that answers may be kept.
        seconds: For how long, at least 1.
        connections: How many requests may be under way.
        planets: How many there are.
        first: Seed of the one that is asked for most.
    """
    arguments = [model, str(version), str(planets), str(first)]
    return FoundAgain(**run_script(_AGAIN, url, arguments, seconds=seconds, connections=connections))


def run_script(
    script: Path,
    url: str,
    arguments: Sequence[str],
    *,
    seconds: float,
    connections: int,
    look: Callable[[], None] = lambda: None,
) -> dict[str, Any]:
    """What a script of wrk found, which it writes as JSON in its last line."""
    options = ["--script", str(script), url, "--", *arguments]
    return json.loads(_run(options, seconds, connections, look).splitlines()[-1])


def requests_per_s(url: str, *, seconds: float, connections: int) -> float:
    """Answers a second by a server of one URL, which are all to succeed."""
    output = _run([url], seconds, connections, lambda: None)
    if "Non-2xx" in output:
        raise SystemExit(f"{url} failed: {output}")
    rate = float(re.search(r"Requests/sec: +([\d.]+)", output)[1])
    if rate == 0.0:
        raise SystemExit(f"{url} answered nothing in {seconds:g} s: give it more.")
    return rate


def _run(options: Sequence[str], seconds: float, connections: int, look: Callable[[], None]) -> str:
    binary = shutil.which("wrk")
    if binary is None:
        raise SystemExit("The load comes from wrk, which is not installed: apt-get install wrk")
    command = [binary, "--threads", "1", "--connections", str(connections), "--duration", f"{max(1, round(seconds))}s"]
    command += ["--timeout", "60s", *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        try:
            while True:
                try:
                    output, _ = process.communicate(timeout=_LOOK_S)
                    break
                except subprocess.TimeoutExpired:
                    look()
        finally:
            process.kill()
    if process.returncode != 0:
        raise SystemExit(f"wrk failed: {output}")
    return output
