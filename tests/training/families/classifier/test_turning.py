from __future__ import annotations

import numpy as np
import pytest

from training.families.classifier.turning import disc_of, on_sphere, turned

SIDE, RADIUS = 64, 26.0


def globe(longitude: float = 0.0, latitude: float = 0.0) -> np.ndarray:
    """A smooth pattern fixed to a sphere, seen in parallel projection from there (radians); float32 (1, 64, 64, 3)."""
    y, x = (np.mgrid[:SIDE, :SIDE] - (SIDE - 1) / 2) / RADIUS
    inside = x**2 + y**2 < 1
    z = np.sqrt(np.maximum(1 - x**2 - y**2, 0))
    y, z = y * np.cos(latitude) + z * np.sin(latitude), z * np.cos(latitude) - y * np.sin(latitude)
    x, z = x * np.cos(longitude) + z * np.sin(longitude), z * np.cos(longitude) - x * np.sin(longitude)
    pattern = np.stack([np.sin(3 * x + 1), np.sin(2 * y - 1), np.sin(4 * z)], axis=-1) / 4 + 0.5
    return np.where(inside[..., None], pattern, 0.0)[None].astype(np.float32)


def turn(light, angle, direction):
    angle, direction = (np.full((len(light), 1, 1, 1), value, np.float32) for value in (angle, direction))
    return np.asarray(turned(light, disc_of(light), angle, direction))


@pytest.mark.parametrize(("direction", "view"), [(0.0, (0.3, 0.0)), (np.pi / 2, (0.0, 0.3)), (np.pi, (-0.3, 0.0))])
def test_a_turned_globe_is_the_same_globe_from_another_side(direction, view):
    seen = turn(globe(), 0.3, direction)
    y, x = np.mgrid[:SIDE, :SIDE] - (SIDE - 1) / 2
    middle = np.hypot(x, y) < 0.7 * RADIUS  # what the camera saw
    error = np.abs(seen - globe(*view))[0, middle]
    before = np.abs(globe() - globe(*view))[0, middle]
    assert error.mean() < 0.25 * before.mean()


def test_sky_stays_black_and_the_disc_whole():
    seen = turn(globe(), 0.6, 1.0)
    disc = np.asarray(disc_of(globe()))
    assert np.abs(seen * (1 - disc)).max() == 0.0
    assert seen[0][disc[0, ..., 0] == 1].max(axis=-1).min() > 0.2


def test_a_black_picture_stays_black():
    black = np.zeros((2, 16, 16, 3), np.float32)
    np.testing.assert_array_equal(turn(black, 0.4, 0.0), black)


def test_places_on_the_sphere_have_length_1_within_the_disc():
    x, y, z, radius = (np.asarray(one) for one in on_sphere(disc_of(globe())))
    assert radius.item() == pytest.approx(RADIUS, abs=0.2)
    inside = (x**2 + y**2 < 1)[0]
    np.testing.assert_allclose((x**2 + y**2 + z**2)[0][inside], 1.0, atol=1e-5)
    assert np.abs(z[0][~inside]).max() == 0.0
