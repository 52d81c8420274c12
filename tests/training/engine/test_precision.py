from __future__ import annotations

import keras
import numpy as np
import pytest

from datasets.manifest import Size
from training.engine import precision
from training.engine.precision import choose_precision, dtype_policy
from training.families.dcgan.networks import build_generator
from training.families.dcgan.recipe import RECIPES
from training.gan.critic import build_critic
from training.gan.objective import Objective
from training.gan.trainer import GANTrainer
from training.measure.quality import SampleQuality


@pytest.mark.parametrize(("bfloat16", "chosen"), [(1.0, "mixed_bfloat16"), (2.9, "float32"), (30.0, "float32")])
def test_bfloat16_is_chosen_where_it_is_much_faster(monkeypatch, bfloat16, chosen):
    seconds = {"bfloat16": bfloat16, "float32": 3.0}
    monkeypatch.setattr(precision, "_convolution", lambda dtype: lambda: seconds[dtype])
    monkeypatch.setattr(precision.timeit, "timeit", lambda run, number: run())
    assert choose_precision("auto") == chosen


def test_probe_runs_both_formats():
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
    with dtype_policy("mixed_bfloat16"):
        generator, discriminator = build_generator("v1", 16), build_critic(Size(16, 16))
        quality = SampleQuality(np.zeros((2, 16, 16, 3), np.uint8))
        trainer = GANTrainer(Objective(generator, discriminator, RECIPES["stable"], 1), 0, quality)
    images = np.random.default_rng(0).uniform(-1, 1, (8, 16, 16, 3)).astype(np.float32)
    metrics = trainer.step(images, np.ones((8, 1), np.float32), 0)
    assert all(np.isfinite(float(value)) for value in metrics.values())
    assert trainer.generator.layers[1].compute_dtype == "bfloat16"
    assert {str(variable.dtype) for variable in trainer.generator.weights} == {"float32"}
    assert {str(variable.dtype) for variable in trainer.trained_generator.weights} == {"float32"}
