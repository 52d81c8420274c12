from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from training.families.classifier.globes import body_of_map, draw_globe, load_maps, random_globes

UPRIGHT = np.eye(3)


@pytest.fixture
def quarters():
    """A map whose north is red, whose south is green, with blue in its eastern half, uint8 (32, 64, 3)."""
    surface = np.zeros((32, 64, 3), np.uint8)
    surface[:16, :, 0] = surface[16:, :, 1] = surface[:, 32:, 2] = 200
    return surface


def test_upright_globe_has_north_above_and_east_to_the_right(quarters):
    globe = draw_globe(quarters, 32, UPRIGHT, sun=np.array([0.0, 0.0, 1.0]), diameter=0.9)
    upper_left, upper_right, lower_left = globe[11, 11], globe[11, 21], globe[21, 11]
    assert upper_left[0] > 100
    assert upper_left[1] == upper_left[2] == 0
    assert upper_right[2] > 100
    assert lower_left[1] > 100
    assert (globe[[0, 0, -1, -1], [0, -1, 0, -1]] == 0).all()


def test_sun_lights_its_side(quarters):
    globe = draw_globe(quarters, 32, UPRIGHT, sun=np.array([1.0, 0.0, 0.0]), diameter=0.9)
    assert globe[:, :15].max() == 0
    assert globe[:, 17:].max() > 100


def shades(**light):
    """A row through the middle of a gray globe from its middle to near its right limb, in shares of the middle."""
    surface = np.full((8, 16, 3), 188, np.uint8)  # half of white's light
    row = draw_globe(surface, 64, UPRIGHT, diameter=1.0, **light)[32, 32:62, 0]
    return row / row[0]


def test_light_is_shaded_and_not_srgb_values():
    full = shades(sun=np.array([0.0, 0.0, 1.0]))
    cosine = np.sqrt(1 - (np.arange(30) / 32) ** 2)
    np.testing.assert_allclose(full, cosine ** (1 / 2.2), atol=0.04)


def test_full_moon_is_flat_and_the_sun_has_a_darker_limb():
    assert shades(sun=np.array([0.0, 0.0, 1.0]), dusty=True).min() > 0.99
    assert 0.7 < shades(sun=None)[-1] < 0.9


@pytest.mark.parametrize("body", ["moon", "jupiter"])
def test_night_sides_are_black(body):
    surface = np.full((8, 16, 3), 255, np.uint8)
    globes = random_globes(surface, body, 4, 16, seed=0)
    assert (globes.max(axis=(1, 2, 3)) > 150).all()
    side = draw_globe(surface, 32, UPRIGHT, np.array([1.0, 0.0, 0.0]), 0.9, dusty=body == "moon")
    assert side[:, :15].max() == 0


def test_size_and_place_are_as_asked(quarters):
    globe = draw_globe(quarters, 40, UPRIGHT, sun=None, diameter=0.5, center=(0.25, 0.75))
    rows, columns = np.nonzero(globe.any(axis=-1))
    assert (columns.min(), columns.max(), rows.min(), rows.max()) == (0, 19, 20, 39)


def test_random_globes_are_reproducible_and_show_all_sides(quarters):
    globes = random_globes(quarters, "earth", 8, 16, seed=1)
    np.testing.assert_array_equal(globes, random_globes(quarters, "earth", 8, 16, seed=1))
    assert len({globe.tobytes() for globe in globes}) == 8
    assert (globes.max(axis=(0, 1, 2)) > 50).all()


def test_maps_are_found_by_body(tmp_path, quarters):
    for name in ("earth_night.png", "mars.jpg", "readme.png"):
        Image.fromarray(quarters).save(tmp_path / name)
    assert set(load_maps(tmp_path, ("earth", "mars"))) == {"earth_night", "mars"}
    assert body_of_map("earth_night") == "earth"
    with pytest.raises(ValueError, match=r"no map of venus.*venus\.png"):
        load_maps(tmp_path, ("venus",))
