from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from training.globes import body_of_map, draw_globe, load_maps, random_globes

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


def test_size_and_place_are_as_asked(quarters):
    globe = draw_globe(quarters, 40, UPRIGHT, sun=None, diameter=0.5, center=(0.25, 0.75))
    rows, columns = np.nonzero(globe.any(axis=-1))
    assert (columns.min(), columns.max(), rows.min(), rows.max()) == (0, 19, 20, 39)


def test_random_globes_are_reproducible_and_show_all_sides(quarters):
    globes = random_globes(quarters, 8, 16, seed=1)
    np.testing.assert_array_equal(globes, random_globes(quarters, 8, 16, seed=1))
    assert len({globe.tobytes() for globe in globes}) == 8
    assert (globes.max(axis=(0, 1, 2)) > 50).all()


def test_maps_are_found_by_body(tmp_path, quarters):
    for name in ("earth_night.png", "mars.jpg", "readme.png"):
        Image.fromarray(quarters).save(tmp_path / name)
    assert set(load_maps(tmp_path, ("earth", "mars"))) == {"earth_night", "mars"}
    assert body_of_map("earth_night") == "earth"
    with pytest.raises(ValueError, match=r"no map of venus.*venus\.png"):
        load_maps(tmp_path, ("venus",))
