from __future__ import annotations

import dataclasses
import json
import os
import subprocess
import sys

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.training.families.cyclegan.tiny_cyclegan import CHANGES, build_trainer, pairs
from tests.training.uncompiled import uncompiled
from training.contract.config import TrainingConfig
from training.export import main as export_main
from training.families.cyclegan.family import build_networks
from training.families.cyclegan.recipe import RECIPES
from training.families.cyclegan.resnet_generator import build_resnet_generator
from training.families.cyclegan.trainer import CycleGANTrainer
from training.loop.checkpoints import load_checkpoint, save_checkpoint
from training.loop.loop import train
from training.train import main


def config_of(data, out, **changes) -> TrainingConfig:
    return TrainingConfig(
        data=str(data),
        out=str(out),
        family="cyclegan",
        size=16,
        epochs=1,
        batch_size=4,
        precision="float32",
        changes=CHANGES | changes,
    )


@pytest.fixture(scope="module")
def run(prepared_data, tmp_path_factory):
    with uncompiled():
        return train(config_of(prepared_data, tmp_path_factory.mktemp("runs") / "cyclegan"))


def values(model: keras.Model) -> list[np.ndarray]:
    return [keras.ops.convert_to_numpy(variable) for variable in model.variables]


def test_it_learns_to_color():
    trainer = build_trainer(cycle_weight=1.0, cycle_weight_end=1.0, learning_rate=0.003, ema_decay=0.9)
    before = trainer.preview()
    for index in range(60):
        trainer.step(pairs(2, seed=index), None, index)
    after = trainer.preview()
    assert set(after.measures) == {"ab_sliced_wasserstein", "ba_sliced_wasserstein", "held_cycle_loss"}
    assert after.score < 0.7 * before.score
    assert after.picture.shape == (6 * 16, 3 * 16, 3)
    np.testing.assert_array_equal(trainer.preview().picture, after.picture)
    red, _, blue = after.picture[16:32].mean(axis=(0, 1))
    assert red > blue  # the first domain is blue, the second one red


def test_state_holds_all_that_a_step_depends_on(eagerly, tmp_path):
    undisturbed, resumed = build_trainer(flip=True, pool=2), build_trainer(flip=True, pool=2)
    for index in range(3):
        undisturbed.step(pairs(2, seed=index), None, index)
    load_checkpoint(save_checkpoint(tmp_path, 3, undisturbed.state, {}, keep=1), resumed.state)
    for trainer in (undisturbed, resumed):
        metrics = trainer.step(pairs(2, seed=3), None, 3)
    assert all(np.isfinite(float(value)) for value in metrics.values())
    for name, variable in undisturbed.state.items():
        np.testing.assert_array_equal(np.asarray(variable), np.asarray(resumed.state[name]), err_msg=name)


def test_identity_is_not_computed_once_its_weight_is_gone(eagerly):
    trainer = build_trainer(identity_weight=2.0, identity_weight_end=0.0, identity_weight_share=0.5)
    seen = []
    generator = trainer.networks.generator_ab

    def counted(images, training):
        seen.append(images.shape[0])
        return generator(images, training=training)

    trainer.networks = trainer.networks._replace(generator_ab=counted)
    early = trainer.step(pairs(1), None, 0)
    assert float(early["identity_loss"]) > 0
    assert seen == [2, 1]  # a picture to translate beside one to keep, then one to translate back
    late = trainer.step(pairs(1), None, 50)
    assert float(late["identity_loss"]) == 0
    assert seen[2:] == [1, 1]


def test_cycle_weight_moves_generators_only(eagerly):
    def weights_after_a_step(cycle_weight):
        trainer = build_trainer(cycle_weight=cycle_weight, cycle_weight_end=cycle_weight)
        trainer.step(pairs(1), None, 0)
        return values(trainer.networks.generator_ab), values(trainer.networks.discriminator_a)

    (generator, discriminator), (other_generator, other_discriminator) = map(weights_after_a_step, (100.0, 0.0))
    assert any((one != other).any() for one, other in zip(generator, other_generator, strict=True))
    for one, other in zip(discriminator, other_discriminator, strict=True):
        np.testing.assert_array_equal(one, other)


def test_gradients_are_clipped_by_schedule(eagerly):
    trainer = build_trainer(clip_norm=0.5, clip_norm_end=0.1, clip_norm_share=0.5)
    norms = []
    for optimizer in (trainer.generator_optimizer, trainer.discriminator_optimizer):
        optimizer.apply = lambda gradients, variables: norms.append(float(tf.linalg.global_norm(gradients)))
    for index in (0, 25, 50, 99):
        trainer.step(pairs(1), None, index)
    assert norms == pytest.approx(np.repeat([0.5, 0.3, 0.1, 0.1], 2), rel=1e-3)


def test_wgan_gp_weighs_its_penalty(eagerly):
    def loss(weight):
        trainer = build_trainer(loss="wgan-gp", gradient_penalty=weight)
        return float(trainer.step(pairs(1), None, 0)["discriminator_loss"])

    without, simple, double = map(loss, (1e-9, 10.0, 20.0))
    assert simple > without + 1.0
    assert double - without == pytest.approx(2.0 * (simple - without), rel=1e-3)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"loss": "hinge"}, "loss is 'hinge': choose one of lsgan, wgan-gp"),
        ({"loss": "wgan-gp"}, "set gradient_penalty"),
        ({"filters": 0}, "filters is 0: it must be above 0"),
        ({"cycle_weight_end": -1.0}, r"cycle_weight_end is -1\.0: it must be at least 0"),
        ({"identity_weight_share": 2.0}, r"identity_weight_share is 2\.0: it must be in 0\.\.1"),
        ({"clip_norm": 1.0}, "set both, or both to 0"),
        ({"discriminator": "vgg"}, "choose one of patchgan, projected"),
    ],
)
def test_impossible_recipes_are_refused_in_one_sentence(changes, sentence):
    with pytest.raises(ValueError, match=sentence):
        dataclasses.replace(RECIPES["small"], **changes)


def test_one_class_is_refused(prepared_data, tmp_path, capsys):
    arguments = ["cyclegan", "--data", str(prepared_data), "--out", str(tmp_path / "run"), "--size", "16"]
    assert main([*arguments, "--bodies", "mars", "--batch-size", "2", "--precision", "float32"]) == 2
    assert "choose two of them" in capsys.readouterr().err


def test_training_starts_from_another_run(run, prepared_data, tmp_path):
    config = json.loads((run / "config.json").read_text())
    assert config["recipe"]["init_from"] is None
    assert config["classes"] == ["earth", "mars"]
    same = build_trainer(init_from=run, data=prepared_data)
    saved = build_resnet_generator(16, 16, config["recipe"]["filters"], config["recipe"]["blocks"])
    saved.load_weights(run / "generator_ab.weights.h5")
    for started, there in zip(values(same.networks.generator_ab), values(saved), strict=True):
        np.testing.assert_array_equal(started, there)
    reversed_run = tmp_path / "reversed"
    reversed_run.mkdir()
    del config["recipe"]["discriminator"]  # as it was before there was a choice
    for path in run.glob("*.weights.h5"):
        (reversed_run / path.name).write_bytes(path.read_bytes())
    (reversed_run / "config.json").write_text(json.dumps(config | {"classes": ["mars", "earth"]}))
    other = build_trainer(init_from=reversed_run, data=prepared_data)
    for started, there in zip(values(other.networks.generator_ba), values(saved), strict=True):
        np.testing.assert_array_equal(started, there)


def test_a_run_that_does_not_fit_is_refused(run, prepared_data, tmp_path):
    with pytest.raises(ValueError, match=r"not a finished training of cyclegan: config\.json is missing"):
        build_trainer(init_from=tmp_path, data=prepared_data)
    with pytest.raises(ValueError, match="with --blocks 1, not 2: give --blocks 1"):
        build_trainer(init_from=run, data=prepared_data, blocks=2)


def test_a_projected_discriminator_learns_by_its_heads_alone(eagerly):
    recipe = dataclasses.replace(RECIPES["small"], **CHANGES | {"discriminator": "projected"})
    large = np.kron(pairs(2), np.ones((1, 2, 2, 1), np.float32))
    domains = tuple(((large + 1.0) * 127.5).astype(np.uint8)[domain::2] for domain in (0, 1))
    trainer = CycleGANTrainer(build_networks(32, recipe), recipe, 100, 0, domains, domains)
    judge = trainer.networks.discriminator_a
    before = values(judge)
    metrics = trainer.step(large, None, 0)
    assert all(np.isfinite(float(value)) for value in metrics.values())
    for variable, old, new in zip(judge.variables, before, values(judge), strict=True):
        assert "head" in variable.path
        assert (old != new).any(), variable.path
    kept = [name for name in trainer.state if name.startswith("discriminator_a/")]
    assert len(kept) == len(judge.variables)


@pytest.mark.parametrize(("direction", "name"), [("ab", "cyclegan_earth2mars_16"), ("ba", "cyclegan_mars2earth_16")])
def test_both_directions_are_exported(run, tmp_path, direction, name):
    assert export_main([str(run), "--saved-models", str(tmp_path), "--model", direction]) == 0
    folder = tmp_path / name / "1"
    card = json.loads((folder / "assets.extra" / "card.json").read_text())
    assert (card["task"], card["image_size"]) == ("translate", {"width": 16, "height": 16})
    assert f"{card['source']}2{card['target']}" in name
    generator = build_resnet_generator(16, 16, card["recipe"]["filters"], card["recipe"]["blocks"])
    generator.load_weights(run / f"generator_{direction}.weights.h5")
    image = np.random.default_rng(0).integers(0, 256, (3, 16, 16, 3), dtype=np.uint8)
    expected = (keras.ops.convert_to_numpy(generator(image / np.float32(127.5) - 1.0)) + 1.0) * 127.5
    signatures = tf.saved_model.load(str(folder)).signatures
    for signature in ("translate", "serving_default"):
        answer = signatures[signature](image=tf.constant(image))["image"]
        assert answer.dtype == tf.uint8
        np.testing.assert_allclose(answer, expected, atol=0.6)


@pytest.mark.slow
def test_first_step_on_jax_is_that_of_tensorflow(tmp_path):
    pytest.importorskip("jax", reason="JAX is not installed")

    def first_step(backend):
        command = [sys.executable, "-m", "tests.training.families.cyclegan.tiny_cyclegan", str(tmp_path / "state.npz")]
        environment = {**os.environ, "KERAS_BACKEND": backend}
        done = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
        return json.loads(done.stdout)

    on_tensorflow, on_jax = first_step("tensorflow"), first_step("jax")
    assert on_tensorflow["change"] > 0
    assert on_jax == pytest.approx(on_tensorflow, rel=1e-3, abs=1e-4)
