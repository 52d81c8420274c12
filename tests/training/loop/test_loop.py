from __future__ import annotations

import contextlib
import dataclasses
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.training.runs import weights, without_time
from tests.training.uncompiled import uncompiled
from training.contract.config import TrainingConfig
from training.gan.trainer import GANTrainer
from training.loop import loop
from training.loop.checkpoints import newest_checkpoint
from training.loop.loop import TrainingInterrupted, train
from training.records.logs import read_log
from training.train import main


@pytest.fixture(scope="module")
def finished(prepared_data, tmp_path_factory):
    """The configuration of a training that ran through: 4 epochs of 2 steps."""
    config = TrainingConfig(
        data=str(prepared_data),
        out=str(tmp_path_factory.mktemp("runs") / "run"),
        size=16,
        epochs=4,
        batch_size=8,
        sample_every=2,
        checkpoint_every=1,
    )
    with uncompiled():
        train(config)
    return config


@pytest.fixture
def config(finished, tmp_path):
    """The same training, not yet begun, in a folder of its own."""
    return dataclasses.replace(finished, out=str(tmp_path / "run"))


@pytest.fixture
def copy(finished, config):
    """The same training, finished, to spoil."""
    shutil.copytree(finished.out, config.out)
    return config


def test_run_folder_is_complete(finished):
    run = Path(finished.out)
    assert weights(run / "generator.weights.h5")
    assert [row["epoch"] for row in read_log(run)] == ["1", "2", "3", "4"]
    assert all(np.isfinite(float(row["generator_loss"])) for row in read_log(run))
    assert Image.open(run / "samples" / "epoch_00002.png").size == (8 * 16, 8 * 16)
    assert len(list((run / "checkpoints").glob("step_*.npz"))) == 2
    assert any((run / "tensorboard").iterdir())
    described = json.loads((run / "config.json").read_text())
    assert described["recipe"]["name"] == "stable"
    assert described["classes"] == ["earth", "mars"]
    assert str(run.parent) not in json.dumps(described)


def test_original_recipe_trains_the_original_discriminator(config):
    train(dataclasses.replace(config, recipe="original", epochs=1))
    described = json.loads((Path(config.out) / "config.json").read_text())
    assert described["recipe"]["generator_learning_rate"] == 0.003
    assert described["discriminator_parameters"] < 20_000


def test_recipe_can_be_changed_from_the_command_line(finished, tmp_path):
    run = tmp_path / "run"
    options = "--size 16 --batch-size 8 --epochs 1 --loss wasserstein_gp --gradient-penalty 10 --clip-norm 1 --no-flip"
    arguments = ["dcgan", "--data", finished.data, "--out", str(run), *options.split(), "--schedule", "cosine"]
    assert main(arguments) == 0
    described = json.loads((run / "config.json").read_text())
    assert described["changes"] == ["clip_norm", "flip", "gradient_penalty", "loss", "schedule"]
    assert described["recipe"]["loss"] == "wasserstein_gp"
    assert np.isfinite(float(read_log(run)[0]["discriminator_loss"]))


@pytest.mark.parametrize("steps", [pytest.param(2, marks=pytest.mark.slow), 3])
def test_stopped_anywhere_and_resumed_equals_uninterrupted(finished, config, eagerly, monkeypatch, steps):
    asked = iter([False] * steps + [True])  # 2 is the end of an epoch, 3 within one
    with monkeypatch.context() as patch:
        patch.setattr(loop, "_stop_requests", lambda: contextlib.nullcontext(lambda: next(asked)))
        with pytest.raises(TrainingInterrupted, match=f"step {steps}"):
            train(config)
    resumed = weights(train(config, resume=True) / "generator.weights.h5")
    whole = weights(Path(finished.out) / "generator.weights.h5")
    assert whole.keys() == resumed.keys()
    for name, expected in whole.items():
        np.testing.assert_array_equal(resumed[name], expected, err_msg=name)
    assert without_time(read_log(Path(config.out))) == without_time(read_log(Path(finished.out)))


def test_training_that_went_on_and_was_stopped_leaves_no_older_models(copy, eagerly, monkeypatch):
    asked = iter([False, True])
    monkeypatch.setattr(loop, "_stop_requests", lambda: contextlib.nullcontext(lambda: next(asked)))
    with pytest.raises(TrainingInterrupted):
        train(dataclasses.replace(copy, epochs=5), resume=True)
    assert not list(Path(copy.out).glob("*.weights.h5"))


def test_rows_written_after_the_checkpoint_are_dropped_on_resume(copy, eagerly):
    run = Path(copy.out)
    newest_checkpoint(run / "checkpoints").unlink()  # killed in the fourth epoch, its row already written
    with (run / "log.csv").open("a") as file:
        file.write("5,10,8")  # and half of the fifth
    train(copy, resume=True)
    assert [row["epoch"] for row in read_log(run)] == ["1", "2", "3", "4"]


def test_existing_run_is_not_overwritten(finished):
    with pytest.raises(ValueError, match="--resume"):
        train(finished)


def test_checkpoint_of_another_recipe_is_refused(finished):
    with pytest.raises(ValueError, match="another recipe"):
        train(dataclasses.replace(finished, recipe="original"), resume=True)


def test_nan_is_reported_with_its_step_and_keeps_the_checkpoint(copy, monkeypatch):
    broken = {"generator_loss": float("nan")}
    monkeypatch.setattr(GANTrainer, "step", lambda self, images, labels, index: broken)
    with pytest.raises(FloatingPointError, match=r"generator_loss .* step 9.*step_00000008\.npz"):
        train(dataclasses.replace(copy, epochs=5), resume=True)
    assert newest_checkpoint(Path(copy.out) / "checkpoints").name == "step_00000008.npz"


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--batch-size", "640"], "batch size of 640 does not fit 20"),
        (["--batch-size", "6"], "multiple of 4"),
        (["--epochs", "0"], "--epochs is 0"),
        (["--size", "128"], "has no pictures of 128 px, only of 16"),
        (["--size", "16x32"], "has no pictures of 16x32 px, only of 16"),
        (["--size", "16by32"], "is not a size"),
        (["--balance", "cap"], "go together"),
        (["--balance", "cap", "--cap", "2"], "batch size of 32 does not fit 4 pictures"),
        (["--bodies", "vulcan"], "vulcan"),
        (["--r1-gamma", "-1"], "r1_gamma is -1.0"),
    ],
)
def test_bad_requests_end_in_one_sentence(prepared_data, tmp_path, capsys, options, sentence):
    arguments = ["dcgan", "--data", str(prepared_data), "--out", str(tmp_path / "run"), "--size", "16", *options]
    assert main(arguments) == 2
    error = capsys.readouterr().err.strip()
    assert error.startswith("error: ")
    assert sentence in error
    assert "\n" not in error
