"""Gateways that count requests together, in a Valkey or Redis server, and what they do while it is away."""

from __future__ import annotations

import logging
import shutil
import socket
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import valkey

from serving.gateway import GatewayConfig, create_app
from tests.serving.fake_backend import FakeBackend

_SERVER = shutil.which("valkey-server") or shutil.which("redis-server")


def wait_until(condition: Callable[[], bool], seconds: float = 20.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it never came true"
        time.sleep(0.02)


class Store:
    """A storage of its own port, without anything on disk."""

    def __init__(self, folder: Path):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.uri = f"valkey://127.0.0.1:{self.port}"
        self._folder = folder
        self.start()

    def start(self) -> None:
        command = [_SERVER, "--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
        self._process = subprocess.Popen(command, cwd=self._folder, stdout=subprocess.DEVNULL)
        wait_until(self._answers)

    def stop(self) -> None:
        self._process.kill()
        self._process.wait()

    def _answers(self) -> bool:
        try:
            return valkey.Valkey(port=self.port).ping()
        except valkey.exceptions.ConnectionError:
            return False


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    if _SERVER is None:
        pytest.skip("there is neither valkey-server nor redis-server here")
    running = Store(tmp_path)
    yield running
    running.stop()


def statuses(uri: str, gateways: int, requests: int, rate: str = "10/hour") -> Counter[int]:
    """Of requests at once, shared out among gateways.

    Each gateway's first is answered before: two that begin a count in memory at the same time may be counted as one.
    """
    apps = [
        create_app(FakeBackend(), GatewayConfig(rate_limit=rate, rate_limit_storage=uri, max_in_flight=64))
        for _ in range(gateways)
    ]

    def ask(index: int) -> int:
        return apps[index % gateways].test_client().get("/v1/models").status_code

    first = Counter(map(ask, range(gateways)))
    with ThreadPoolExecutor(8) as threads:
        return first + Counter(threads.map(ask, range(gateways, requests)))


def test_gateways_count_together(store: Store) -> None:
    assert statuses(store.uri, 2, 16) == {200: 10, 429: 6}


def test_without_a_storage_each_counts_by_itself(caplog: pytest.LogCaptureFixture) -> None:
    with socket.socket() as closed:  # bound, but nobody listens
        closed.bind(("127.0.0.1", 0))
        uri = f"valkey://127.0.0.1:{closed.getsockname()[1]}"
        assert statuses(uri, 1, 16) == {200: 10, 429: 6}
        assert statuses("memory://", 2, 16, "5/hour") == {200: 10, 429: 6}
    told = [record for record in caplog.records if record.name == "flask-limiter"]
    assert [record.levelno for record in told] == [logging.WARNING]
    assert "storage unreachable" in told[0].getMessage()


def test_a_storage_that_goes_and_comes_costs_no_answer(store: Store) -> None:
    app = create_app(FakeBackend(), GatewayConfig(rate_limit="4/hour", rate_limit_storage=store.uri))

    def ask() -> int:
        return app.test_client().get("/v1/models").status_code

    assert [ask() for _ in range(5)] == [200] * 4 + [429]
    store.stop()
    assert [ask() for _ in range(5)] == [200] * 4 + [429]  # counted anew, by this gateway alone
    store.start()
    wait_until(lambda: ask() == 200)  # found again, and as new as it is
