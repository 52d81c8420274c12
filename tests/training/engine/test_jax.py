"""The same training on JAX, in a process of its own that cannot import TensorFlow."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from training.families.dcgan.networks import build_generator
from training.gan.drawing import PREVIEW_PICTURES, sample_latent
from training.records.grids import tile, to_uint8
from training.records.logs import read_log

pytest.importorskip("jax", reason="JAX is not installed")

WITHOUT_TENSORFLOW = """
import sys
sys.modules["tensorflow"] = None
from tests.training.tiny_family import TINY
from training.families import FAMILIES
from training.train import main
FAMILIES["tiny"] = TINY
sys.exit(main())
"""


def train(family: str, data: Path, run: Path) -> None:
    arguments = [family, "--data", str(data), "--out", str(run), "--size", "16", "--batch-size", "8"]
    subprocess.run(
        [sys.executable, "-c", WITHOUT_TENSORFLOW, *arguments, "--epochs", "2", "--sample-every", "1"],
        env={**os.environ, "KERAS_BACKEND": "jax"},
        check=True,
    )


@pytest.fixture(scope="module")
def run(prepared_data, tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs") / "jax"
    train("dcgan", prepared_data, folder)
    return folder


def test_the_loop_runs_without_tensorflow(prepared_data, tmp_path):
    train("tiny", prepared_data, tmp_path / "run")
    first, second = (float(row["generator_loss"]) for row in read_log(tmp_path / "run"))
    assert np.isfinite([first, second]).all()
    assert first != second


@pytest.mark.slow
def test_trains_without_tensorflow(run):
    rows = read_log(run)
    assert [row["epoch"] for row in rows] == ["1", "2"]
    assert all(np.isfinite(float(row["discriminator_loss"])) for row in rows)
    assert not (run / "tensorboard").exists()
    first, second = (np.asarray(Image.open(run / "samples" / f"epoch_0000{epoch}.png")) for epoch in (1, 2))
    assert (first != second).any()


@pytest.mark.slow
def test_its_weights_draw_the_same_pictures_on_tensorflow(run):
    generator = build_generator("v1", 16)
    generator.load_weights(run / "generator.weights.h5")
    images = to_uint8(np.asarray(generator(sample_latent(100), training=False)))
    assert len(images) == PREVIEW_PICTURES
    on_jax = np.asarray(Image.open(run / "samples" / "epoch_00002.png"))
    np.testing.assert_allclose(tile(images, 8).astype(int), on_jax, atol=1)


@pytest.mark.slow
@pytest.mark.parametrize("family", ["dcgan", "conditional", "vae", "cvaegan"])
def test_first_step_is_that_of_tensorflow(tmp_path, family):
    def first_step(backend):
        command = [sys.executable, "-m", "tests.training.engine.step_one", str(tmp_path), family]
        environment = {**os.environ, "KERAS_BACKEND": backend}
        done = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
        return json.loads(done.stdout)[family]

    on_tensorflow, on_jax = first_step("tensorflow"), first_step("jax")
    assert on_tensorflow["change"] > 0
    assert on_jax == pytest.approx(on_tensorflow, rel=1e-4, abs=1e-3)
    assert on_jax["change"] == pytest.approx(on_tensorflow["change"], rel=0.01)
