from __future__ import annotations

import numpy as np
import pytest

from training.measure.quality import SampleQuality, collapse_warning


def discs(count: int, seed: int, radius: float = 11.0) -> np.ndarray:
    """Discs of random colors on black, uint8 `(count, 32, 32, 3)`."""
    random = np.random.default_rng(seed)
    y, x = np.mgrid[:32, :32] - 15.5
    colors = random.uniform(40, 255, (count, 1, 1, 3))
    texture = random.uniform(0.8, 1.0, (count, 32, 32, 1))
    return (colors * texture * (x**2 + y**2 < radius**2)[..., None]).astype(np.uint8)


@pytest.fixture(scope="module")
def quality():
    return SampleQuality(discs(64, seed=0))


def test_pictures_like_the_real_ones_score_best(quality):
    same, other_size, noise = (
        quality.measure(images)["sliced_wasserstein"]
        for images in (
            discs(64, seed=1),
            discs(64, seed=1, radius=6.0),
            np.random.default_rng(1).integers(0, 256, (64, 32, 32, 3), np.uint8),
        )
    )
    assert same < 0.5 * other_size
    assert other_size < noise


def test_equal_samples_are_at_distance_0(quality):
    measures = quality.measure(discs(64, seed=0))
    assert measures["sliced_wasserstein"] == 0.0
    assert measures["diversity"] == pytest.approx(1.0)


def test_collapse_is_noticed(quality):
    alike = discs(1, seed=2).repeat(64, axis=0)
    measures = quality.measure(alike)
    assert measures["diversity"] == pytest.approx(0.0, abs=0.01)
    assert "collapsed" in collapse_warning(measures)
    assert collapse_warning(quality.measure(discs(64, seed=3))) is None


@pytest.mark.parametrize("shape", [(128, 32), (32, 128), (64, 32)])
def test_pictures_need_not_be_square(shape):
    real, generated = np.random.default_rng(0).integers(0, 256, (2, 8, *shape, 3), np.uint8)
    quality = SampleQuality(real)
    assert quality.measure(real)["sliced_wasserstein"] == 0.0
    assert (
        0.0 < quality.measure(generated)["sliced_wasserstein"] < quality.measure(generated // 4)["sliced_wasserstein"]
    )
