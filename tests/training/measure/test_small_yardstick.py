from __future__ import annotations

import numpy as np
import pytest

from datasets.pictures import load_pictures
from tests.training.served_models import SIDE, Colors
from training.measure.diversity import mean_distance
from training.measure.small_yardstick import SmallYardstick


@pytest.fixture
def yardstick(measurable_data, monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    pictures = [load_pictures(measurable_data, SIDE, split, ("earth", "mars")).images for split in ("train", "holdout")]
    return SmallYardstick(*pictures, Colors()), pictures


def test_better_pictures_have_better_figures(yardstick):
    ruler, (training, holdout) = yardstick
    mirrored = ruler.measure(np.concatenate([training, holdout])[:, :, ::-1])
    one_kind = ruler.measure(training[: len(training) // 2])
    black = ruler.measure(np.zeros_like(training))
    assert mirrored["kid_x1000"] < one_kind["kid_x1000"] < black["kid_x1000"]
    assert mirrored["coverage"] > one_kind["coverage"] > black["coverage"] == 0.0
    assert mirrored["diversity"] == pytest.approx(1.0, abs=0.1)
    assert black["diversity"] == pytest.approx(0.0, abs=1e-3)
    assert ruler.name == "colors"
    assert all(type(value) is float for value in mirrored.values())


def test_mean_distance_by_hand():
    assert mean_distance(np.array([[0.0], [1.0], [4.0]])) == pytest.approx((1 + 4 + 3) / 3)
