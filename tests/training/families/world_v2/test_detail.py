"""Details that all worlds share."""

import numpy as np
import pytest
from keras import ops

from training.families.world_v2.cube import cells
from training.families.world_v2.detail import DETAILS, Detail, details_at
from training.families.world_v2.ground import GROUNDS, LARGE, grounds


@pytest.fixture(scope="module")
def detail():
    return Detail()(ops.zeros(1))


def array(values):
    return ops.convert_to_numpy(values)


def test_details_are_the_same_for_whatever_they_are_called_with():
    layer = Detail()
    np.testing.assert_array_equal(array(layer(ops.zeros(1))), array(layer(ops.ones((2, 3)))))


@pytest.fixture(scope="module")
def read(detail):
    """What worlds see in the middles of the cells."""
    n = detail.shape[2] - 2
    points = array(cells(n)).reshape(1, -1, 3)
    return array(details_at(detail, points, np.eye(3, dtype=np.float32)[None, None])).reshape(6, n, n, DETAILS)


def test_what_is_read_in_the_middle_of_a_cell_is_what_the_ground_is_there(read):
    difference = np.abs(read - grounds(read.shape[1])[0]).mean(axis=(0, 1, 2))
    assert difference.max() < 0.05  # of a deviation of 1


def test_details_are_alike_over_the_whole_sphere(read):
    """No face, edge or pole tells itself apart by how strong they are; but most seas lie on one side."""
    strengths = dict(zip(GROUNDS, read.std(axis=(1, 2)).T, strict=True))
    for name in set(GROUNDS) - set(LARGE):
        assert strengths[name].min() > 0.6, name
        assert strengths[name].max() < 1.5, name


def test_a_turned_world_shows_them_turned(detail):
    points = array(cells(8)).reshape(1, -1, 3)
    quarter = np.float32([[0, 0, 1], [0, 1, 0], [-1, 0, 0]])
    upright, turned = np.eye(3, dtype=np.float32), quarter
    both = array(details_at(detail, points, np.stack([upright, turned])[None]))
    assert both.shape == (1, points.shape[1], 2 * DETAILS)
    alone = array(details_at(detail, points @ quarter, upright[None, None]))
    np.testing.assert_allclose(both[..., DETAILS:], alone, atol=1e-4)
    np.testing.assert_allclose(both[..., :DETAILS], array(details_at(detail, points, upright[None, None])), atol=1e-6)


def test_each_world_sees_them_in_its_own_turn(detail):
    points = np.tile(array(cells(4)).reshape(1, -1, 3), (2, 1, 1))
    turns = np.stack([np.eye(3), np.diag([-1, 1, -1])]).astype(np.float32)[:, None]
    first, second = array(details_at(detail, points, turns))
    np.testing.assert_allclose(first, array(details_at(detail, points[:1], turns[:1]))[0], atol=1e-5)
    assert np.abs(first - second).max() > 0.5
