"""Ellipsoids seen from any side."""

import numpy as np
import pytest
from keras import ops
from PIL import Image

from datasets.manifest import Size
from training import engine
from training.families.world_v2.rendering import (
    RADIUS,
    bumped,
    halved,
    lit,
    map_places,
    pixel_side,
    see,
    turn_of,
    unit,
)

SIZE = Size(64, 64)
SPHERE = np.ones((1, 3), np.float32)
FLAT = np.float32([[1.0, 0.6, 0.8]])


def turn(longitude=0.0, latitude=0.0, roll=0.0):
    return turn_of(np.float32([[longitude, latitude, roll]]))


def array(values):
    return ops.convert_to_numpy(values)


def seen(axes=SPHERE, size=SIZE, **view):
    return [array(one)[0] for one in see(size, ops.convert_to_tensor(axes), turn(**view))]


@pytest.mark.parametrize("size", [SIZE, Size(128, 128), Size(96, 64)])
def test_sphere_is_a_disc_of_the_right_area(size):
    radius = RADIUS * min(size) / 2
    assert seen(size=size)[2].sum() == pytest.approx(np.pi * radius**2, rel=2e-3)


def test_ellipsoid_is_an_ellipse_of_the_right_area():
    radius = RADIUS * 32
    assert seen(FLAT)[2].sum() == pytest.approx(np.pi * radius**2 * 0.6, rel=5e-3)
    assert seen(FLAT, longitude=90)[2].sum() == pytest.approx(np.pi * radius**2 * 0.6 * 0.8, rel=5e-3)
    assert seen(FLAT, latitude=90)[2].sum() == pytest.approx(np.pi * radius**2 * 0.8, rel=5e-3)


def test_limb_is_antialiased():
    coverage = seen()[2].reshape(64, 64)
    part = (coverage > 0) & (coverage < 1)
    assert 100 < part.sum() < 260  # a ring about a pixel wide
    assert len(np.unique(coverage[part].round(3))) > 10


@pytest.mark.parametrize("view", [{"longitude": 370.0}, {"longitude": 10.0, "roll": 360.0}])
def test_a_whole_turn_changes_nothing(view):
    for one, other in zip(seen(FLAT, longitude=10.0), seen(FLAT, **view), strict=True):
        np.testing.assert_allclose(one, other, atol=2e-3)


def test_longitude_latitude_and_roll_turn_as_on_a_map():
    middle = 32 * 64 + 32

    def facing(**view):
        return seen(**view)[0][middle]

    np.testing.assert_allclose(facing(), [0, 0, 1], atol=0.03)
    np.testing.assert_allclose(facing(longitude=90), [1, 0, 0], atol=0.03)
    np.testing.assert_allclose(facing(latitude=90), [0, 1, 0], atol=0.03)
    top = seen(roll=90)[0].reshape(64, 64, 3)[6, 32]
    np.testing.assert_allclose(top, [1, 0, 0], atol=0.5)  # counterclockwise: what was at the right is at the top
    assert top[0] > 0.8


def test_points_and_normals_are_of_length_1_and_face_the_viewer():
    points, normals, coverage, _ = seen(FLAT, longitude=30, latitude=40, roll=50)
    inside = coverage[:, 0] > 0.99
    np.testing.assert_allclose(np.linalg.norm(points, axis=-1), 1, atol=1e-4)
    np.testing.assert_allclose(np.linalg.norm(normals, axis=0), 1, atol=1e-4)
    assert (normals[2, inside] > 0).all()


def test_footprint_is_how_far_apart_neighboring_pixels_lie():
    points, _, coverage, footprint = (one.reshape(64, 64, -1) for one in seen(longitude=30))
    apart = np.linalg.norm(points[32, 1:] - points[32, :-1], axis=-1)
    inner = (coverage[32, 1:, 0] > 0.99) & (footprint[32, 1:, 0] < 2 * pixel_side(SIZE))
    between = (footprint[32, 1:, 0] + footprint[32, :-1, 0]) / 2
    np.testing.assert_allclose(apart[inner], between[inner], rtol=0.05)
    assert inner.sum() > 40


def test_gradients_are_finite():
    def total(axes):
        sight = see(SIZE, axes, turn(20.0, 30.0))
        return sum(ops.sum(one) for one in sight)

    for axes in (SPHERE, FLAT):
        value, slope = engine.input_gradient(total, ops.convert_to_tensor(axes))
        assert np.isfinite(array(value))
        assert np.isfinite(array(slope)).all()
        assert array(slope).any()


def test_slope_to_the_right_leans_normals_to_the_left():
    normals = ops.convert_to_tensor(seen()[1][None])
    x = np.tile(np.linspace(0, 0.5, 64, dtype=np.float32), 64)[None, :, None]
    before, after = array(normals)[0], array(bumped(normals, ops.convert_to_tensor(x), SIZE))[0]
    middle = 32 * 64 + 32
    assert after[0, middle] < before[0, middle] - 0.1
    np.testing.assert_allclose(np.linalg.norm(after, axis=0), 1, atol=1e-4)
    np.testing.assert_array_equal(
        array(bumped(normals, 0 * ops.convert_to_tensor(x), SIZE)).round(4)[0], before.round(4)
    )


def test_no_relief_is_seen_steeper_than_a_quarter():
    normals = ops.convert_to_tensor(seen()[1][None])
    cliff = np.tile(np.repeat(np.float32([0, 9]), 32), 64)[None, :, None]
    before, after = array(normals)[0], array(bumped(normals, ops.convert_to_tensor(cliff), SIZE))[0]
    leaning = np.degrees(np.arccos(np.clip(np.sum(before * after, axis=0), -1, 1)))
    assert leaning.max() == pytest.approx(np.degrees(np.arctan(0.25)), abs=0.5)


def test_a_relief_can_be_lit_where_light_comes_from_everywhere():
    smooth, sun = np.float32([[[0] * 3, [0] * 3, [1] * 3]]), np.float32([[0.6, 0, 0.8]])
    normals = unit(np.float32([[[0, 0.3, -0.3], [0, 0, 0], [1, 1, 1]]]), axis=1)  # level, towards the sun, away from it
    looks = {name: np.full((1, 1), value, np.float32) for name, value in (("ambient", 1), ("limb", 1), ("shine", 0))}
    looks |= {"rim": np.zeros((1, 3), np.float32), "haze": np.zeros((1, 1), np.float32)}
    albedo = np.full((1, 3, 3), 0.4, np.float32)
    even, shaded = (
        ops.convert_to_numpy(lit(albedo, normals, smooth, sun, looks | {"relief": np.full((1, 1), share, np.float32)}))
        for share in (0.0, 0.5)
    )
    np.testing.assert_allclose(even, albedo, rtol=1e-5)
    gained = ops.convert_to_numpy(ops.sum((normals - smooth) * sun[:, :, None], axis=1)[..., None])
    np.testing.assert_allclose(shaded, albedo * (1 + 0.5 * gained), rtol=1e-5)
    assert shaded[0, 2, 0] < shaded[0, 0, 0] < shaded[0, 1, 0]


def test_maps_places_are_on_the_sphere_and_its_pole_rows_are_the_poles():
    places = array(map_places(8)).reshape(8, 16, 3)
    np.testing.assert_allclose(np.linalg.norm(places, axis=-1), 1, atol=1e-6)
    np.testing.assert_array_equal(places[0], np.tile([0, 1, 0], (16, 1)))
    np.testing.assert_array_equal(places[-1], np.tile([0, -1, 0], (16, 1)))
    assert places[4, 11, 0] > 0.7  # east is right
    assert places[4, 4, 0] < -0.7


def test_pictures_are_halved_as_those_of_a_data_set_are():
    pictures = np.random.default_rng(0).random((2, 24, 16, 3), np.float32)
    found = array(halved(pictures))
    assert found.shape == (2, 12, 8, 3)
    for picture, one in zip(pictures, found, strict=True):
        for channel in range(3):
            expected = Image.fromarray(picture[..., channel]).resize((8, 12), Image.Resampling.BICUBIC)
            np.testing.assert_allclose(one[..., channel], expected, atol=1e-5)
