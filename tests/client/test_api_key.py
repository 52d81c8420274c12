from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from client import AccessDenied, InvalidRequest, PlanetClient
from serving.gateway import create_app
from serving.gateway.config import GatewayConfig
from tests.client.servers import PaintingBackend, Stub, running


@pytest.fixture(autouse=True)
def no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PLANETS_API_KEY", raising=False)


@pytest.fixture(scope="module")
def locked_url() -> Iterator[str]:
    """A gateway that lets in whoever has the key `open-sesame`."""
    config = GatewayConfig(api_keys=frozenset([hashlib.sha256(b"open-sesame").hexdigest()]))
    with running(create_app(PaintingBackend(), config)) as url:
        yield url


def test_the_key_opens_the_gateway(locked_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with PlanetClient(locked_url, api_key="open-sesame") as client:
        assert client.planet(1).seed == 1
    monkeypatch.setenv("PLANETS_API_KEY", "open-sesame")
    with PlanetClient(locked_url) as client:
        assert client.planet(1).seed == 1
    with PlanetClient(locked_url, api_key="mistyped") as client, pytest.raises(AccessDenied, match="not known") as no:
        client.planet(1)
    assert (no.value.status, bool(no.value.request_id)) == (401, True)


def test_without_a_key_the_gateway_says_what_it_needs(locked_url: str) -> None:
    with PlanetClient(locked_url) as client, pytest.raises(AccessDenied, match="needs an API key"):
        client.models()


def test_a_key_for_the_host_in_netrc_does_not_take_its_place(
    stub_url: str, stub: Stub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login me password secret\n")
    monkeypatch.setenv("NETRC", str(netrc))
    with PlanetClient(stub_url, api_key="open-sesame") as client:
        client.models()
    assert stub.keys == ["Bearer open-sesame"]


@pytest.mark.parametrize("key", ["two words", "naïve", "line\nbreak"])
def test_what_no_header_carries_is_no_key(key: str) -> None:
    with pytest.raises(InvalidRequest, match="The API key holds") as caught:
        PlanetClient(api_key=key)
    assert key not in str(caught.value)
