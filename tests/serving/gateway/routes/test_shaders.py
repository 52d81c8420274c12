"""Worlds as shaders through the gateway, by a real (tiny) SavedModel, in the process and over gRPC."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from flask.testing import FlaskClient

from serving.gateway import create_app
from serving.latents import latents, parse_seed
from tests.serving.fake_backend import FakeBackend, fake_version
from tests.serving.serving_double import backend_of
from tests.serving.tiny_model import LATENT_SIZE, write_tiny_world

_PINNED = {"model": "tiny_world", "version": "1"}


@pytest.fixture(scope="module")
def world_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("worlds")
    write_tiny_world(folder, "tiny_world", 1)
    return folder


@pytest.fixture(scope="module", params=["embedded", "tfserving"])
def client(request: pytest.FixtureRequest, world_dir: Path) -> Iterator[FlaskClient]:
    with backend_of(request.param, world_dir) as backend:
        yield create_app(backend).test_client()


def test_a_world_as_a_shader(client: FlaskClient) -> None:
    response = client.get("/v1/worlds/orion/7/shader.json", query_string={**_PINNED, "kind": "mars"})
    assert (response.status_code, response.content_type) == (200, "application/json")
    told = response.get_json()
    seed = parse_seed("orion/7")
    assert (told["seed"], told["address"], told["kind"]) == (str(seed), "orion/7", {"mars": 1.0})
    assert (told["model"], told["version"], told["radius"]) == ("tiny_world", 1, 0.9)
    assert (told["axes"], told["rim"], told["haze"]) == ([1.0, 0.5, 0.75], [0.2, 0.4, 0.8], 0.5)
    assert "void surface(" in told["glsl"]
    numbers = np.frombuffer(base64.b64decode(told["numbers"]), "<f4")
    np.testing.assert_allclose(numbers, 1 / (1 + np.exp(-latents([seed], LATENT_SIZE)[0, :4])), rtol=1e-5)
    assert response.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert response.headers["X-Planet-Seed"] == str(seed)
    again = client.get(
        "/v1/worlds/orion/7/shader.json",
        query_string={**_PINNED, "kind": "mars"},
        headers={"If-None-Match": response.headers["ETag"]},
    )
    assert again.status_code == 304


def test_the_network_is_where_the_world_says(client: FlaskClient) -> None:
    response = client.get(client.get("/v1/worlds/1/shader.json").get_json()["network"])
    assert (response.status_code, response.content_type) == (200, "application/octet-stream")
    np.testing.assert_array_equal(np.frombuffer(response.data, "<f4"), [1, -2, 3, 0.5])
    assert response.headers["Cache-Control"] == "public, max-age=31536000, immutable"


@pytest.mark.parametrize(
    ("path", "parameter", "sentence"),
    [
        ("1/shader.json?size=64", "size", "no parameter 'size'"),
        ("1/shader.json?kind=krypton", "kind", "its kinds: earth, mars"),
        ("-1/shader.json", "seed", "out of range"),
        ("network.bin?kind=mars", "kind", "allowed: model, version, label"),
    ],
)
def test_hostile_questions_get_one_sentence(client: FlaskClient, path: str, parameter: str, sentence: str) -> None:
    response = client.get(f"/v1/worlds/{path}")
    assert response.status_code == 422
    assert response.get_json(force=True)["parameter"] == parameter
    assert sentence in response.get_json(force=True)["detail"]


def test_a_world_without_a_shader_says_so() -> None:
    without = fake_version("old", world={"sizes": [16], "map": [8, 16]})
    client = create_app(FakeBackend([without])).test_client()
    for path in ("1/shader.json", "network.bin"):
        response = client.get(f"/v1/worlds/{path}")
        assert response.status_code == 422
        assert response.get_json(force=True)["detail"] == "The model old has no shader: export it again."
