from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from keras import ops

from training.families.world_v2 import ground
from training.families.world_v2.cube import cells, padded
from training.families.world_v2.ground import GROUNDS, grounds


def test_each_is_of_mean_0_and_deviation_1():
    heights = grounds(32)
    assert heights.shape == (1, 6, 32, 32, len(GROUNDS))
    assert heights.dtype == np.float32
    np.testing.assert_allclose(heights.mean(axis=(0, 1, 2, 3)), 0.0, atol=1e-4)
    np.testing.assert_allclose(heights.std(axis=(0, 1, 2, 3)), 1.0, atol=1e-4)


def test_they_go_on_across_the_edges_of_faces():
    heights = grounds(64)
    with_border = np.asarray(padded(heights))
    across = np.abs(with_border[:, :, 0, 1:-1] - heights[:, :, 0])
    beside = np.abs(heights[:, :, 1] - heights[:, :, 0])
    assert (across.mean(axis=(0, 1, 2)) < 1.5 * beside.mean(axis=(0, 1, 2))).all()
    within = np.abs(np.diff(heights, axis=2))
    assert (across.mean(axis=(0, 1, 2)) < 1.5 * within.mean(axis=(0, 1, 2, 3))).all()


@pytest.mark.parametrize(
    ("distance", "radius", "height"),
    [
        (0.0, 0.02, -1.0),
        (0.5, 0.02, -0.91),
        (0.3, 0.2, -1.0),
        (0.6, 0.2, -1.0),
        (1.0, 0.02, 0.3),
        (1.0, 0.2, 0.3),
        (2.0, 0.2, 0.0),
    ],
)
def test_a_crater_is_a_bowl_with_a_rim_and_a_large_one_has_a_flat_floor(distance, radius, height):
    assert ground._profile(np.array([distance]), radius) == pytest.approx(height, abs=0.01)


def test_a_large_crater_has_a_peak_in_its_middle_and_a_small_one_none():
    peak = [ground._profile(np.array([0.0, 0.4]), radius) @ [1.0, -1.0] for radius in (0.02, 0.2)]
    assert peak[0] < 0
    assert peak[1] > 0.2


@pytest.fixture(scope="module")
def blocks():
    return ground._Blocks(ops.convert_to_numpy(cells(64)))


def test_places_near_one_are_all_found(blocks):
    center = np.float32([0.6, 0.0, 0.8])
    within = np.flatnonzero(blocks.places @ center > np.cos(0.3))
    near, distance, _ = blocks.around(center, 0.3)
    assert set(within) <= set(near.tolist())
    assert len(near) < 3 * len(within)
    np.testing.assert_array_equal(np.sort(near[distance < 0.3]), within)


def test_what_blocks_hold_comes_back_to_its_cells(blocks):
    np.testing.assert_array_equal(blocks.back(blocks.places), ops.convert_to_numpy(cells(64)))


def test_a_crater_alone_is_deep_within_its_rim_and_nothing_beyond(blocks):
    smallest, largest = 0.2, 0.3
    share = math.log(largest / smallest) / (2 * (smallest**-2 - largest**-2))  # of one crater
    heights = ground._craters(blocks, 990, share, smallest, largest)
    radius = (largest**-2 + ground.uniforms(991, 1)[0] * (smallest**-2 - largest**-2)) ** -0.5
    distance = np.arccos(blocks.places @ ground._units(990, 1)[0]) / radius
    floor, rim, beyond = (
        heights[(distance > low) & (distance < high)] for low, high in ((0, 0.5), (0.95, 1.05), (2, 9))
    )
    assert floor.max() < 0
    assert rim.mean() > 0
    assert np.abs(beyond).max() < 1e-3


def test_rays_are_bright_in_their_middle(blocks):
    brightness = ground._rays(blocks, 230)
    assert brightness.max() > brightness.mean() + 4 * brightness.std()
    assert np.median(brightness) < brightness.mean() + 0.5 * brightness.std()


def test_seas_are_plains_with_coasts_and_drown_small_craters():
    heights = grounds(64)
    seas = heights[..., GROUNDS.index("seas")]
    sea, land = seas > seas.max() - 0.5, seas < seas.min() + 0.5
    assert sea.mean() == pytest.approx(ground._SEAS, abs=0.05)
    assert (sea | land).mean() > 0.85
    craters = heights[..., GROUNDS.index("small craters")]
    assert craters[sea].std() < 0.5 * craters[land].std()


def test_octaves_are_alike_but_each_twice_as_fine(blocks):
    fields = np.stack(ground._octaves(blocks.places, 980, (10.0, 3)))
    np.testing.assert_allclose(np.corrcoef(fields), np.eye(3), atol=0.1)
    np.testing.assert_allclose(fields.std(axis=1), 1.0, atol=0.1)
    for field, finer in itertools.pairwise(fields):
        steps = [np.abs(np.diff(blocks.back(one[:, None])[..., 0], axis=2)).mean() for one in (field, finer)]
        assert steps[1] == pytest.approx(2 * steps[0], rel=0.2)
