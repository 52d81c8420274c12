"""The load scripts: what wrk counts, and what the overload script calls a fault."""

from __future__ import annotations

import dataclasses
import shutil
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

from serving.backends.base import BackendError, DeadlineExceeded, Overloaded
from serving.gateway import GatewayConfig, create_app
from tests.benchmarks.peers.subjects import FOLDER
from tests.client.servers import running
from tests.load.overload import faults_of
from tests.load.wrk import Found, load, load_again, run_script
from tests.serving.fake_backend import FakeBackend

needs_wrk = pytest.mark.skipif(shutil.which("wrk") is None, reason="needs wrk")


def _loaded(backend: FakeBackend, **how: float | None) -> Found:
    """What a second's load finds; on a machine so busy that nothing is answered in it, another's."""
    with running(create_app(backend, GatewayConfig(retry_after_s=1))) as url:
        runs = (load(int(url.rpartition(":")[2]), "fake", seconds=1, connections=2, **how) for _ in range(20))
        return next(found for found in runs if found.answers)


@needs_wrk
def test_planets_are_new_ones_and_counted() -> None:
    backend = FakeBackend()
    found = _loaded(backend, planets=3)
    assert found.answers.keys() == {"200"}
    assert found.planets == 3 * found.answers["200"] <= sum(rows for _, _, rows, _ in backend.calls)
    assert (found.refused, found.failed) == (0, 0)
    assert 0 < found.overhead_p50_ms <= found.unencoded_p50_ms <= found.p50_ms <= found.p99_ms <= found.slowest_ms


@needs_wrk
def test_the_same_planet_is_drawn_once() -> None:
    backend = FakeBackend()
    assert _loaded(backend, planets=0).planets > 0
    assert len(backend.calls) <= 2  # both connections at first


@needs_wrk
def test_planets_asked_for_again_are_few_and_come_from_the_cache() -> None:
    class Watched(FakeBackend):
        def predict(self, name: str, inputs: Mapping[str, np.ndarray], **rest: Any) -> dict[str, np.ndarray]:
            drawn.append(inputs["latent"].tobytes())
            return super().predict(name, inputs, **rest)

    drawn: list[bytes] = []
    backend = Watched()
    with running(create_app(backend)) as url:
        runs = (load_again(url, "fake", 1, seconds=1, connections=2, planets=3, first=5) for _ in range(20))
        found = next(found for found in runs if found.gateway_hits)
    assert found.failed == found.hits == 0
    assert found.answers - found.gateway_hits <= len(drawn)
    assert len(set(drawn)) <= 3


@needs_wrk
@pytest.mark.parametrize(
    "asked",
    [["GET", "/v1/planets/%d.webp?model=fake"], ["POST", "/v1/planets", '{"seed": "%d", "count": 1, "model": "fake"}']],
)
def test_any_server_is_asked_for_new_planets(asked: list[str]) -> None:
    backend, broken = FakeBackend(), FakeBackend(error=BackendError("Odd."))
    found, failed = (_asked(one, asked) for one in (backend, broken))
    assert 0 < found["planets"] <= sum(rows for _, _, rows, _ in backend.calls)
    assert found["failed"] == failed["planets"] == 0 < failed["failed"]
    assert 0 < found["p50_ms"] <= found["p99_ms"]


def _asked(backend: FakeBackend, asked: list[str]) -> dict[str, float]:
    script = FOLDER / "peers.lua"
    with running(create_app(backend)) as url:
        runs = (run_script(script, url, asked, seconds=1, connections=2) for _ in range(20))
        return next(found for found in runs if found["planets"] + found["failed"])


@needs_wrk
def test_requests_come_at_their_rate() -> None:
    assert _loaded(FakeBackend(), rate=20).requests_per_s <= 30


@needs_wrk
@pytest.mark.parametrize(
    ("error", "counted"),
    [(Overloaded("Full."), "refused"), (BackendError("Odd."), "failed"), (DeadlineExceeded("Late."), "late")],
)
def test_refusals_are_no_failures(error: BackendError, counted: str) -> None:
    found = _loaded(FakeBackend(error=error))
    assert found.planets == 0
    assert {name for name in ("refused", "late", "failed") if getattr(found, name)} == {counted}


_GOOD = Found(
    seconds=10.0,
    planets=1000,
    refused=1000,
    late=0,
    failed=0,
    unanswered=0,
    p50_ms=100.0,
    p99_ms=500.0,
    slowest_ms=600.0,
    unencoded_p50_ms=99.0,
    overhead_p50_ms=3.0,
    answers={"200": 1000, "503": 1000},
)


@pytest.mark.parametrize(
    ("changes", "faults"),
    [
        ({}, []),
        ({"failed": 1}, ["1 requests failed, 0 were not answered."]),
        ({"unanswered": 2}, ["0 requests failed, 2 were not answered."]),
        ({"late": 3}, []),  # as long as 99 % are in time
        ({"refused": 0}, ["Nothing was refused, so this was no overload."]),
        ({"p99_ms": 1001.0}, ["1 % of what was accepted took 1001 ms or more."]),
        ({"seconds": 20.0}, ["Only 100.0 requests a second were made, not 200.0."]),
    ],
)
def test_what_is_a_fault_under_overload(changes: dict[str, float], faults: list[str]) -> None:
    assert faults_of(dataclasses.replace(_GOOD, **changes), rate=200.0, deadline_s=1.0) == faults
