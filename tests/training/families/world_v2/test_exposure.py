"""Dark kinds are judged as bright as others."""

from __future__ import annotations

import numpy as np
import pytest

from datasets.pictures import Pictures
from training.families.world_v2.exposure import exposed, exposures


def pictures_of(*levels: int) -> Pictures:
    """Two pictures of each kind: a disc of this level on black."""
    y, x = np.mgrid[-1:1:32j, -1:1:32j]
    disc = (x**2 + y**2 < 0.8)[None, :, :, None]
    images = np.concatenate([np.repeat(disc * np.uint8(level), 2, axis=0) for level in levels]).repeat(3, axis=-1)
    labels = np.eye(len(levels), dtype=np.float32).repeat(2, axis=0)
    files = tuple(f"{index}.png" for index in range(len(images)))
    return Pictures(images, labels, tuple(f"kind {level}" for level in levels), files)


def test_the_brightest_of_each_kind_come_near_white():
    found = exposures(pictures_of(51, 102, 250, 0))
    np.testing.assert_allclose(found, [3.0, 0.9 * 255 / 102, 1.0, 1.0], rtol=1e-6)
    assert found.dtype == np.float32


def test_light_is_multiplied_and_the_sky_stays_black():
    images = np.float32([-1.0, -0.5, 0.0]).reshape(1, 1, 3, 1).repeat(2, axis=0)
    seen = exposed(images, np.float32([1.0, 2.0]))
    np.testing.assert_array_equal(seen[0], images[0])
    assert seen[1].ravel().tolist() == pytest.approx([-1.0, 0.0, 1.0])
