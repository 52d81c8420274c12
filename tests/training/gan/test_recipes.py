from __future__ import annotations

import dataclasses

import pytest

from training.families.dcgan.recipe import RECIPES
from training.gan.losses import LOSSES
from training.gan.recipes import CHOICES


def test_every_loss_can_be_chosen():
    assert set(CHOICES["loss"]) == set(LOSSES)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"loss": "mean"}, "loss is 'mean': choose one of non_saturating"),
        ({"augment_probability": 1.5}, r"augment_probability is 1\.5: it must be in 0\.\.1"),
        ({"generator_learning_rate": 0.0}, "generator_learning_rate is 0.0: it must be above 0"),
        ({"clip_norm": -1.0}, r"clip_norm is -1\.0: it must be at least 0"),
        ({"loss": "wasserstein_gp"}, "set gradient_penalty"),
        ({"loss": "hinge", "real_label_noise": 0.1}, "not with hinge"),
    ],
)
def test_impossible_recipes_are_refused_in_one_sentence(changes, sentence):
    with pytest.raises(ValueError, match=sentence):
        dataclasses.replace(RECIPES["stable"], **changes)
