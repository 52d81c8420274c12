from __future__ import annotations

import numpy as np
import pytest

from datasets.globes import LIGHT, Lighting, draw_ellipsoid
from datasets.planets import find_planet

SPHERE = (1, 1, 1)


@pytest.fixture
def quarters():
    """A map whose north is red, whose south is green, with blue in its eastern half, light, float32 (32, 64, 3)."""
    light = np.zeros((32, 64, 3), np.float32)
    light[:16, :, 0] = light[16:, :, 1] = light[:, 32:, 2] = 0.5
    return light


def test_north_is_up_and_east_to_the_right(quarters):
    globe = draw_ellipsoid(quarters, (48, 32), 28, SPHERE, 0, 0, None)
    assert globe.shape == (32, 48, 3)
    assert (globe[10, 18] > 0).tolist() == [True, False, False]
    assert (globe[10, 30] > 0).tolist() == [True, False, True]
    assert (globe[22, 18] > 0).tolist() == [False, True, False]
    assert not globe[:, :8].any()


def test_latitude_and_longitude_face_the_viewer(quarters):
    assert (draw_ellipsoid(quarters, (32, 32), 28, SPHERE, 60, 90, None)[16, 16] > 0).tolist() == [True, False, True]
    assert (draw_ellipsoid(quarters, (32, 32), 28, SPHERE, -60, -90, None)[16, 16] > 0).tolist() == [False, True, False]


@pytest.mark.parametrize(
    ("latitude", "longitude", "width", "height"),
    [(0, 0, 40, 60), (0, 90, 80, 60), (90, 0, 40, 80), (-90, 0, 40, 80)],
)
def test_outlines_of_ellipsoids(latitude, longitude, width, height):
    white = np.ones((64, 128, 3), np.float32)
    globe = draw_ellipsoid(white, (100, 90), 80, (0.5, 0.75, 1), latitude, longitude, None)
    left, top, right, bottom = find_planet(globe).box
    assert abs(right - left - width) <= 2
    assert abs(bottom - top - height) <= 2
    assert globe.sum() > 0.95 * 3 * 255 * np.pi / 4 * width * height


def test_limb_is_antialiased_and_the_area_exact():
    globe = draw_ellipsoid(np.ones((64, 128, 3), np.float32), (64, 64), 50, SPHERE, 20, 30, None)
    row = globe[32, :, 0]
    assert len(np.unique(globe)) > 10  # without it there were two
    assert (np.diff(row[:32].astype(int)) >= 0).all()
    assert LIGHT[globe[..., 0]].sum() == pytest.approx(np.pi / 4 * 50**2, rel=0.002)


def test_map_goes_on_behind_its_sides():
    waves = np.cos(np.linspace(0, 2 * np.pi, 256, endpoint=False)) * 0.4 + 0.5
    light = np.broadcast_to(waves[None, :, None], (128, 256, 3)).astype(np.float32)
    globe = draw_ellipsoid(light, (64, 64), 60, SPHERE, 0, 180, None)
    assert np.abs(np.diff(globe[32, 8:56, 0].astype(int))).max() < 6


def test_sun_lights_its_side_and_nights_are_ambient():
    white = np.ones((64, 128, 3), np.float32)

    def shine(**light):
        return draw_ellipsoid(white, (64, 64), 60, SPHERE, 0, 0, Lighting(**light)).astype(int)

    right = shine(sun=(90.0, 0.0), ambient=0.0, limb=1.0, exposure=1.0)
    assert right[:, :31].max() == 0
    assert right[32, 58, 0] > 200
    above = shine(sun=(0.0, 60.0), ambient=0.1, limb=1.0, exposure=1.0)
    assert above[10, 32, 0] > 2 * above[54, 32, 0] > 0
    assert shine(exposure=0.5)[32, 32, 0] < shine(exposure=1.0)[32, 32, 0]
