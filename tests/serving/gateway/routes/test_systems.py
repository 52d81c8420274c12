"""Star systems through the gateway."""

from __future__ import annotations

from typing import Any

import pytest
from flask.testing import FlaskClient

from serving.gateway import create_app
from serving.latents import parse_seed
from serving.systems.system import system_of
from tests.serving.fake_backend import FakeBackend, fake_version

_CARD = {"world": {"sizes": [64], "map": [8, 16]}, "class_names": ["earth", "mars"], "task": "generate"}


@pytest.fixture(scope="module")
def client() -> FlaskClient:
    return create_app(FakeBackend([fake_version("globe", 2, **_CARD)])).test_client()


def without_links(system: dict[str, Any]) -> dict[str, Any]:
    for planet in system["planets"]:
        for body in (planet, *planet["moons"]):
            del body["links"]
    return system


@pytest.mark.parametrize("text", ["orion/7", "42", "a b/ü"])
def test_a_system_is_that_of_its_address(client: FlaskClient, text: str) -> None:
    response = client.get(f"/v1/systems/{text}.json")
    assert (response.status_code, response.content_type) == (200, "application/json")
    assert without_links(response.get_json()) == system_of(parse_seed(text), text)
    assert response.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    again = client.get(f"/v1/systems/{text}.json", headers={"If-None-Match": response.headers["ETag"]})
    assert again.status_code == 304


def test_a_seed_has_one_writing(client: FlaskClient) -> None:
    assert client.get("/v1/systems/007.json").get_json() == client.get("/v1/systems/7.json").get_json()


def test_links_are_those_of_the_bodies(client: FlaskClient) -> None:
    [planet, *_] = client.get("/v1/systems/a b/ü.json").get_json()["planets"]
    assert planet["links"]["map"] == f"/v1/worlds/a%20b/%C3%BC/1/map.png?kind={planet['kind']}"
    assert planet["links"]["glb"] == f"/v1/worlds/a%20b/%C3%BC/1.glb?kind={planet['kind']}"
    assert planet["links"]["picture"].startswith("/v1/worlds/a%20b/%C3%BC/1.webp?kind=")
    pinned = client.get("/v1/systems/orion.json?model=globe&version=2")
    [planet, *_] = pinned.get_json()["planets"]
    assert planet["links"]["height"] == (f"/v1/worlds/orion/1/height.png?model=globe&version=2&kind={planet['kind']}")
    assert pinned.headers["Cache-Control"].endswith("immutable")
    named = client.get("/v1/systems/orion.json?model=globe")
    assert named.get_json() == pinned.get_json()
    assert named.headers["Cache-Control"] == "no-cache"  # another version may be the newest tomorrow


@pytest.mark.parametrize(
    ("path", "status", "parameter"),
    [
        ("/v1/systems/orion.png", 422, "format"),
        ("/v1/systems/orion", 422, "format"),
        ("/v1/systems/-1.json", 422, "seed"),
        ("/v1/systems/18446744073709551616.json", 422, "seed"),
        (f"/v1/systems/{'x' * 252}.json", 422, "seed"),
        ("/v1/systems/orion.json?model=nobody", 404, "model"),
        ("/v1/systems/orion.json?size=64", 422, "size"),
    ],
)
def test_what_is_no_system_is_told(client: FlaskClient, path: str, status: int, parameter: str) -> None:
    response = client.get(path)
    assert (response.status_code, response.get_json()["parameter"]) == (status, parameter)


def test_the_longest_address_has_moons_with_addresses(client: FlaskClient) -> None:
    system = client.get(f"/v1/systems/{'x' * 251}.json").get_json()
    longest = max((moon["address"] for one in system["planets"] for moon in one["moons"]), key=len, default="x/1/1")
    assert parse_seed(longest)
