"""Worlds as shaders through the gateway, by a real (tiny) SavedModel, in the process and over gRPC."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from flask.testing import FlaskClient

from serving.gateway import create_app
from serving.latents import latents, parse_seed
from tests.serving.fake_backend import CountingBackend, FakeBackend, fake_version
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
    assert (told["axes"], told["haze"], told["steepest"]) == ([1.0, 0.5, 0.75], 0.5, 0.4)
    np.testing.assert_array_equal(np.float32(told["rim"]), np.float32([0.2, 0.4, 0.8]))
    assert "void surface(" in told["glsl"]
    np.testing.assert_allclose(told["numbers"], 1 / (1 + np.exp(-latents([seed], LATENT_SIZE)[0, :4])), rtol=1e-5)
    assert response.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert response.headers["X-Planet-Seed"] == str(seed)
    again = client.get(
        "/v1/worlds/orion/7/shader.json",
        query_string={**_PINNED, "kind": "mars"},
        headers={"If-None-Match": response.headers["ETag"]},
    )
    assert again.status_code == 304


def test_its_files_are_where_the_world_says(client: FlaskClient) -> None:
    told = client.get("/v1/worlds/orion/7/shader.json?kind=earth:0.5,mars:0.5").get_json()
    field, details = told["field"], told["details"]
    assert (field["width"], field["height"], details["width"], details["height"]) == (3, 18, 2, 12)
    files = {}
    for name, url in {"network": told["network"], "field": field["url"], "details": details["url"]}.items():
        response = client.get(url)
        assert (response.status_code, response.content_type) == (200, "application/octet-stream"), response.text
        assert response.headers["Cache-Control"] == "public, max-age=31536000, immutable"
        assert client.get(url, headers={"If-None-Match": response.headers["ETag"]}).status_code == 304
        files[name] = response.data
    np.testing.assert_array_equal(np.frombuffer(files["network"], "<f4"), [1, -2, 3, 0.5])
    np.testing.assert_array_equal(np.frombuffer(files["details"], "u1"), np.arange(96))
    halves = np.frombuffer(files["field"], "<f2").reshape(54, 4)
    expected = latents([parse_seed("orion/7")], LATENT_SIZE)[0, :4]
    np.testing.assert_allclose(halves, np.tile(expected, (54, 1)), rtol=1e-3)


def test_shader_and_field_of_a_world_take_one_call(world_dir: Path) -> None:
    with backend_of("embedded", world_dir) as backend:
        counted = CountingBackend(backend)
        client = create_app(counted).test_client()  # type: ignore[arg-type]
        for seed in ("1", "2", "1"):
            url = client.get(f"/v1/worlds/{seed}/shader.json").get_json()["field"]["url"]
            assert client.get(url).status_code == 200
        assert counted.calls == ["shader", "shader"]


@pytest.mark.parametrize(
    ("path", "parameter", "sentence"),
    [
        ("1/shader.json?size=64", "size", "no parameter 'size'"),
        ("1/shader.json?kind=krypton", "kind", "its kinds: earth, mars"),
        ("-1/shader.json", "seed", "out of range"),
        ("-1/field.bin", "seed", "out of range"),
        ("1/field.bin?size=64", "size", "no parameter 'size'"),
        ("details.bin?kind=mars", "kind", "allowed: model, version, label"),
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
    for path in ("1/shader.json", "1/field.bin", "network.bin", "details.bin"):
        response = client.get(f"/v1/worlds/{path}")
        assert response.status_code == 422
        assert response.get_json(force=True)["detail"] == "The model old has no shader: export it again."
