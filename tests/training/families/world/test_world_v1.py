"""Worlds, and the GAN that learns them."""

from __future__ import annotations

import json

import keras
import numpy as np
import pytest

from datasets.manifest import Size
from training.contract.config import TrainingConfig
from training.families.world.networks import LATENT_SIZE, build_world_generator
from training.loop.loop import train

WIDTH = 0.1
LATENTS = np.random.default_rng(0).standard_normal((2, LATENT_SIZE), dtype=np.float32)
KINDS = np.eye(2, dtype=np.float32)
SUN = np.float32([[0.0, 0.0, 1.0]] * 2)


def world(size: int = 32, seed: int = 2) -> keras.Model:
    """A world whose weights are other than its first, so that it shows."""
    keras.utils.set_random_seed(seed)
    network = build_world_generator(Size.of(size), 2, WIDTH)
    random = np.random.default_rng(seed)
    for variable in network.trainable_variables:
        variable.assign(variable + random.normal(0, 0.3, variable.shape))
    return network


def draw(network, view=(0.0, 0.0, 0.0), sun=SUN, latents=LATENTS, kinds=KINDS):
    views = np.tile(np.float32(view), (len(latents), 1))
    inputs = {"latent": latents, "kind": kinds, "view": views, "sun": sun}
    return (np.asarray(network(inputs, training=False)) + 1) / 2


def test_network_has_the_published_size():
    assert build_world_generator(Size.of(64), 12).count_params() == 235_037


def test_world_is_a_disc_on_black():
    pictures = draw(world())
    assert pictures.shape == (2, 32, 32, 3)
    assert pictures.min() >= 0
    assert pictures.max() <= 1
    np.testing.assert_allclose(pictures[:, [0, 0, -1, -1], [0, -1, 0, -1]], 0, atol=1e-6)
    assert (pictures[:, 12:20, 12:20].mean(axis=(1, 2, 3)) > 0.05).all()


def test_a_whole_turn_shows_the_same_picture_and_half_a_turn_another():
    network = world()
    first = draw(network, (10, 20, 0))
    np.testing.assert_allclose(draw(network, (370, 20, 0)), first, atol=2e-3)
    assert np.abs(draw(network, (190, 20, 0)) - first).mean() > 0.01


def test_the_same_place_has_the_same_color_from_two_views():
    network = world(65)  # odd: a pixel lies in the middle
    network.get_layer("ambient").bias.assign([50.0])  # no shade
    network.get_layer("haze").bias.assign([-50.0])
    network.get_layer("axes").bias.assign([50.0, 50.0, 50.0])
    for name in ("ambient", "haze", "axes"):
        layer = network.get_layer(name)
        layer.kernel.assign(0 * layer.kernel)
    middle = draw(network, (30, 0, 0))[:, 32, 32]
    beside = draw(network, (0, 0, 0))[:, 32, 32 + round(0.9 * 32.5 * np.sin(np.radians(30)))]
    np.testing.assert_allclose(middle, beside, atol=0.06)  # half a pixel apart
    assert np.abs(middle - draw(network, (210, 0, 0))[:, 32, 32]).max() > 0.06


def test_a_roll_turns_the_picture():
    network = world()
    upright, rolled = draw(network), draw(network, (0, 0, 90))
    np.testing.assert_allclose(np.rot90(upright, axes=(1, 2)), rolled, atol=0.02)


def test_the_side_away_from_the_sun_is_darker():
    network = world()
    left, right = (draw(network, sun=np.float32([[x, 0, 0.2]] * 2)) for x in (-1, 1))
    assert (left[:, :, :16].mean(axis=(1, 2, 3)) > right[:, :, :16].mean(axis=(1, 2, 3))).all()
    assert (left[:, :, 16:].mean(axis=(1, 2, 3)) < right[:, :, 16:].mean(axis=(1, 2, 3))).all()


def test_each_latent_is_another_world_and_each_kind_another_look():
    network = world()
    pictures = draw(network, latents=LATENTS[[0, 1, 0]], kinds=KINDS[[0, 0, 1]], sun=SUN[[0, 0, 0]])
    assert np.abs(pictures[0] - pictures[1]).mean() > 0.01
    assert np.abs(pictures[0] - pictures[2]).mean() > 0.01


def test_the_same_weights_draw_any_size():
    small, large = world(32), build_world_generator(Size.of(128), 2, WIDTH)
    large.set_weights(small.get_weights())
    reduced = draw(large).reshape(2, 32, 4, 32, 4, 3).mean(axis=(2, 4))
    assert np.abs(draw(small) - reduced).mean() < 0.03


def test_directions_of_waves_are_not_learned():
    surface = build_world_generator(Size.of(16), 2, WIDTH).get_layer("surface")
    assert sum(np.prod(variable.shape) for variable in surface.non_trainable_variables) == 6 * 32 * (3 + 4) + 140


@pytest.mark.slow
def test_training_leaves_a_run(prepared_data, tmp_path):
    run, changes = tmp_path / "first", {"r1_gamma": 0.0, "width": WIDTH}
    config = TrainingConfig(
        data=str(prepared_data), out=str(run), family="world_v1", size=16, epochs=1, batch_size=8, changes=changes
    )
    train(config)
    described = json.loads((run / "config.json").read_text())
    assert (described["family"], described["latent_size"]) == ("world_v1", LATENT_SIZE)
    trained = build_world_generator(Size.of(16), 2, WIDTH)
    trained.load_weights(run / "generator.weights.h5")
    assert np.any(trained.get_layer("surface")._height.kernel), "relief begins at 0, and is learned"
