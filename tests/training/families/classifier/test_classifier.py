from __future__ import annotations

import json
import os
import subprocess
import sys

import keras
import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from datasets.pictures import load_pictures
from tests.training.uncompiled import uncompiled
from training.calibrate import main as calibrate_main
from training.contract.config import TrainingConfig
from training.export import main as export_main
from training.families.classifier.calibration import softmax
from training.families.classifier.network import build_classifier
from training.families.classifier.savedmodel import save_classifier
from training.families.classifier.trainer import RECIPES, ClassifierTrainer, _outliers
from training.loop.checkpoints import load_checkpoint, save_checkpoint
from training.loop.loop import train
from training.measure.kinds import Classifier
from training.records.logs import read_log
from training.saved.signatures import WARMUP_BATCH_SIZES


def config_of(data, out, **changes) -> TrainingConfig:
    basic = {"family": "classifier", "size": 16, "epochs": 1, "batch_size": 8, "precision": "float32"}
    return TrainingConfig(data=str(data), out=str(out), **basic | changes)


@pytest.fixture(scope="module")
def run(prepared_data, tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs") / "classifier"
    with uncompiled():
        train(config_of(prepared_data, folder))
    return folder


@pytest.fixture(scope="module")
def exported(run, prepared_data, tmp_path_factory):
    maps = tmp_path_factory.mktemp("maps")
    for name, color in (("earth", (60, 110, 220)), ("mars_old", (210, 100, 60))):
        Image.new("RGB", (32, 16), color).save(maps / f"{name}.png")
    assert calibrate_main([str(run), "--data", str(prepared_data), "--maps", str(maps)]) == 0
    models = tmp_path_factory.mktemp("models")
    assert export_main([str(run), "--saved-models", str(models)]) == 0
    return models / "classifier_16" / "1"


def test_parameters_at_64_px_are_pinned():
    classifier = build_classifier(64, 12)
    assert classifier.count_params() == 690_092
    assert classifier.output_shape == (None, 12)
    assert classifier.get_layer("features").output.shape == (None, 192)


def test_exposure_changes_nothing():
    classifier = build_classifier(16, 3, widths=(4, 8))
    light = np.random.default_rng(0).uniform(0.2, 1.0, (2, 16, 16, 3)).astype(np.float32)
    bright, dim = (np.asarray(classifier(light * exposure * 2 - 1)) for exposure in (1.0, 0.4))
    np.testing.assert_allclose(bright, dim, atol=1e-4)


def test_impossible_models_are_named():
    with pytest.raises(ValueError, match="60 px"):
        build_classifier(60, 12)
    with pytest.raises(ValueError, match="1 class"):
        build_classifier(64, 1)


@pytest.mark.parametrize("change", [{"learning_rate": 0.0}, {"outlier_share": 1.5}, {"outlier_weight": -1.0}])
def test_impossible_recipes_are_named(prepared_data, tmp_path, change):
    with pytest.raises(ValueError, match=next(iter(change))):
        train(config_of(prepared_data, tmp_path / "run", changes=change))


def tiny_trainer(data) -> ClassifierTrainer:
    keras.utils.set_random_seed(0)
    held = load_pictures(data, 16, "holdout")
    return ClassifierTrainer(build_classifier(16, 2, widths=(4, 8)), RECIPES["robust"], held, total_steps=60, seed=0)


@pytest.fixture(scope="module")
def batch(prepared_data):
    pictures = load_pictures(prepared_data, 16)
    return pictures.images.astype(np.float32) / 127.5 - 1.0, pictures.labels


def test_it_learns_to_tell_two_colors(prepared_data, batch):
    trainer = tiny_trainer(prepared_data)
    before = trainer.preview()
    for step in range(60):
        metrics = trainer.step(*batch, step)
    after = trainer.preview()
    assert set(metrics) == {"loss", "outlier_loss", "accuracy"}
    assert after.measures["held_accuracy"] == 1.0
    assert after.score < before.score
    assert after.picture.dtype == np.uint8
    np.testing.assert_array_equal(trainer.preview().picture, after.picture)


@pytest.mark.parametrize(
    ("batch", "share", "expected"), [(32, 0.125, 4), (8, 0.125, 2), (2, 0.125, 2), (3, 1.0, 2), (1, 0.0, 0)]
)
def test_small_batches_hold_outliers_too(batch, share, expected):
    assert _outliers(batch, share) == expected


def test_batches_too_small_for_outliers_are_named():
    with pytest.raises(ValueError, match="--batch-size 2"):
        _outliers(1, 0.125)


def test_state_holds_all_that_a_step_depends_on(prepared_data, batch, eagerly, tmp_path):
    undisturbed, resumed = tiny_trainer(prepared_data), tiny_trainer(prepared_data)
    undisturbed.step(*batch, 0)
    checkpoint = save_checkpoint(tmp_path, 1, undisturbed.state, {}, keep=1)
    load_checkpoint(checkpoint, resumed.state)
    for trainer in (undisturbed, resumed):
        trainer.step(*batch, 1)
    for name, variable in undisturbed.state.items():
        np.testing.assert_array_equal(np.asarray(variable), np.asarray(resumed.state[name]), err_msg=name)


def test_export_asks_for_calibration_first(run, tmp_path, capsys):
    (tmp_path / "run").mkdir()
    for name in ("config.json", "log.csv", "classifier.weights.h5"):
        (tmp_path / "run" / name).write_bytes((run / name).read_bytes())
    assert export_main([str(tmp_path / "run"), "--saved-models", str(tmp_path / "models")]) == 2
    assert "training.calibrate" in capsys.readouterr().err


def test_calibration_of_an_unfinished_run_is_refused(tmp_path, prepared_data, capsys):
    assert calibrate_main([str(tmp_path), "--data", str(prepared_data)]) == 2
    assert "not a finished training" in capsys.readouterr().err


def test_card_holds_what_was_measured(exported):
    card = json.loads((exported / "assets.extra" / "card.json").read_text())
    assert (card["task"], card["class_names"]) == ("classify", ["earth", "mars"])
    assert card["image_size"] == {"width": 16, "height": 16}
    assert 0.5 <= card["unknown_below"] <= 1.0
    assert card["temperature"] > 0
    recognition = card["recognition"]
    assert set(recognition["other_maps"]) == {"all", "earth", "mars_old"}
    assert recognition["varied"]["false_alarms"] <= 0.25  # 5 % of 32 pictures of 4 views
    assert 0 <= recognition["nonplanets_refused"]["all"] <= 1


def test_exported_signatures_equal_the_model(run, exported):
    classifier = build_classifier(16, 2)
    classifier.load_weights(run / "classifier.weights.h5")
    image = np.random.default_rng(0).integers(0, 256, (3, 16, 16, 3), dtype=np.uint8)
    scaled = image.astype(np.float32) / 127.5 - 1.0
    temperature = json.loads((run / "calibration.json").read_text())["temperature"]
    signatures = tf.saved_model.load(str(exported)).signatures
    assert set(signatures) == {"serving_default", "classify"}
    for name in ("serving_default", "classify"):
        probabilities = signatures[name](image=tf.constant(image))["probabilities"].numpy()
        np.testing.assert_allclose(probabilities, softmax(np.asarray(classifier(scaled)), temperature), atol=1e-5)


def test_evaluation_can_ask_it_for_kinds(exported):
    classifier = Classifier(exported)
    assert classifier.class_names == ("earth", "mars")
    assert classifier.kinds(np.zeros((2, 32, 32, 3), np.uint8)).shape == (2,)


def test_weights_are_stored_once_and_warm_up_covers_each_batch_size(exported):
    stored = (exported / "variables" / "variables.data-00000-of-00001").stat().st_size
    assert stored < 1.02 * 4 * build_classifier(16, 2).count_params()
    records = tf.data.TFRecordDataset(str(exported / "assets.extra" / "tf_serving_warmup_requests"))
    assert len(list(records)) == len(WARMUP_BATCH_SIZES)


def test_temperature_makes_probabilities_modest(tmp_path):
    classifier = build_classifier(16, 2, widths=(4, 8))
    image = tf.constant(np.random.default_rng(0).integers(0, 256, (4, 16, 16, 3), dtype=np.uint8))
    sureness = []
    for temperature in (0.1, 10.0):
        save_classifier(classifier, temperature, tmp_path / str(temperature))
        loaded = tf.saved_model.load(str(tmp_path / str(temperature))).signatures["classify"]
        sureness.append(loaded(image=image)["probabilities"].numpy().max())
    assert sureness[0] > sureness[1]


@pytest.mark.slow
def test_trains_on_jax_without_tensorflow(prepared_data, tmp_path):
    pytest.importorskip("jax", reason="JAX is not installed")
    code = "import sys; sys.modules['tensorflow'] = None; from training.train import main; sys.exit(main())"
    arguments = ["classifier", "--data", str(prepared_data), "--out", str(tmp_path), "--size", "16"]
    subprocess.run(
        [sys.executable, "-c", code, *arguments, "--batch-size", "8", "--epochs", "1", "--precision", "float32"],
        env={**os.environ, "KERAS_BACKEND": "jax"},
        check=True,
    )
    assert np.isfinite(float(read_log(tmp_path)[0]["varied_loss"]))
    build_classifier(16, 2).load_weights(tmp_path / "classifier.weights.h5")
