from __future__ import annotations

import json

import numpy as np
import pytest
import tensorflow as tf

from datasets.manifest import Size
from tests.training.tiny_trainers import build_trainer, draw_pictures
from training.contract.config import TrainingConfig
from training.engine import draws
from training.export import main as export_main
from training.families.autoencoders import objective as autoencoders
from training.families.autoencoders.encoder import latent_of
from training.gan.critic import build_auxiliary_critic, features_of
from training.loop.checkpoints import load_checkpoint, save_checkpoint
from training.loop.loop import train
from training.records.grids import from_uint8
from training.records.logs import read_log
from training.train import main


@pytest.fixture(scope="module")
def run(prepared_data, tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs") / "cvaegan"
    config = TrainingConfig(
        data=str(prepared_data),
        out=str(folder),
        family="cvaegan",
        size=16,
        epochs=1,
        batch_size=8,
        changes={"r1_gamma": 0.0},  # compiles one step instead of two
    )
    return train(config)


@pytest.fixture
def batch():
    pictures = draw_pictures(count=8)
    kinds = pictures.labels / pictures.labels.sum(axis=1, keepdims=True)
    return tf.constant(from_uint8(pictures.images)), tf.constant(kinds)


def test_features_belong_to_the_discriminator_and_to_one_picture():
    critic = build_auxiliary_critic(Size.of("16x32"), 2, widths=(4, 8))
    features = features_of(critic)
    image = np.random.default_rng(0).uniform(-1, 1, (4, 32, 16, 3)).astype(np.float32)
    together = np.asarray(features(image))
    assert together.shape == (4, 8, 4, 8)
    np.testing.assert_allclose(together[:1], np.asarray(features(image[:1])), atol=1e-5)
    critic.set_weights([weights * 2 for weights in critic.get_weights()])
    assert np.abs(np.asarray(features(image)) - together).max() > 0


def test_even_rows_are_drawn_from_pictures_and_odd_ones_from_noise(batch, monkeypatch):
    trainer = build_trainer("cvaegan", draw_pictures())
    objective = trainer.objective
    noise = np.random.default_rng(0).standard_normal((8, 100), dtype=np.float32)
    monkeypatch.setattr(draws, "normal", lambda shape, seed: noise)
    used = []
    monkeypatch.setattr(
        autoencoders, "draw_with", lambda generator, inputs, training: used.append(inputs["latent"]) or batch[0]
    )
    _, costs = objective.draw(batch[0], trainer.given(batch[1]), trainer.random)
    distribution = objective.networks["encoder"]({"image": batch[0], "kind": batch[1]})
    latent = used[0]
    np.testing.assert_allclose(latent[::2], np.asarray(latent_of(distribution, noise))[::2], atol=1e-5)
    np.testing.assert_array_equal(latent[1::2], noise[1::2])
    assert set(costs) == {"reconstruction", "kl"}


def test_it_learns_to_draw_pictures_again(batch):
    pictures = draw_pictures()
    trainer = build_trainer("cvaegan", pictures, generator_learning_rate=0.002, augment_probability=0.0, r1_gamma=0.0)
    encoder = trainer.models["encoder"].get_weights()
    history = [trainer.step(from_uint8(pictures.images), pictures.labels, step) for step in range(40)]
    assert set(history[0]) == {
        *("discriminator_loss", "generator_loss", "real_accuracy", "fake_accuracy", "reconstruction", "kl")
    }
    assert all(np.isfinite(float(value)) for metrics in history for value in metrics.values())
    assert float(history[-1]["reconstruction"]) < float(history[0]["reconstruction"]) - 500
    assert any((new != old).any() for new, old in zip(trainer.models["encoder"].get_weights(), encoder, strict=True))


@pytest.mark.parametrize("weight", ["bound_weight", "feature_weight"])
def test_each_weight_counts(batch, weight):
    images, kinds = batch
    costs = {"reconstruction": np.float32(3000.0), "kl": np.float32(10.0)}
    fakes = images[::-1]
    sums = []
    for value in (0.0, 1.0):
        trainer = build_trainer("cvaegan", draw_pictures(), augment_probability=0.0, **{weight: value})
        sums.append(float(trainer.objective.costs(images, fakes, costs, trainer.given(kinds))))
    assert sums[1] > sums[0] + 0.01


def test_state_holds_all_that_a_step_depends_on(tmp_path, eagerly):
    pictures = draw_pictures()
    batch = from_uint8(pictures.images), pictures.labels
    undisturbed, resumed = build_trainer("cvaegan", pictures), build_trainer("cvaegan", pictures)
    undisturbed.step(*batch, 0)
    load_checkpoint(save_checkpoint(tmp_path, 1, undisturbed.state, {}, keep=1), resumed.state)
    for trainer in (undisturbed, resumed):
        trainer.step(*batch, 1)
    for name, variable in undisturbed.state.items():
        np.testing.assert_array_equal(np.asarray(variable), np.asarray(resumed.state[name]), err_msg=name)


def test_run_keeps_its_three_models(run):
    assert np.isfinite(float(read_log(run)[0]["generator_loss"]))
    assert {path.name for path in run.glob("*.weights.h5")} == {
        *("generator.weights.h5", "discriminator.weights.h5", "encoder.weights.h5")
    }
    described = json.loads((run / "config.json").read_text())
    assert described["encoder_parameters"] > 0


def test_generator_and_discriminator_can_be_exported(run, tmp_path):
    for model in ("generator", "discriminator"):
        assert export_main([str(run), "--saved-models", str(tmp_path), "--model", model]) == 0
    image = tf.saved_model.load(str(tmp_path / "cvaegan_16" / "1")).signatures["generate"](
        latent=tf.random.stateless_normal([2, 100], seed=[0, 0]), kind=tf.eye(2)
    )["image"]
    assert (image.dtype, image.shape) == (tf.uint8, (2, 16, 16, 3))
    discriminate = tf.saved_model.load(str(tmp_path / "cvaegan_16_discriminator" / "1")).signatures["discriminate"]
    realness = discriminate(image=image)["realness"].numpy()
    assert ((realness > 0) & (realness < 1)).all()


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--bound-weight", "-1"], "bound_weight is -1.0: it must be at least 0"),
        (["--feature-weight", "-1"], "feature_weight is -1.0: it must be at least 0"),
        (["--kind-weight", "-1"], "kind_weight is -1.0: it must be at least 0"),
        (["--kl-warm-up", "-1"], "kl_warm_up is -1.0: it must be in 0..1"),
        (["--batch-size", "6"], "use a multiple of 4"),
    ],
)
def test_bad_requests_end_in_one_sentence(prepared_data, tmp_path, capsys, options, sentence):
    arguments = ["cvaegan", "--data", str(prepared_data), "--out", str(tmp_path / "run"), "--size", "16"]
    assert main([*arguments, "--batch-size", "8", *options]) == 2
    assert sentence in capsys.readouterr().err
