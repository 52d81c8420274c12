from __future__ import annotations

import contextlib
import json

import numpy as np
import pytest
import tensorflow as tf

from datasets.manifest import Size
from tests.training.tiny_trainers import build_trainer, draw_pictures
from tests.training.uncompiled import uncompiled
from training.contract.config import TrainingConfig
from training.export import main as export_main
from training.gan.conditional import build_conditional_generator
from training.gan.critic import CONDITIONINGS, build_auxiliary_critic, build_conditional_critic, build_critic
from training.gan.ramp import ramp
from training.gan.trainer import slope_of
from training.loop.loop import train
from training.records.grids import from_uint8
from training.train import main

EARTH, MARS = np.eye(2, dtype=np.float32)
FAMILIES = ("conditional", "acgan")


@pytest.fixture(scope="module", params=FAMILIES)
def run(request, prepared_data, tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs") / request.param
    config = TrainingConfig(
        data=str(prepared_data),
        out=str(folder),
        family=request.param,
        size=16,
        epochs=1,
        batch_size=8,
        changes={"r1_gamma": 0.0},  # compiles one step instead of two
    )
    # That of acgan is compiled where its critic learns the kinds.
    with uncompiled() if request.param == "acgan" else contextlib.nullcontext():
        return train(config)


@pytest.fixture(scope="module")
def images():
    return from_uint8(draw_pictures(count=8).images)


@pytest.mark.parametrize(("step", "value"), [(0, 0.0), (10, 0.0), (15, 0.25), (30, 1.0), (500, 1.0)])
def test_ramp_goes_straight_from_0_to_1(step, value):
    assert float(ramp(step, 10, 30)) == pytest.approx(value)


def test_ramp_without_length_is_a_step():
    assert [float(ramp(step, 0, 0)) for step in (0, 1)] == [0.0, 1.0]


@pytest.mark.parametrize("conditioning", CONDITIONINGS)
def test_kind_counts_as_much_as_the_ramp_says(images, conditioning):
    trainer = build_trainer(
        "conditional", draw_pictures(), total_steps=100, conditioning=conditioning, ramp_start=0.1, ramp_end=0.5
    )

    def difference(step):
        trainer.generator_optimizer.iterations.assign(step)
        given = [trainer.given(np.tile(kind, (8, 1))) for kind in (EARTH, MARS)]
        logits = [np.asarray(trainer.objective.judge(tf.constant(images), one)[0]) for one in given]
        return logits[0] - logits[1]

    whole = difference(50)
    assert np.abs(whole).min() > 1e-4
    np.testing.assert_array_equal(difference(10), 0.0)
    np.testing.assert_allclose(difference(30), whole / 2, rtol=1e-3, atol=1e-6)
    np.testing.assert_allclose(difference(90), whole, rtol=1e-5)


def test_slope_of_the_penalty_depends_on_the_kind_once_it_counts(images):
    trainer = build_trainer("conditional", draw_pictures(), total_steps=100, ramp_start=0.1, ramp_end=0.5)

    def slopes(step):
        trainer.generator_optimizer.iterations.assign(step)
        given = [trainer.given(tf.constant(np.tile(kind, (8, 1)))) for kind in (EARTH, MARS)]
        return [np.asarray(slope_of(trainer.objective.critics[0], tf.constant(images), one)) for one in given]

    earth, mars = slopes(0)
    assert np.abs(earth).max() > 0
    np.testing.assert_array_equal(earth, mars)
    earth, mars = slopes(50)
    assert np.abs(earth - mars).max() > 0


@pytest.mark.parametrize("family", FAMILIES)
def test_r1_penalty_is_part_of_the_loss(family, eagerly):
    pictures = draw_pictures(count=8)
    losses = []
    for gamma in (0.0, 1000.0):
        trainer = build_trainer(family, pictures, r1_gamma=gamma, ramp_end=0.0)
        losses.append(float(trainer.step(from_uint8(pictures.images), pictures.labels, 0)["discriminator_loss"]))
    assert losses[1] > losses[0] + 0.1


def test_auxiliary_critic_learns_the_kinds():
    pictures = draw_pictures()
    images = from_uint8(pictures.images)
    trainer = build_trainer("acgan", pictures, discriminator_learning_rate=0.002, generator_filters=4, r1_gamma=0.0)
    before = float(trainer.objective.judge(images, trainer.given(pictures.labels))[1])
    for step in range(40):
        trainer.step(images, pictures.labels, step)
    after = float(trainer.objective.judge(images, trainer.given(pictures.labels))[1])
    assert before > 0.5 * trainer.recipe.kind_weight
    assert after < 0.5 * before


def test_generator_cares_for_the_kind_but_not_for_the_length_of_its_latent():
    generator = build_conditional_generator(Size.of(16), 2, filters=4)
    latent = np.random.default_rng(0).standard_normal((4, 100), dtype=np.float32)
    earth, mars, longer = (
        np.asarray(generator({"latent": numbers, "kind": np.tile(kind, (4, 1))}))
        for numbers, kind in ((latent, EARTH), (latent, MARS), (latent * 3, EARTH))
    )
    assert np.abs(earth - mars).max() > 1e-3
    np.testing.assert_allclose(earth, longer, atol=1e-5)


@pytest.mark.parametrize("family", FAMILIES)
def test_oblong_pictures_of_several_kinds(family, eagerly):
    pictures = draw_pictures("16x32")
    trainer = build_trainer(family, pictures)
    for step in range(2):
        metrics = trainer.step(from_uint8(pictures.images), pictures.labels, step)
    assert all(np.isfinite(float(value)) for value in metrics.values())
    assert trainer.preview().picture.shape == (8 * 32, 2 * 16, 3)


@pytest.mark.parametrize("build", ["plain", "projection", "concat", "auxiliary"])
def test_discriminators_judge_a_picture_alone_out_of_training(images, build):
    size, widths = Size.of(16), (4, 8)
    critic = {
        "plain": lambda: build_critic(size, widths),
        "auxiliary": lambda: build_auxiliary_critic(size, 2, widths),
    }.get(build, lambda: build_conditional_critic(size, 2, build, widths))()

    def judge(images, training):
        kind = np.tile(MARS, (len(images), 1))
        outputs = critic({"image": images, "kind": kind} if len(critic.inputs) > 1 else images, training=training)
        return np.concatenate([np.asarray(one) for one in tf.nest.flatten(outputs)], axis=1)

    strange = np.concatenate([images[:1], -images[1:]])
    judge(images, training=True)
    np.testing.assert_allclose(judge(images, False)[0], judge(strange, False)[0], atol=1e-5)
    np.testing.assert_allclose(judge(images, False)[:1], judge(images[:1], False), atol=1e-5)
    assert np.abs(judge(images, True)[0] - judge(strange, True)[0]).max() > 1e-5


def test_generator_and_discriminator_can_be_exported(run, tmp_path):
    family = json.loads((run / "config.json").read_text())["family"]
    for model in ("generator", "discriminator"):
        assert export_main([str(run), "--saved-models", str(tmp_path), "--model", model]) == 0
    folders = [tmp_path / f"{family}_16" / "1", tmp_path / f"{family}_16_discriminator" / "1"]
    cards = [json.loads((folder / "assets.extra" / "card.json").read_text()) for folder in folders]
    assert [card["task"] for card in cards] == ["generate", "discriminate"]
    assert [card["class_names"] for card in cards] == [["earth", "mars"], []]
    generate = tf.saved_model.load(str(folders[0])).signatures["generate"]
    image = generate(
        latent=tf.random.stateless_normal([4, 100], seed=[0, 0]), kind=tf.constant(np.eye(2)[[0, 1] * 2], "float32")
    )["image"]
    assert (image.dtype, image.shape) == (tf.uint8, (4, 16, 16, 3))
    discriminate = tf.saved_model.load(str(folders[1])).signatures["discriminate"]
    realness = discriminate(image=image)["realness"].numpy()
    assert ((realness > 0) & (realness < 1)).all()
    alone = discriminate(image=image[:1])["realness"].numpy()
    np.testing.assert_allclose(alone, realness[:1], atol=1e-5)


def test_unknown_model_is_not_exported(run, tmp_path, capsys):
    assert export_main([str(run), "--saved-models", str(tmp_path), "--model", "encoder"]) == 2
    assert "choose generator or discriminator" in capsys.readouterr().err


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--bodies", "mars"], "All pictures are of one class, mars"),
        (["--batch-size", "6"], "use a multiple of 4"),
        (["--discriminator-filters", "0"], "discriminator_filters is 0: it must be at least 1"),
    ],
)
def test_bad_requests_end_in_one_sentence(prepared_data, tmp_path, capsys, family, options, sentence):
    arguments = [family, "--data", str(prepared_data), "--out", str(tmp_path / "run"), "--size", "16"]
    assert main([*arguments, "--batch-size", "8", *options]) == 2
    assert sentence in capsys.readouterr().err


def test_ramp_that_falls_is_refused(prepared_data, tmp_path, capsys):
    arguments = ["conditional", "--data", str(prepared_data), "--out", str(tmp_path / "run"), "--size", "16"]
    assert main([*arguments, "--ramp-start", "0.5", "--ramp-end", "0.2"]) == 2
    assert "in this order" in capsys.readouterr().err
