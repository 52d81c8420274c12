"""Sprite sheets and their atlases."""

from __future__ import annotations

import base64
import io

import numpy as np
import pytest
from flask.testing import FlaskClient
from PIL import Image

from serving.gateway import GatewayConfig, create_app
from serving.latents import parse_seed
from tests.serving.fake_backend import FakeBackend, fake_version

_QUERY = {"seed": "orion", "count": "5", "size": "16"}


@pytest.fixture
def backend() -> FakeBackend:
    return FakeBackend([fake_version(version=2), fake_version(class_names=["earth", "mars"])])


@pytest.fixture
def client(backend: FakeBackend) -> FlaskClient:
    return create_app(backend, GatewayConfig(batch_size=2, max_in_flight=1, max_waiting=0)).test_client()


def picture(file: bytes) -> Image.Image:
    return Image.open(io.BytesIO(file))


def test_atlas_finds_the_planets_of_the_post(client: FlaskClient) -> None:
    atlas = client.get("/v1/sheet.json", query_string=_QUERY).get_json()
    sheet = picture(client.get(f"/v1/{atlas['meta']['image']}").data)
    body = {**_QUERY, "count": 5, "size": 16}
    planets = client.post("/v1/planets", json=body).get_json()["planets"]
    assert list(atlas["frames"]) == [planet["seed"] for planet in planets]
    for planet in planets:
        frame = atlas["frames"][planet["seed"]]
        x, y, width, height = (frame["frame"][side] for side in "xywh")
        alone = picture(base64.b64decode(planet["image"]))
        np.testing.assert_array_equal(np.asarray(sheet.crop((x, y, x + width, y + height))), np.asarray(alone))
        assert (frame["rotated"], frame["trimmed"]) == (False, False)
        assert frame["spriteSourceSize"] == {"x": 0, "y": 0, "w": 8, "h": 16}
        assert frame["sourceSize"] == {"w": 8, "h": 16}
    meta = atlas["meta"]
    assert meta["image"] == "sheet.png?seed=orion&count=5&size=16&model=fake&version=2"
    assert (meta["size"], meta["scale"], meta["format"]) == ({"w": 24, "h": 32}, "1", "RGB888")
    assert sheet.size == (24, 32)


def test_columns(client: FlaskClient) -> None:
    for columns, size in (("1", (8, 80)), ("2", (16, 48)), ("5", (40, 16))):
        query = {**_QUERY, "columns": columns}
        assert picture(client.get("/v1/sheet.webp", query_string=query).data).size == size
        places = client.get("/v1/sheet.json", query_string=query).get_json()["frames"].values()
        last = [place["frame"] for place in places][-1]
        assert (last["x"] + last["w"], last["y"] + last["h"]) == ((8, 48) if columns == "2" else size)


def test_png_tells_what_it_shows(client: FlaskClient) -> None:
    query = {**_QUERY, "version": "1", "kind": "mars"}
    about = {"seed": str(parse_seed("orion")), "address": "orion", "model": "fake", "version": "1", "kind": "mars:1"}
    about |= {"temperature": "1", "Software": "Planet Generator", "count": "5"}
    assert picture(client.get("/v1/sheet.png", query_string=query).data).text == about
    several = picture(client.get("/v1/sheet.png?seed=7&count=9&version=1").data).text
    assert several["seed"] == "7"
    assert several.keys() == about.keys() - {"address", "kind"}


def test_cached_batched_and_counted(client: FlaskClient, backend: FakeBackend) -> None:
    query = {**_QUERY, "model": "fake", "version": "2"}
    first, second = (client.get("/v1/sheet.png", query_string=query) for _ in range(2))
    assert first.data == second.data
    assert [size for _, _, size, _ in backend.calls] == [2, 2, 1]
    assert first.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert first.headers["X-Planet-Version"] == "2"
    again = client.get("/v1/sheet.png", query_string=query, headers={"If-None-Match": first.headers["ETag"]})
    assert again.status_code == 304
    assert client.get("/v1/sheet.png", query_string={**query, "columns": "2"}).data != first.data
    assert 'route="/v1/sheet.<extension>",status="200"} 3.0' in client.get("/metrics").text


def test_atlas_is_revalidated_and_needs_no_model(client: FlaskClient, backend: FakeBackend) -> None:
    first = client.get("/v1/sheet.json", query_string=_QUERY)
    assert (first.content_type, first.headers["Cache-Control"]) == ("application/json", "no-cache")
    again = client.get("/v1/sheet.json", query_string=_QUERY, headers={"If-None-Match": first.headers["ETag"]})
    assert again.status_code == 304
    assert backend.calls == []


@pytest.mark.parametrize(
    ("url", "parameter", "sentence"),
    [
        ("gif?seed=1&count=2", "format", "one of .png, .webp, .json"),
        ("png?count=2", "seed", "seed is missing"),
        ("json?seed=1", "count", "count is missing; give the number of planets, 1..64"),
        ("png?seed=1&count=65", "count", "of 1..64"),
        ("png?seed=-1&count=2", "seed", "out of range"),
        ("png?seed=1&count=4&columns=5", "columns", "of 1..4"),
        ("json?seed=1&count=64&columns=64&size=1024", "size", "32768x1024 px, and may be 8192 px a side"),
        ("png?seed=1&count=2&background=transparent", "background", "'1/0' by fake shows no planet"),
        ("png?seed=1&count=2&row=2", "row", "allowed: seed, count, columns, model"),
    ],
)
def test_bad_request(client: FlaskClient, url: str, parameter: str, sentence: str) -> None:
    response = client.get(f"/v1/sheet.{url}")
    assert (response.status_code, response.content_type) == (422, "application/problem+json")
    document = response.get_json(force=True)
    assert document["parameter"] == parameter
    assert sentence in document["detail"]
