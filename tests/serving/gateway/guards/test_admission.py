"""The gateway with more requests than it can work on."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from types import SimpleNamespace

import pytest
from flask import Flask, g
from werkzeug.test import TestResponse

from serving.gateway import GatewayConfig, create_app
from serving.gateway.guards import admission
from serving.gateway.guards.admission import Admission
from serving.gateway.guards.timing import ARRIVED, Timings
from serving.gateway.problems import Problem
from tests.serving.fake_backend import FakeBackend


@pytest.fixture
def threads() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(8) as pool:
        yield pool


def metric(app: Flask, name: str) -> float:
    return float(re.search(rf"^{name} (\S+)$", app.test_client().get("/metrics").text, re.MULTILINE)[1])


def until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < end


def busy_app(threads: ThreadPoolExecutor, waiting: int, **config: object) -> tuple[Flask, FakeBackend, list[Future]]:
    """An app with one request that waits for its model, and others in line that ask for 2, 3, … planets."""
    backend = FakeBackend()
    backend.gate.clear()
    app = create_app(backend, GatewayConfig(**{"max_in_flight": 1, "max_waiting": waiting, **config}))
    futures = [post(threads, app, 1)]
    assert backend.entered.wait(20)
    for number in range(1, waiting + 1):
        futures.append(post(threads, app, number + 1))
        until(lambda number=number: metric(app, "planet_queue_depth") == number)
    return app, backend, futures


def post(threads: ThreadPoolExecutor, app: Flask, count: int) -> Future[TestResponse]:
    return threads.submit(lambda: app.test_client().post("/v1/planets", json={"count": count}))


def test_beyond_the_bound_a_request_is_refused_at_once_and_the_others_are_answered(
    threads: ThreadPoolExecutor,
) -> None:
    app, backend, futures = busy_app(threads, waiting=2, retry_after_s=3)
    response = app.test_client().get("/v1/planets/4.png")
    assert response.status_code == 503
    assert response.content_type == "application/problem+json"
    assert "2 requests wait already" in response.get_json(force=True)["detail"]
    assert response.headers["Retry-After"] == "3"
    assert metric(app, "planet_in_flight") == 1
    backend.gate.set()
    assert [future.result(20).status_code for future in futures] == [200, 200, 200]
    assert "queue;dur=" not in futures[0].result().headers["Server-Timing"]
    assert "queue;dur=" in futures[1].result().headers["Server-Timing"]
    assert metric(app, "planet_in_flight") == metric(app, "planet_queue_depth") == 0


@pytest.mark.parametrize(
    "ask",
    [
        lambda client: client.post("/v1/planets", json={"count": 1}),
        lambda client: client.post("/v1/planets", json={"seeds": ["1"]}),
        lambda client: client.head("/v1/planets/9.webp"),
    ],
)
def test_every_request_that_needs_a_model_needs_a_place(
    threads: ThreadPoolExecutor, ask: Callable[..., TestResponse]
) -> None:
    app, backend, _ = busy_app(threads, waiting=0)
    assert ask(app.test_client()).status_code == 503
    backend.gate.set()


def test_health_metrics_models_and_known_pictures_are_never_refused(threads: ThreadPoolExecutor) -> None:
    backend = FakeBackend()
    app = create_app(backend, GatewayConfig(max_in_flight=1, max_waiting=0))
    client = app.test_client()
    tag = client.get("/v1/planets/7.png").headers["ETag"]
    backend.gate.clear()
    backend.entered.clear()
    busy = post(threads, app, 1)
    assert backend.entered.wait(20)
    for path in ("/health/live", "/health/ready", "/metrics", "/v1/models", "/v1/planets/7.png"):
        assert client.get(path).status_code == 200
    assert client.get("/v1/planets/7.png", headers={"If-None-Match": tag}).status_code == 304
    assert client.get("/v1/planets/8.png").status_code == 503
    backend.gate.set()
    assert busy.result(20).status_code == 200


def test_first_come_first_served(threads: ThreadPoolExecutor) -> None:
    _, backend, futures = busy_app(threads, waiting=4)
    backend.gate.set()
    assert [len(future.result(20).get_json()["planets"]) for future in futures] == [1, 2, 3, 4, 5]
    assert [size for _, _, size, _ in backend.calls] == [1, 2, 3, 4, 5]


def test_waiting_ends_with_the_deadline_and_leaves_the_line(threads: ThreadPoolExecutor) -> None:
    app, backend, futures = busy_app(threads, waiting=0)
    impatient = create_app(backend, GatewayConfig(max_in_flight=0, max_waiting=1, deadline_s=0.01))
    response = impatient.test_client().get("/v1/planets/1.png")
    assert response.status_code == 503
    assert "busy for 0.01 s" in response.get_json(force=True)["detail"]
    assert metric(impatient, "planet_queue_depth") == 0
    backend.gate.set()
    assert futures[0].result(20).status_code == 200
    assert metric(app, "planet_in_flight") == 0


def test_who_could_not_be_answered_in_time_is_refused_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    now_s = 100.0
    monkeypatch.setattr(admission, "time", SimpleNamespace(monotonic=lambda: now_s))
    places = Admission(GatewayConfig(max_in_flight=1, max_waiting=8, deadline_s=3.0))
    for _ in range(20):  # they take 2 s each, and so will the next
        with places.place(expires=now_s + 3.0):
            now_s += 2.0
    with pytest.raises(Problem, match="busy for 3 s"), places.place(expires=now_s + 1.4):
        pass
    with places.place(expires=now_s + 1.6):  # nobody with half of the time is refused while there is a place
        with pytest.raises(Problem, match="no answer within the next 3 s") as refused, places.place(now_s + 3.0):
            pass  # 2 s to wait, and 2 to work
        assert refused.value.status == 503
        assert (places.in_flight, places.waiting) == (1, 0)
    assert places.in_flight == 0


def test_whose_turn_comes_too_late_hands_the_place_on(threads: ThreadPoolExecutor) -> None:
    places = Admission(GatewayConfig(max_in_flight=1, max_waiting=2, deadline_s=60.0))
    left_s: list[float] = []

    def is_too_late(seconds: float) -> bool:
        left_s.append(seconds)
        return len(left_s) == 4  # the first in line, once it is its turn

    places._is_too_late = is_too_late
    app = Flask("test")

    def work() -> bool:
        with app.app_context():
            g.timings = Timings()
            with places.place(time.monotonic() + 60.0):
                return True

    with places.place(time.monotonic() + 60.0):
        first = threads.submit(work)
        until(lambda: places.waiting == 1)
        second = threads.submit(work)
        until(lambda: places.waiting == 2)
    assert isinstance(first.exception(20), Problem)
    assert second.result(20)
    assert places.in_flight == places.waiting == 0


def test_who_has_waited_for_a_thread_too_long_is_refused_even_if_there_is_a_place() -> None:
    backend = FakeBackend()
    client = create_app(backend, GatewayConfig(deadline_s=5.0)).test_client()
    response = client.get("/v1/planets/1.png", environ_overrides={ARRIVED: time.monotonic() - 4.0})
    assert response.status_code == 200
    assert float(re.search(r"queue;dur=([\d.]+)", response.headers["Server-Timing"])[1]) >= 4000
    response = client.get("/v1/planets/2.png", environ_overrides={ARRIVED: time.monotonic() - 5.0})
    assert response.status_code == 503
    assert response.headers["Retry-After"] == "2"
    assert client.get("/health/live").status_code == 200
    assert len(backend.calls) == 1


def test_a_failure_gives_its_place_back() -> None:
    app = create_app(FakeBackend(error=RuntimeError("Odd.")), GatewayConfig(max_in_flight=1, max_waiting=0))
    assert [app.test_client().get("/v1/planets/1.png").status_code for _ in range(3)] == [500, 500, 500]


def test_many_at_once_lose_no_place() -> None:
    app = create_app(FakeBackend(), GatewayConfig(max_in_flight=2, max_waiting=16, cache_bytes=0))
    start = threading.Barrier(8)

    def ask(number: int) -> list[int]:
        start.wait(20)
        return [app.test_client().get(f"/v1/planets/{number}/{index}.png").status_code for index in range(10)]

    with ThreadPoolExecutor(8) as pool:
        statuses = [status for answers in pool.map(ask, range(8)) for status in answers]
    assert statuses == [200] * 80
    assert metric(app, "planet_in_flight") == metric(app, "planet_queue_depth") == 0
