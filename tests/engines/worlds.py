"""Planets for engines to draw: of the published model, and a made-up one with a hill."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator
from pathlib import Path

import flask
import numpy as np

from serving.backends import create_backend
from serving.gateway import create_app
from serving.gateway.assets.planets import planet_glb
from serving.gateway.assets.surfaces import Surface
from serving.gateway.config import GatewayConfig

MODEL = Path(__file__).resolve().parents[2] / "saved_models/world_v2"
ADDRESS = "orion/7/3"
WORLDS = tuple((kind, mesh) for kind in ("earth", "mars") for mesh in ("sphere", "cube"))  # with clouds and without

FLANK = 0.15  # radii from the hill's top to where it is steepest
_HEIGHT = 0.08  # radii
_ROWS = 256  # of maps


@contextlib.contextmanager
def gateway() -> Iterator[flask.Flask]:
    """Of the published model."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / MODEL.name).symlink_to(MODEL)
        with contextlib.closing(create_backend("embedded", saved_models=folder)) as backend:
            yield create_app(backend, GatewayConfig(deadline_s=600.0))


def glb_of(app: flask.Flask, kind: str, mesh: str) -> bytes:
    """A planet of the gateway's default model."""
    response = app.test_client().get(f"/v1/worlds/{ADDRESS}.glb?kind={kind}&mesh={mesh}")
    assert response.status_code == 200, response.text
    return response.data


def hill_glb(mesh: str, height: float = _HEIGHT) -> bytes:
    """A gray planet with a hill, whose height is in radii, in its middle."""
    longitude = (np.arange(2 * _ROWS) + 0.5) * np.pi / _ROWS - np.pi
    latitude = np.pi / 2 - np.arange(_ROWS) * np.pi / (_ROWS - 1)
    x, y = np.meshgrid(np.sin(longitude), np.sin(latitude))
    x = x * np.sqrt(1.0 - y * y)
    front = np.broadcast_to(np.cos(longitude) > 0, x.shape)
    hill = np.where(front, height * np.exp(-(x * x + y * y) / (2 * FLANK**2)), 0.0)
    slope = hill[..., None] / FLANK**2 * np.stack([x, y, np.zeros_like(x)], axis=-1)
    normals = (slope + np.array([0.0, 0.0, 1.0])).astype(np.float32)
    gray = np.full((_ROWS, 2 * _ROWS, 3), 128.0, np.float32)
    surface = Surface(gray, None, normals, hill, np.ones(3, np.float32), 0.0)
    return planet_glb(surface, "hill", {}, face=_ROWS if mesh == "cube" else None)
