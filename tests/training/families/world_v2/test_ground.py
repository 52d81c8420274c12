from __future__ import annotations

import numpy as np
import pytest

from training.families.world_v2 import ground
from training.families.world_v2.cube import padded
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
    within = np.abs(np.diff(heights, axis=2))
    assert (across.mean(axis=(0, 1, 2)) < 1.5 * within.mean(axis=(0, 1, 2, 3))).all()


@pytest.mark.parametrize(("distance", "height"), [(0.0, -1.0), (0.5, -1.0), (1.0, 0.35), (2.0, 0.0)])
def test_a_crater_has_a_flat_floor_and_a_rim_above_the_ground(distance, height):
    assert ground._profile(np.array([distance])) == pytest.approx(height, abs=0.01)


def test_craters_are_round_and_the_smallest_lie_whole_on_the_others():
    turned = np.linspace(0.0, 2.0 * np.pi, 60)

    def ring(middle, radius):
        axes = np.linalg.svd(middle[None])[2][1:]
        around = np.cos(turned)[:, None] * axes[0] + np.sin(turned)[:, None] * axes[1]
        return (np.cos(radius) * middle + np.sin(radius) * around).astype(np.float32)

    stream, (smallest, largest) = 990, (0.05, 0.2)
    few, many = largest**-2, smallest**-2
    count = round(2 * ground._SHARE / np.log(largest / smallest) * (many - few))
    middle = ground.normals(stream, count, 3)[-1]
    middle /= np.linalg.norm(middle)
    radius = ((few + ground.uniforms(stream + 1, count) * (many - few)) ** -0.5).min()
    floor, rim = (ground._craters(ring(middle, share * radius), stream, smallest, largest) for share in (0.4, 1.0))
    assert floor.max() < rim.min()
