from __future__ import annotations

import json

import keras
import numpy as np
import pytest
import tensorflow as tf

from datasets.manifest import Size
from tests.training.tiny_trainers import build_trainer, draw_pictures
from training.contract.config import TrainingConfig
from training.export import main as export_main
from training.families.planet.networks import build_planet_critic, build_planet_generator, grow
from training.loop.loop import train
from training.records.grids import from_uint8
from training.train import main

WIDTH = 0.05
KINDS = np.eye(2, dtype=np.float32)[[0, 1, 1, 0]]
LATENTS = np.random.default_rng(0).standard_normal((4, 128), dtype=np.float32)


def trained(network: keras.Model) -> keras.Model:
    """The network with other weights than its first, none of them 0."""
    random = np.random.default_rng(1)
    for variable in network.trainable_variables:
        variable.assign(variable + random.normal(0, 0.1, variable.shape))
    return network


def generator(size: int) -> keras.Model:
    return trained(build_planet_generator(Size.of(size), 2, WIDTH))


def critic(size: int) -> keras.Model:
    return trained(build_planet_critic(Size.of(size), 2, WIDTH))


def draw(network, latents=LATENTS, kinds=KINDS):
    return np.asarray(network({"latent": latents, "kind": kinds}, training=False))


def judge(network, images, kinds=KINDS):
    outputs = network({"image": images, "kind": kinds}, training=False)
    return {name: np.asarray(one) for name, one in outputs.items()}


@pytest.fixture(scope="module")
def run(prepared_data, tmp_path_factory):
    config = TrainingConfig(
        data=str(prepared_data),
        out=str(tmp_path_factory.mktemp("runs") / "planet_v3"),
        family="planet_v3",
        size=16,
        epochs=1,
        batch_size=8,
        changes={"r1_gamma": 0.0, "width": WIDTH},
    )
    return train(config)


def test_networks_have_the_published_sizes():
    assert build_planet_generator(Size.of(64), 12).count_params() == 2_376_321
    assert build_planet_critic(Size.of(64), 12).count_params() == 2_831_710


@pytest.mark.parametrize("size", [32, 64])
def test_a_grown_generator_draws_the_smaller_picture_enlarged(size):
    small, large = generator(16), generator(size)
    grow(large, small)
    small, large = (keras.Model(one.input, one.get_layer("image").input) for one in (small, large))  # before tanh
    picture = draw(small)
    while picture.shape[1] < size:
        picture = np.asarray(keras.layers.UpSampling2D(2, interpolation="bilinear")(picture))
    np.testing.assert_allclose(draw(large), picture, atol=1e-4)


@pytest.mark.parametrize("size", [32, 64])
def test_a_grown_discriminator_sees_what_the_smaller_one_saw(size):
    small, large = critic(16), critic(size)
    grow(large, small)
    images = np.random.default_rng(0).uniform(-1, 1, (4, 16, 16, 3)).astype(np.float32)
    wide = images.repeat(size // 16, axis=1).repeat(size // 16, axis=2)
    expected = judge(small, images)
    for name, values in judge(large, wide).items():
        np.testing.assert_allclose(values, expected[name], atol=1e-5)


def test_what_has_grown_learns_in_all_of_its_layers():
    large = generator(32)
    grow(large, generator(16))
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(tf.square(large({"latent": LATENTS, "kind": KINDS}, training=True) - 0.3))
    fresh = large.get_layer("picture_3").kernel
    gradient = tape.gradient(loss, [fresh.value])[0]
    assert np.abs(fresh).max() == 0.0
    assert np.abs(gradient).max() > 0.0


@pytest.mark.parametrize(
    ("smaller", "larger", "sentence"),
    [
        (lambda: generator(32), lambda: generator(16), "cannot grow from a larger one"),
        (lambda: build_planet_generator(Size.of(16), 2, 0.1), lambda: generator(16), "another width or other kinds"),
        (lambda: build_planet_critic(Size.of(16), 3, WIDTH), lambda: critic(16), "another width or other kinds"),
    ],
)
def test_networks_that_do_not_fit_cannot_grow(smaller, larger, sentence):
    with pytest.raises(ValueError, match=sentence):
        grow(larger(), smaller())


def test_shorter_latents_give_more_alike_planets():
    network = generator(16)
    spreads = [draw(network, temperature * LATENTS, KINDS[[0] * 4]).std(axis=0).mean() for temperature in (0, 0.3, 1)]
    assert spreads[0] < 1e-6 < spreads[1] < spreads[2]


def test_a_mix_of_kinds_lies_between_them():
    network = generator(16)
    latents = LATENTS[[0] * 4]
    shares = np.linspace(1, 0, 4, dtype=np.float32)
    pictures = draw(network, latents, np.stack([shares, 1 - shares], axis=1))
    steps = np.abs(np.diff(pictures, axis=0)).mean(axis=(1, 2, 3))
    assert steps.max() < 3 * steps.min()


@pytest.mark.slow
def test_discriminator_learns_kinds_and_all_metrics_are_finite():
    pictures = draw_pictures()
    images = tf.constant(from_uint8(pictures.images))
    trainer = build_trainer("planet_v3", pictures, width=WIDTH, discriminator_learning_rate=0.005)
    before = float(trainer.objective.judge(images, trainer.given(pictures.labels))[1])
    for step in range(40):
        metrics = trainer.step(images, pictures.labels, step)
    assert all(np.isfinite(float(value)) for value in metrics.values())
    assert float(trainer.objective.judge(images, trainer.given(pictures.labels))[1]) < 0.6 * before


def test_weight_of_r1_grows_with_the_number_of_pixels():
    small, large = (build_trainer("planet_v3", draw_pictures(size), width=WIDTH).recipe for size in (16, 32))
    assert large.r1_gamma == pytest.approx(4 * small.r1_gamma)
    assert large.r1_gamma_early == pytest.approx(4 * small.r1_gamma_early)


@pytest.mark.parametrize(("step", "name"), [(0, "r1_gamma_early"), (49, "r1_gamma_early"), (50, "r1_gamma")])
def test_r1_weighs_more_at_first(step, name):
    pictures = draw_pictures()
    trainer = build_trainer("planet_v3", pictures, total_steps=100, width=WIDTH, r1_early_share=0.5)
    trainer.generator_optimizer.iterations.assign(step)
    step = trainer.given(pictures.labels).step
    assert float(trainer.objective.critics[0].r1_gamma(step)) == pytest.approx(getattr(trainer.recipe, name))


def test_globes_are_turned_as_often_as_asked():
    pictures = draw_pictures(count=8)
    images = from_uint8(pictures.images)
    for probability, changed in ((0.0, 0), (1.0, 8)):
        trainer = build_trainer("planet_v3", pictures, width=WIDTH, turn_probability=probability, flip=False)
        shown = np.asarray(trainer.objective.shown(images, trainer.random))
        assert (np.abs(shown - images).max(axis=(1, 2, 3)) > 0).sum() == changed


def test_a_larger_training_begins_where_a_smaller_one_ended(run):
    trainer = build_trainer("planet_v3", draw_pictures(32), width=WIDTH, init_from=run)
    small = build_planet_generator(Size.of(16), 2, WIDTH)
    small.load_weights(run / "generator.weights.h5")
    np.testing.assert_array_equal(trainer.generator.get_layer("block_1").kernel, small.get_layer("block_1").kernel)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--bodies", "mars"], "All pictures are of one class, mars"),
        (["--batch-size", "6"], "use a multiple of 4"),
        (["--width", "0"], "width is 0.0: it must be above 0"),
        (["--turn-probability", "2"], "turn_probability is 2.0: it must be in 0..1"),
        (["--kind-weight", "-1"], "kind_weight is -1.0: it must be at least 0"),
        (["--ramp-start", "1", "--ramp-end", "0"], "in this order"),
        (["--init-from", "nowhere"], "--init-from nowhere is not a finished training of planet_v3"),
    ],
)
def test_bad_requests_end_in_one_sentence(prepared_data, tmp_path, capsys, options, sentence):
    arguments = ["planet_v3", "--data", str(prepared_data), "--out", str(tmp_path / "run"), "--size", "16"]
    assert main([*arguments, "--batch-size", "8", *options]) == 2
    assert sentence in capsys.readouterr().err


def test_generator_and_discriminator_can_be_exported(run, tmp_path):
    for model in ("generator", "discriminator"):
        assert export_main([str(run), "--saved-models", str(tmp_path), "--model", model]) == 0
    card = json.loads((tmp_path / "planet_v3_16/1/assets.extra/card.json").read_text())
    assert (card["task"], card["latent_size"], card["class_names"]) == ("generate", 128, ["earth", "mars"])
    assert card["archetypes"] == {}  # each needs more than Earth and Mars
    generate = tf.saved_model.load(str(tmp_path / "planet_v3_16/1")).signatures["generate"]
    image = generate(latent=tf.constant(LATENTS), kind=tf.constant(KINDS))["image"]
    assert (image.dtype, image.shape) == (tf.uint8, (4, 16, 16, 3))
    discriminate = tf.saved_model.load(str(tmp_path / "planet_v3_16_discriminator/1")).signatures["discriminate"]
    assert discriminate(image=image)["realness"].shape == (4,)
