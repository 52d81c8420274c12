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
from training.families.refiner.family import generator_of
from training.families.refiner.networks import build_patch_critic, build_refiner, shrunken, softened
from training.loop.loop import train
from training.records.grids import from_uint8
from training.restore import main as restore_main
from training.train import main

WIDTH = 0.1
KINDS = np.eye(2, dtype=np.float32)[[0, 1, 1, 0]]
LATENTS = np.random.default_rng(0).standard_normal((4, 128), dtype=np.float32)
SMALL = np.random.default_rng(1).uniform(-1, 1, (4, 8, 8, 3)).astype(np.float32)


def config_of(data, out, family, size, **changes):
    return TrainingConfig(
        data=str(data),
        out=str(out),
        family=family,
        size=size,
        epochs=1,
        batch_size=8,
        changes={"r1_gamma": 0.0, **changes},
    )


@pytest.fixture(scope="module")
def runs(prepared_data, tmp_path_factory):
    """Run folders by size: planet_v3's at 16 px, and what was refined from it, and again."""
    folder = tmp_path_factory.mktemp("runs")
    base = train(config_of(prepared_data, folder / "16", "planet_v3", 16, width=0.05))
    return {16: base, 32: train(config_of(prepared_data, folder / "32", "refiner", 32, width=WIDTH, base=base))}


@pytest.fixture(scope="module")
def trainer(runs):
    return build_trainer("refiner", draw_pictures(32, count=8), width=WIDTH, base=runs[16])


def refined(refiner, images=SMALL, latents=LATENTS):
    return np.asarray(refiner({"image": images, "latent": latents, "kind": KINDS}))


def test_a_new_refiner_enlarges():
    enlarged = keras.layers.UpSampling2D(2, interpolation="bilinear")(SMALL)
    np.testing.assert_allclose(refined(build_refiner(Size.of(16), 2, WIDTH)), enlarged, atol=1e-6)


def test_detail_differs_by_latent_and_stays_in_range():
    refiner = build_refiner(Size.of(16), 2, WIDTH)
    random = np.random.default_rng(2)
    for variable in refiner.trainable_variables:
        variable.assign(variable + random.normal(0, 0.5, variable.shape))
    first, second = refined(refiner), refined(refiner, latents=LATENTS[::-1])
    assert np.abs(first - second).mean() > 0.01
    assert np.abs(first).max() <= 1.0
    np.testing.assert_array_equal(first, refined(refiner))


def test_odd_sizes_are_refused():
    with pytest.raises(ValueError, match="take an even --size"):
        build_refiner(Size.of(15), 2)


def test_the_discriminator_judges_patches_of_38_px():
    critic = build_patch_critic(Size.of(64), 2, WIDTH)
    random = np.random.default_rng(3)
    image = random.uniform(-1, 1, (1, 64, 64, 3)).astype(np.float32)
    change = np.zeros_like(image)
    change[0, 32, 32] = 1.0

    def logits(image):
        return np.asarray(critic({"image": image, "kind": KINDS[:1]})["logit"])[0, :, :, 0]

    changed = logits(image) != logits(image + change)
    assert changed.shape == (8, 8)
    seen = np.flatnonzero(changed.any(axis=0))
    assert 4 <= len(seen) <= 5  # 38 px, every 8 px
    np.testing.assert_array_equal(changed, np.logical_and.outer(changed.any(axis=1), changed.any(axis=0)))


def test_pictures_are_shrunken_without_a_shift():
    ramp = np.tile(np.linspace(-1, 1, 16, dtype=np.float32)[None, None, :, None], (1, 16, 1, 3))
    expected = ramp.reshape(1, 8, 2, 8, 2, 3).mean(axis=(2, 4))
    np.testing.assert_allclose(shrunken(ramp)[:, :, 2:-2], expected[:, :, 2:-2], atol=1e-5)


def test_softened_pictures_keep_what_is_coarse_and_lose_what_is_a_pixel_wide():
    image = np.full((1, 8, 8, 3), 0.5, dtype=np.float32)
    image[0, 4, 4] = 1.0
    soft = np.asarray(softened(image)) - 0.5
    taps = np.array([1, 4, 6, 4, 1]) / 16
    np.testing.assert_allclose(soft[0, 2:7, 2:7, 0], 0.5 * np.outer(taps, taps), atol=1e-6)
    assert np.abs(soft[0, :2]).max() < 1e-6


@pytest.mark.slow
def test_a_step_changes_the_refiner_and_not_what_it_refines(trainer):
    base, refiner = (trainer.generator.get_layer(name) for name in ("base", "refiner"))
    before = base.get_weights(), refiner.get_layer("detail").get_weights()[0]
    pictures = draw_pictures(32, count=8)
    metrics = trainer.step(from_uint8(pictures.images), pictures.labels, 0)
    assert all(np.isfinite(float(one)) for one in metrics.values())
    for old, new in zip(before[0], base.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)
    assert np.abs(refiner.get_layer("detail").get_weights()[0] - before[1]).max() > 0
    assert all(one is not two for one in trainer.generator.trainable_variables for two in base.variables)


def test_half_of_a_batch_are_screenshots_and_half_the_bases_pictures(trainer):
    pictures = draw_pictures(32, count=8)
    images = keras.ops.convert_to_tensor(from_uint8(pictures.images))
    kinds = keras.ops.convert_to_tensor(np.eye(2, dtype=np.float32)[np.arange(8) % 2])
    refiner = trainer.generator.get_layer("refiner")
    refiner.get_layer("detail").set_weights([np.zeros_like(one) for one in refiner.get_layer("detail").get_weights()])
    fakes, costs = trainer.objective.draw(images, trainer.given(kinds), trainer.random)
    fakes, small = np.asarray(fakes), np.asarray(softened(shrunken(images)))
    enlarged = np.asarray(keras.layers.UpSampling2D(2, interpolation="bilinear")(small))
    np.testing.assert_allclose(fakes[::2], np.clip(enlarged[::2], -1, 1), atol=1e-5)
    assert np.abs(fakes[1::2] - enlarged[1::2]).mean() > 0.05
    assert float(costs["copy"]) == pytest.approx(np.abs(fakes - np.asarray(images))[::2].mean(), rel=1e-4)
    assert 0 < float(costs["consistency"]) < 0.3


@pytest.fixture(scope="module")
def exported(runs, tmp_path_factory):
    folder = tmp_path_factory.mktemp("models")
    assert export_main([str(runs[32]), "--saved-models", str(folder)]) == 0
    return folder


def test_a_refined_generator_is_exported_whole(runs, exported):
    card = json.loads((exported / "planet_v3_32/1/assets.extra/card.json").read_text())
    assert (card["family"], card["latent_size"], card["image_size"]) == ("refiner", 128, {"width": 32, "height": 32})
    assert (card["base"]["family"], card["base"]["size"]) == ("planet_v3", 16)
    generate = tf.saved_model.load(str(exported / "planet_v3_32/1")).signatures["generate"]
    image = generate(latent=tf.constant(LATENTS), kind=tf.constant(KINDS))["image"]
    assert (image.dtype, image.shape) == (tf.uint8, (4, 32, 32, 3))


@pytest.mark.slow
def test_it_can_be_refined_again_and_restored(runs, exported, tmp_path):
    twice = build_trainer("refiner", draw_pictures(64, count=8), width=WIDTH, base=runs[32])
    assert twice.generator.output_shape == (None, 64, 64, 3)
    known = generator_of(json.loads((runs[32] / "config.json").read_text()))
    known.load_weights(runs[32] / "generator.weights.h5")
    for one, two in zip(known.get_weights(), twice.generator.get_layer("base").get_weights(), strict=True):
        np.testing.assert_array_equal(one, two)
    assert restore_main([str(exported / "planet_v3_32"), str(tmp_path / "run")]) == 0
    again = build_trainer("refiner", draw_pictures(64, count=8), width=WIDTH, base=tmp_path / "run")
    for one, two in zip(twice.generator.get_weights(), again.generator.get_weights(), strict=True):
        np.testing.assert_array_equal(one, two)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ([], "give --base, the run folder of a planet_v3 or refiner"),
        (["--base", "nowhere"], "--base nowhere is not a finished training of planet_v3 or refiner"),
        (["--base", "BASE", "--size", "16"], "give --size 32"),
        (["--base", "BASE", "--batch-size", "7"], "take an even number"),
        (["--base", "BASE", "--copy-weight", "-1"], "copy_weight is -1.0: it must be at least 0"),
    ],
)
def test_bad_requests_end_in_one_sentence(prepared_data, runs, tmp_path, capsys, options, sentence):
    options = [str(runs[16]) if one == "BASE" else one for one in options]
    arguments = ["refiner", "--data", str(prepared_data), "--out", str(tmp_path / "run"), "--size", "32"]
    assert main([*arguments, *options]) == 2
    assert sentence in capsys.readouterr().err
