"""A surface drawn once in the cells of a cube is the same when it is read."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from training.families.world_v2.baking import FINEST, bake, cells_for, read

WAVE = 60.0  # radians per radius: six cells of details, which are 192 along a face


def surface(points, _):
    """Waves as fine as that in albedo, coarse ones in height."""
    albedo = 0.5 + 0.3 * tf.sin(WAVE * points)
    return albedo, 0.05 * tf.sin(5.0 * points[:, :1] * points[:, 1:2])


@pytest.fixture(scope="module")
def points() -> tf.Tensor:
    vectors = np.random.default_rng(0).standard_normal((4000, 3))
    on_edges = np.float64([[1, 1, 1], [1, 1, 0.3], [-1, 0.2, 1], [0.4, -1, 1], [1, 0, 0], [0, -1, 0]])
    vectors = np.concatenate([vectors, on_edges])
    return tf.constant(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), tf.float32)


def test_what_is_as_fine_as_details_is_read_as_it_was_drawn(points):
    albedo, height = read(bake(surface, cells_for(256), 0.01), points)
    expected = surface(points, None)
    assert np.abs(albedo - expected[0]).max() < 2 / 255
    assert np.abs(height - expected[1]).max() < 1e-4


def test_small_pictures_read_larger_cells_that_are_means_of_those_drawn(points):
    for side, least, most in ((128, 0.9, 0.97), (64, 0.7, 0.9)):
        albedo, height = read(bake(surface, cells_for(side), 0.01), points)
        expected = surface(points, None)
        assert np.abs(height - expected[1]).max() < 1e-3  # what is coarse stays
        share = np.vdot(albedo - 0.5, expected[0] - 0.5) / np.vdot(expected[0] - 0.5, expected[0] - 0.5)
        assert least < share < most, side


def test_albedo_stays_in_its_range(points):
    albedo, _ = read(bake(lambda points, _: (tf.cast(points > 0.0, tf.float32), points[:, :1]), FINEST, 0.01), points)
    assert (np.min(albedo), np.max(albedo)) == (0.0, 1.0)


def test_cells_are_told_how_far_apart_they_lie():
    told = []

    def here(points, apart):
        told.append((points.shape[0], float(apart[0, 0]), float(apart[-1, 0])))
        return surface(points, apart)

    assert bake(here, cells_for(1024), 0.003).shape == (1, 6, FINEST + 2, FINEST + 2, 4)
    [(count, first, last)] = told
    assert count == 6 * FINEST**2
    assert first == last == pytest.approx(0.003)
