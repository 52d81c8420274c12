"""The committed world, as a game meets it: its seeds' pictures, and maps that fit them."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from flask.testing import FlaskClient
from PIL import Image

from datasets.manifest import Size
from serving.gateway import create_app
from serving.gateway.routes.shaders import UNIFORMS
from tests.serving.golden_worlds import SEEDS_AND_KINDS, SIZE, VIEW, assert_same
from tests.serving.serving_double import backend_of
from tests.training.families.world_v2.equirectangular import sampled
from training.families.world_v2.rendering import lit, see, turn_of

NAME = "world_v2"
LARGE = 512  # px
SAVED_MODEL = Path(__file__).resolve().parents[2] / "saved_models" / NAME


@pytest.fixture(scope="module", params=["embedded", pytest.param("tfserving", marks=pytest.mark.slow)])
def client(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[FlaskClient]:
    folder = tmp_path_factory.mktemp("published")
    (folder / NAME).symlink_to(SAVED_MODEL)
    with backend_of(request.param, folder) as backend:
        yield create_app(backend).test_client()


def pixels(client: FlaskClient, path: str) -> np.ndarray:
    response = client.get(path)
    assert response.status_code == 200, response.text
    return np.asarray(Image.open(io.BytesIO(response.data)).convert("RGB"))


def view(client: FlaskClient, seed: int, size: int = SIZE) -> np.ndarray:
    azimuth, elevation = VIEW.sun
    look = f"lon={VIEW.lon}&lat={VIEW.lat}&roll={VIEW.roll}&sun={azimuth},{elevation}&size={size}"
    return pixels(client, f"/v1/worlds/{seed}.png?kind={SEEDS_AND_KINDS[seed]}&{look}")


def test_seeds_show_the_worlds_they_always_showed(client: FlaskClient) -> None:
    assert_same(np.concatenate([view(client, seed) for seed in SEEDS_AND_KINDS], axis=1))


def test_maps_join_and_have_whole_poles(client: FlaskClient) -> None:
    for seed, kind in SEEDS_AND_KINDS.items():
        colors = pixels(client, f"/v1/worlds/{seed}/map.png?kind={kind}").astype(int)
        assert colors.shape == (1024, 2048, 3)
        steps = np.abs(np.diff(colors, axis=1)).mean(axis=(0, 2))
        assert np.abs(colors[:, 0] - colors[:, -1]).mean() <= steps.max()
        assert np.ptp(colors[[0, -1]], axis=1).max() <= 2
        assert np.ptp(colors, axis=(0, 1)).min() > 10


def test_a_picture_from_the_maps_is_the_picture(client: FlaskClient) -> None:
    """Of a size that shows all that maps have, by a renderer of its own: colors, form, relief and light."""
    view_of, sun = (values[None] for values in VIEW.inputs().values())
    turn = np.asarray(turn_of(view_of))
    for seed, kind in SEEDS_AND_KINDS.items():
        colors, normals = (pixels(client, f"/v1/worlds/{seed}/{one}.png?kind={kind}") for one in ("map", "normal"))
        shader = client.get(f"/v1/worlds/{seed}/shader.json?kind={kind}").get_json()
        looks = {name: np.float32([shader[name]]).reshape(1, -1) for name in UNIFORMS}
        sight = see(Size(LARGE, LARGE), looks["axes"], turn)
        points, smooth = np.asarray(sight.points)[0], np.asarray(sight.normals)[0].T
        leaning = (sampled(normals, points) * 255 - 128) / 127
        ring = np.maximum(np.hypot(points[:, 0], points[:, 2]), 1e-4)[:, None]
        east = np.stack([points[:, 2], 0 * points[:, 0], -points[:, 0]], axis=-1) / ring
        north = np.cross(points, east)
        slope = -(leaning[:, :1] * east + leaning[:, 1:2] * north) / np.maximum(leaning[:, 2:], 0.1)
        slope = (slope / looks["axes"]) @ turn[0]
        along = slope - smooth * np.sum(slope * smooth, axis=-1, keepdims=True)
        raised = smooth - along * np.clip(4 * smooth[:, 2:] - 0.4, 0, 1)
        raised /= np.linalg.norm(raised, axis=-1, keepdims=True)
        light = lit(sampled(colors, points)[None], raised.T[None], smooth.T[None], sun, looks) * sight.coverage
        drawn = 255 * np.asarray(light).reshape(LARGE, LARGE, 3)
        assert np.abs(drawn - view(client, seed, LARGE)).mean() <= 2


@pytest.mark.slow
def test_jax_draws_the_same_worlds(tmp_path: Path) -> None:
    pytest.importorskip("jax", reason="JAX is not installed")
    out = tmp_path / "worlds.png"
    command = [
        sys.executable,
        "-m",
        "tests.serving.golden_worlds",
        str(max(SAVED_MODEL.iterdir(), key=lambda folder: int(folder.name))),
        str(out),
    ]
    subprocess.run(command, env={**os.environ, "KERAS_BACKEND": "jax"}, check=True)
    assert_same(np.asarray(Image.open(out)))
