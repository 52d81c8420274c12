from __future__ import annotations

import keras
import numpy as np
import pytest
from keras import ops

from training.gan.augment import augment, random_flip


@pytest.fixture
def planets():
    """Eight off-white discs of radius 9 on black, float32 (8, 32, 32, 3) in [-1, 1]."""
    y, x = np.mgrid[:32, :32] - 15.5
    disc = np.where(x**2 + y**2 < 81, 0.5, -1.0).astype(np.float32)
    return np.repeat(np.repeat(disc[None, :, :, None], 8, axis=0), 3, axis=3)


def run(function, *arguments, **keywords):
    return ops.convert_to_numpy(function(*arguments, **keywords))


def test_probability_zero_changes_nothing(planets):
    same = run(augment, planets, keras.random.SeedGenerator(0), probability=0.0)
    np.testing.assert_allclose(same, planets, atol=1e-5)


def test_sky_stays_black_and_every_picture_is_changed_differently(planets):
    changed = run(augment, planets, keras.random.SeedGenerator(0), probability=1.0)
    np.testing.assert_allclose(changed[:, 0, 0], -1.0, atol=1e-5)
    assert changed.min() >= -1.0 - 1e-5
    differences = np.abs(changed[1:] - changed[:-1]).mean(axis=(1, 2, 3))
    assert (differences > 1e-2).all()


def test_same_seed_same_augmentation(planets):
    first = run(augment, planets, keras.random.SeedGenerator(7), probability=0.6)
    second = run(augment, planets, keras.random.SeedGenerator(7), probability=0.6)
    np.testing.assert_array_equal(first, second)


def test_flip_mirrors_whole_pictures_about_half_the_time():
    images = np.random.default_rng(0).uniform(-1, 1, (64, 4, 4, 3)).astype(np.float32)
    flipped = run(random_flip, images, keras.random.SeedGenerator(0))
    mirrored = (flipped == images[:, :, ::-1]).all(axis=(1, 2, 3))
    kept = (flipped == images).all(axis=(1, 2, 3))
    assert (mirrored ^ kept).all()
    assert 16 < mirrored.sum() < 48
