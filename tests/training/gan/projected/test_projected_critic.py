"""The projected discriminator beside a GAN's own critic, by an option of its recipe."""

from __future__ import annotations

import numpy as np
import pytest
from keras import ops

from tests.training.tiny_trainers import build_trainer, draw_pictures
from training.families.labelled.recipe import CONDITIONAL_RECIPES
from training.gan.projected.squeezenet import constants
from training.loop.checkpoints import load_checkpoint, save_checkpoint
from training.records.grids import from_uint8
from training.train import main

PICTURES = draw_pictures(32, count=8)
BATCH = ops.convert_to_tensor(from_uint8(PICTURES.images)), ops.convert_to_tensor(PICTURES.labels)
SMALL = {
    "generator_filters": 4,
    "discriminator_filters": 4,
    "encoder_filters": 4,
    "width": 0.1,
    "projected_weight": 0.5,
}


def projected_trainer(family: str = "conditional", **changes):
    return build_trainer(family, PICTURES, **SMALL | changes)


@pytest.mark.parametrize("family", ["dcgan", "conditional", "acgan", "cvaegan"])
def test_every_family_learns_with_it(eagerly, family):
    trainer = projected_trainer(family)
    critic = trainer.objective.critics[1]
    before = [critic.network.get_weights(), trainer.generator.get_weights()]
    metrics = trainer.step(*BATCH, 0)
    assert all(np.isfinite(float(value)) for value in metrics.values())
    assert float(metrics["projected_loss"]) > 0
    changed = [(old != new).any() for old, new in zip(before[0], critic.network.get_weights(), strict=True)]
    assert all(changed)
    assert any((old != new).any() for old, new in zip(before[1], trainer.generator.get_weights(), strict=True))


def test_without_a_weight_there_is_none():
    trainer = projected_trainer(projected_weight=0.0)
    assert [critic.name for critic in trainer.objective.critics] == ["discriminator"]


def test_its_weight_is_reached_after_so_many_pictures():
    weight = projected_trainer(projected_ramp=80).objective.critics[1].weight  # ten steps of eight pictures
    assert [float(weight(step)) for step in (0, 5, 10, 99)] == pytest.approx([0.0, 0.25, 0.5, 0.5])


def test_its_verdict_moves_the_generator(eagerly):
    def generator_after(ramp):
        trainer = projected_trainer(augment_probability=0.0, flip=False, projected_ramp=ramp)
        for index in range(2):  # in the first step it does not count yet
            trainer.step(*BATCH, index)
        return trainer.generator.get_weights()

    at_once, hardly = generator_after(0), generator_after(10**9)
    assert any((one != other).any() for one, other in zip(at_once, hardly, strict=True))


def test_the_frozen_network_is_no_part_of_the_state_and_a_training_resumes_exactly(eagerly, tmp_path):
    frozen = [array.copy() for pair in constants().values() for array in pair]
    undisturbed, resumed = projected_trainer(), projected_trainer()
    for index in range(2):
        undisturbed.step(*BATCH, index)
    load_checkpoint(save_checkpoint(tmp_path, 2, undisturbed.state, {}, keep=1), resumed.state)
    for trainer in (undisturbed, resumed):
        trainer.step(*BATCH, 2)
    for name, variable in undisturbed.state.items():
        np.testing.assert_array_equal(np.asarray(variable), np.asarray(resumed.state[name]), err_msg=name)
    ours = {name.split("/")[0] for name in undisturbed.state if "projected" in name}
    assert ours == {"projected", "projected_optimizer"}  # and no average
    assert all("head" in variable.path for variable in undisturbed.objective.critics[1].network.variables)
    for before, after in zip(frozen, (array for pair in constants().values() for array in pair), strict=True):
        np.testing.assert_array_equal(before, after)


def test_impossible_requests_are_refused_in_one_sentence(prepared_data, tmp_path, capsys):
    with pytest.raises(ValueError, match=r"projected_weight is -1\.0: it must be at least 0"):
        projected_trainer(projected_weight=-1.0)
    assert CONDITIONAL_RECIPES["sharp"].projected_weight == 0
    small = ["conditional", "--data", str(prepared_data), "--out", str(tmp_path / "run"), "--size", "16"]
    assert main([*small, "--batch-size", "8", "--precision", "float32", "--projected-weight", "0.5"]) == 2
    assert "can't judge 16 px: it needs at least 32 px a side." in capsys.readouterr().err
