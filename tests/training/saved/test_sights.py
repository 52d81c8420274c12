"""From where, and under which sun, worlds are seen."""

from __future__ import annotations

import numpy as np
import pytest

from training.saved.sights import SUN, sights


def test_sights_fall_as_in_the_screenshots():
    view, sun = (np.asarray(part) for part in sights(np.random.default_rng(0).standard_normal((20000, 8)).astype("f4")))
    longitude, latitude, roll = view.T
    assert np.histogram(longitude, 6, (-180, 180))[0] / 20000 == pytest.approx(1 / 6, abs=0.02)
    assert (latitude > 25).mean() == pytest.approx(0.3, abs=0.02)
    south = latitude < -25
    assert south.mean() == pytest.approx(0.2, abs=0.02)
    assert latitude[latitude > 25].mean() == pytest.approx(49, abs=0.5)
    assert latitude[south].mean() == pytest.approx(-54, abs=0.5)
    assert not roll.any()
    strength = np.linalg.norm(sun, axis=1)
    for some, low, high in ((south, 0.35, 0.8), (~south, 0.9, 1.05)):
        assert (strength[some].min(), strength[some].max()) == pytest.approx((low, high), abs=0.01)
        assert strength[some].mean() == pytest.approx((low + high) / 2, abs=0.01)
    np.testing.assert_allclose(np.median(sun[~south], axis=0), 0.975 * np.float32(SUN) / np.linalg.norm(SUN), atol=0.03)
