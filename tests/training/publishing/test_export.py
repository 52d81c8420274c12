from __future__ import annotations

import dataclasses
import json

import numpy as np
import pytest
import tensorflow as tf

from tests.training.uncompiled import uncompiled
from training.contract.config import TrainingConfig
from training.export import main
from training.families.dcgan.networks import build_generator
from training.loop.loop import train
from training.publishing.exporting import ExportOptions, export_run
from training.saved.signatures import WARMUP_BATCH_SIZES
from training.saved.warmup import prediction_log


@pytest.fixture(scope="module")
def run(prepared_data, tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs") / "run"
    with uncompiled():
        train(TrainingConfig(data=str(prepared_data), out=str(folder), size=16, epochs=1, batch_size=8))
    return folder


def test_exported_model_keeps_contract_names_and_draws_the_same(run, tmp_path):
    path = export_run(run, ExportOptions(saved_models=tmp_path, data_source="drawn by the test"))
    assert path == tmp_path / "dcgan_v1_16" / "1"
    loaded = tf.saved_model.load(str(path))
    assert set(loaded.signatures) == {"serving_default", "generate"}
    latent = np.random.default_rng(5).standard_normal((3, 100), dtype=np.float32)
    image = loaded.signatures["generate"](latent=tf.constant(latent))["image"]
    assert image.dtype == tf.uint8
    generator = build_generator("v1", 16)
    generator.load_weights(run / "generator.weights.h5")
    expected = (np.asarray(generator(latent, training=False)) + 1) * 127.5
    assert np.abs(image.numpy() - expected).max() <= 1


def test_card_tells_what_was_trained(run, tmp_path):
    path = export_run(run, ExportOptions(saved_models=tmp_path, version=7, output_license="CC0-1.0"))
    card = json.loads((path / "assets.extra" / "card.json").read_text())
    assert (card["name"], card["version"], card["task"]) == ("dcgan_v1_16", 7, "generate")
    assert card["image_size"] == {"width": 16, "height": 16}
    assert card["training_data"]["classes"] == ["earth", "mars"]
    assert card["images_seen"] % 8 == 0
    assert card["images_seen"] > 0
    assert card["output_license"] == "CC0-1.0"


def test_versions_count_up_and_never_change(run, tmp_path):
    options = ExportOptions(saved_models=tmp_path)
    assert [export_run(run, options).name for _ in range(2)] == ["1", "2"]
    with pytest.raises(ValueError, match="exists already"):
        export_run(run, dataclasses.replace(options, version=2))


def test_failed_export_leaves_nothing(run, tmp_path, monkeypatch):
    def fail(*arguments):
        raise ValueError("disk full")

    monkeypatch.setattr("training.saved.signatures.write_warmup_records", fail)
    with pytest.raises(ValueError, match="disk full"):
        export_run(run, ExportOptions(saved_models=tmp_path))
    assert list((tmp_path / "dcgan_v1_16").iterdir()) == []


def test_unfinished_run_is_refused(tmp_path, capsys):
    assert main([str(tmp_path), "--saved-models", str(tmp_path / "models")]) == 2
    assert "config.json is missing" in capsys.readouterr().err


def test_warmup_file_has_a_record_per_batch_size(run, tmp_path):
    path = export_run(run, ExportOptions(saved_models=tmp_path))
    records = list(tf.data.TFRecordDataset(str(path / "assets.extra" / "tf_serving_warmup_requests")))
    assert len(records) == len(WARMUP_BATCH_SIZES)


def test_prediction_log_golden_bytes():
    """The bytes that tensorflow-serving-api 2.20 writes for the same message."""
    encoded = prediction_log("generate", {"latent": np.array([[1.0, 2.0]], np.float32)})
    assert encoded.hex() == (
        "32300a2e0a0a1a0867656e657261746512200a066c6174656e74121608011208120208011202080222080000803f00000040"
    )
