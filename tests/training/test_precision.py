from __future__ import annotations

import keras
import numpy as np
import pytest

from training import precision
from training.loop import TrainingConfig, build_trainer
from training.precision import choose_precision, dtype_policy


def test_the_faster_format_is_chosen(monkeypatch):
    monkeypatch.setattr(precision, "_seconds", {"bfloat16": 1.0, "float32": 3.0}.get)
    assert choose_precision("auto") == "mixed_bfloat16"
    monkeypatch.setattr(precision, "_seconds", {"bfloat16": 1.0, "float32": 1.1}.get)
    assert choose_precision("auto") == "float32"


def test_probe_measures_something():
    assert precision._seconds("float32") > 0
    assert choose_precision("auto") in ("float32", "mixed_bfloat16")


def test_a_wish_is_kept_and_a_wrong_one_named():
    assert choose_precision("mixed_bfloat16") == "mixed_bfloat16"
    with pytest.raises(ValueError, match="'half'"):
        choose_precision("half")


def test_policy_ends_with_its_block():
    before = keras.config.dtype_policy().name
    with dtype_policy("mixed_bfloat16"):
        assert keras.config.dtype_policy().name == "mixed_bfloat16"
    assert keras.config.dtype_policy().name == before


def test_bfloat16_training_keeps_float32_weights_and_stays_finite():
    config = TrainingConfig(data="", out="", size=16)
    trainer = build_trainer(config, total_steps=1, precision="mixed_bfloat16")
    images = np.random.default_rng(0).uniform(-1, 1, (8, 16, 16, 3)).astype(np.float32)
    metrics = trainer.step(images, regularize=True)
    assert all(np.isfinite(float(value)) for value in metrics.values())
    assert trainer.generator.layers[1].compute_dtype == "bfloat16"
    assert {str(variable.dtype) for variable in trainer.generator.weights} == {"float32"}
    assert {str(variable.dtype) for variable in trainer.trained_generator.weights} == {"float32"}
