"""Shared by the tests of the client."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from client import PlanetClient
from serving.gateway import create_app
from tests.client.servers import PaintingBackend, Stub, running
from tests.serving.fake_backend import SeeingBackend


@pytest.fixture
def stub() -> Stub:
    """A planet server's stand-in, running at `stub_url`."""
    return Stub()


@pytest.fixture
def stub_url(stub: Stub) -> Iterator[str]:
    with running(stub.app) as url:
        yield url


@pytest.fixture
def waits() -> list[float]:
    """The seconds that `client` would have slept, so far."""
    return []


@pytest.fixture
def client(stub_url: str, waits: list[float]) -> Iterator[PlanetClient]:
    """A client of the stub that never sleeps."""
    with PlanetClient(stub_url, sleep=waits.append) as client:
        yield client


@pytest.fixture(scope="session")
def gateway_url() -> Iterator[str]:
    """The true gateway, with its page, over a backend that paints discs."""
    with running(create_app(PaintingBackend())) as url:
        yield url


@pytest.fixture(scope="session")
def seeing_url() -> Iterator[str]:
    """The true gateway over a backend that sees colors: kinds are red, green and blue, mars is red and earth blue."""
    with running(create_app(SeeingBackend())) as url:
        yield url


@pytest.fixture
def nobody_url() -> str:
    """A URL at which nothing listens: port 9 is the discard service, which nobody runs."""
    return "http://127.0.0.1:9"
