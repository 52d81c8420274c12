"""Normals of the relief of a whole map."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from training.families.world_v2.relief import map_normals
from training.families.world_v2.rendering import map_latitudes, map_places


@pytest.mark.parametrize("slope", [[1, 0, 0], [0, 1, 0], [0, 0, 1], [0.3, -0.5, 0.4]])
def test_normals_of_a_steady_slope_are_exact_even_at_the_poles(slope):
    places = np.asarray(map_places(64))
    slope = 0.2 * np.float32(slope)
    normals = np.asarray(map_normals(tf.reshape(places @ slope, (64, 128))))
    longitude = ((np.arange(128) + 0.5) / 64 - 1) * np.pi
    latitude, longitude = np.meshgrid(map_latitudes(64), longitude, indexing="ij")
    east = np.stack([np.cos(longitude), 0 * longitude, -np.sin(longitude)], axis=-1)
    north = np.stack(
        [-np.sin(latitude) * np.sin(longitude), np.cos(latitude), -np.sin(latitude) * np.cos(longitude)], axis=-1
    )
    expected = np.stack([-east @ slope, -north @ slope, np.ones_like(latitude)], axis=-1)
    expected /= np.linalg.norm(expected, axis=-1, keepdims=True)
    np.testing.assert_allclose(normals, expected, atol=2e-3)
