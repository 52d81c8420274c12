"""Files for engines of the committed world: valid to Khronos' validator, and heights without terraces."""

from __future__ import annotations

import io
import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from flask.testing import FlaskClient
from PIL import Image

from serving.gateway import create_app
from serving.gateway.config import GatewayConfig
from tests.serving.serving_double import backend_of

ROOT = Path(__file__).resolve().parents[2]
SAVED_MODEL = ROOT / "saved_models/world_v2"
KINDS = json.loads((next(SAVED_MODEL.glob("*/assets.extra")) / "card.json").read_text())["class_names"]
SEEDS = range(4)
VALIDATOR = Path(__file__).with_name("gltf_validator.cjs")


def missing() -> str | None:
    """Why the validator can't be run here; node finds the package in the repository or where NODE_PATH says."""
    if shutil.which("node") is None:
        return "Khronos' glTF validator is run by node, which is not here"
    command = ["node", "-e", "require.resolve('gltf-validator')"]
    if subprocess.run(command, cwd=VALIDATOR.parent, capture_output=True).returncode:
        return "Khronos' glTF validator is not here: npm install --no-save gltf-validator, or set NODE_PATH"
    return None


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FlaskClient]:
    folder = tmp_path_factory.mktemp("published")
    (folder / SAVED_MODEL.name).symlink_to(SAVED_MODEL)
    with backend_of("embedded", folder) as backend:
        yield create_app(backend, GatewayConfig(deadline_s=600.0)).test_client()


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_planets_are_valid_gltf(client: FlaskClient, tmp_path: Path, kind: str) -> None:
    reason = missing()
    if reason:
        pytest.skip(reason)
    files = []
    for seed in SEEDS:
        for mesh in ("sphere", "cube"):
            for textures in ("png", "webp"):
                look = f"kind={kind}&mesh={mesh}&textures={textures}&texture_size=128"
                response = client.get(f"/v1/worlds/{seed}.glb?{look}")
                assert response.status_code == 200, response.text
                files.append(tmp_path / f"{kind}_{seed}_{mesh}_{textures}.glb")
                files[-1].write_bytes(response.data)
    ran = subprocess.run(["node", str(VALIDATOR), *map(str, files)], check=True, capture_output=True, text=True)
    found = json.loads(ran.stdout)
    assert found == {str(file): [] for file in files}


@pytest.mark.slow
def test_heights_have_no_terraces_and_join(client: FlaskClient) -> None:
    for kind in ("earth", "moon"):
        file = client.get(f"/v1/worlds/1/height.png?kind={kind}").data
        heights = np.asarray(Image.open(io.BytesIO(file))).astype(int)
        assert heights.shape == (1024, 2048)
        assert (heights.min(), heights.max()) == (0, 65535)
        assert len(np.unique(heights)) >= 10_000
        assert np.ptp(heights[[0, -1]], axis=1).max() <= 0.01 * 65535
        steps = np.abs(np.diff(heights, axis=1)).mean(axis=0)
        assert np.abs(heights[:, 0] - heights[:, -1]).mean() <= steps.max()
