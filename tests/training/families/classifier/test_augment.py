from __future__ import annotations

import io

import keras
import numpy as np
import pytest
from keras import ops
from PIL import Image

from training.families.classifier.augment import _Dice, _jpeg, _print, no_planets, vary


@pytest.fixture
def planets():
    """Eight reddish discs of radius 9 on black, float32 (8, 32, 32, 3) in [-1, 1], each with a pattern of its own."""
    y, x = np.mgrid[:32, :32] - 15.5
    pattern = np.random.default_rng(0).uniform(0.4, 1.0, (8, 32, 32, 1))
    light = np.where((x**2 + y**2 < 81)[..., None], pattern * [0.8, 0.5, 0.3], 0.0)
    return (light * 2 - 1).astype(np.float32)


def run(function, *arguments):
    return ops.convert_to_numpy(function(*arguments))


def test_varied_pictures_stay_in_range_and_differ(planets):
    planets = np.repeat(planets, 16, axis=0)
    varied = run(vary, planets, keras.random.SeedGenerator(0))
    assert varied.shape == planets.shape
    assert np.abs(varied).max() <= 1.0 + 1e-6
    changed = np.abs(varied - planets).mean(axis=(1, 2, 3)) > 1e-3
    assert 0.6 < changed.mean() < 1.0


def test_most_skies_stay_black(planets):
    varied = run(vary, np.repeat(planets, 16, axis=0), keras.random.SeedGenerator(0))
    corners = varied[:, [0, 0, -1, -1], [0, -1, 0, -1]].min(axis=(1, 2))
    assert 0.7 < (corners < -0.9).mean() < 1.0


def test_bodies_keep_their_color(planets):
    """Reddish discs stay reddish, or what is known of Mars would be lost."""
    light = (run(vary, np.repeat(planets, 8, axis=0), keras.random.SeedGenerator(3)) + 1) / 2
    middle = light[:, 8:24, 8:24].mean(axis=(1, 2))
    assert (middle[:, 0] > middle[:, 2]).mean() > 0.85


@pytest.mark.parametrize("function", [vary, no_planets])
def test_same_seed_same_pictures(function, planets):
    first, second = (run(function, planets, keras.random.SeedGenerator(7)) for _ in range(2))
    np.testing.assert_array_equal(first, second)
    assert (run(function, planets, keras.random.SeedGenerator(8)) != first).any()


def test_no_planets_are_as_many_and_unlike_their_sources(planets):
    pictures = run(no_planets, planets, keras.random.SeedGenerator(0))
    assert pictures.shape == planets.shape
    assert (np.abs(pictures - planets).mean(axis=(1, 2, 3)) > 0.05).all()


def test_some_are_print():
    """Lines of words: rows of two colors between rows of one."""
    light = np.zeros((64, 44, 44, 3), np.float32)
    printed = run(_print, light, _Dice(64, keras.random.SeedGenerator(0)))
    assert 0.0 <= printed.min() <= printed.max() <= 1.0
    for page in printed:
        colors = np.unique(page.reshape(-1, 3), axis=0)
        assert len(colors) == 2
        plain = (page == page[:, :1]).all(axis=(1, 2))
        assert 0.3 < plain.mean() < 0.9


@pytest.mark.parametrize(("quality", "coarseness"), [(50, 1.0), (25, 2.0)])
def test_jpeg_loses_what_jpeg_loses(quality, coarseness):
    """Compared with Pillow's encoder: the same blocks, rounded by the same tables."""
    y, x = np.mgrid[:32, :32]
    picture = np.stack([128 + 80 * np.sin(x / 3), 128 + 60 * np.cos(y / 5), 128 + 50 * np.sin((x + y) / 4)], axis=-1)
    picture = np.rint(picture).astype(np.uint8)
    file = io.BytesIO()
    Image.fromarray(picture).save(file, "JPEG", quality=quality, subsampling=0)
    expected = np.asarray(Image.open(file)).astype(float)
    light = picture[None].astype(np.float32) / 255
    ours = run(_jpeg, light, np.full((1, 1, 1, 1), coarseness, np.float32))[0] * 255
    lost = np.abs(picture - expected).mean()
    assert lost > 3.0
    assert np.abs(np.clip(ours, 0, 255) - expected).mean() < lost / 3  # Pillow also rounds between its stages
