from __future__ import annotations

import keras
import numpy as np
import pytest

from training.families.refiner.grain import FIELDS, WAVES, RandomFields, grained

LATENTS = np.random.default_rng(0).standard_normal((16, 128), dtype=np.float32)


@pytest.fixture(scope="module")
def layer():
    return RandomFields(24, 32, seed=3)


@pytest.fixture(scope="module")
def fields(layer):
    return np.asarray(layer(LATENTS))


def test_fields_are_noise(fields):
    assert fields.shape == (16, 24, 32, FIELDS)
    assert np.abs(fields.mean(axis=(1, 2))).max() < 0.2
    np.testing.assert_allclose(fields.var(axis=(1, 2)), 1.0, atol=0.35)
    one = fields[0].reshape(-1, FIELDS)
    assert np.abs(np.corrcoef(one.T) - np.eye(FIELDS)).max() < 0.4  # the fields of one latent are different ones


def test_fields_are_sums_of_plane_waves_whose_phases_the_latent_turns(layer, fields):
    rows, right, turns = (np.asarray(one) for one in (layer._rows, layer._right, layer._turns))
    down = np.arctan2(-rows[:, :, 1], rows[:, :, 0])  # (FIELDS, height, WAVES)
    phases = down[:, :, None] + right + (LATENTS[5] @ turns)
    expected = np.cos(phases).sum(axis=-1) * np.sqrt(2.0 / WAVES)
    np.testing.assert_allclose(fields[5], np.moveaxis(expected, 0, -1), atol=1e-4)


def test_other_latents_have_other_fields_and_neighbors_have_neighbors(layer, fields):
    assert np.abs(np.corrcoef(fields.reshape(16, -1)) - np.eye(16)).max() < 0.5
    near = np.asarray(layer(LATENTS + 0.01 * LATENTS[::-1]))
    assert np.corrcoef(near.ravel(), fields.ravel())[0, 1] > 0.99


def test_all_that_changes_within_a_grid_is_finer_than_half_of_it_could_show(fields):
    spectrum = np.abs(np.fft.fft2(fields, axes=(1, 2))) ** 2
    down, right = np.meshgrid(np.fft.fftfreq(24), np.fft.fftfreq(32), indexing="ij")
    coarse = np.hypot(down, right) < 0.06
    assert spectrum[:, coarse].sum() < 0.05 * spectrum.sum()


def test_grain_weighs_nothing_at_first_and_is_learned():
    latent, code, x = (keras.Input(shape) for shape in ((128,), (7,), (8, 8, 4)))
    model = keras.Model([latent, code, x], grained(x, latent, code, seed=1, name="grain"))
    features = np.random.default_rng(1).standard_normal((16, 8, 8, 4), dtype=np.float32)
    codes = np.ones((16, 7), dtype=np.float32)
    np.testing.assert_array_equal(model([LATENTS, codes, features]), features)
    strength = model.get_layer("grain_strength")
    strength.set_weights([np.ones((7, FIELDS)), np.zeros(FIELDS)])
    assert np.abs(np.asarray(model([LATENTS, codes, features])) - features).mean() > 0.1
    assert {one.path.split("/")[0] for one in model.trainable_variables} == {"grain_strength", "grain"}


def test_a_latent_alone_has_the_fields_that_it_has_among_others(layer, fields):
    np.testing.assert_allclose(layer(LATENTS[5:6])[0], fields[5], atol=1e-4)


def test_layer_round_trips(layer, fields):
    again = RandomFields.from_config(layer.get_config())
    np.testing.assert_array_equal(again(LATENTS), fields)
