from __future__ import annotations

import re
from xml.etree import ElementTree

import numpy as np
import pytest

from training.reports.charts import HEIGHT, MOST_POINTS, WIDTH, line_chart


def _svg(figure: str) -> ElementTree.Element:
    return ElementTree.fromstring(re.search(r"<svg.*</svg>", figure)[0])


def _points(figure: str, line: int = 0) -> np.ndarray:
    polyline = _svg(figure).findall(".//polyline")[line]
    return np.array([point.split(",") for point in polyline.get("points").split()], float)


def _numbers(figure: str, anchor: str) -> list[str]:
    return [text.text for text in _svg(figure).findall(".//text") if text.get("text-anchor") == anchor]


def test_lines_run_where_the_axes_say():
    figure = line_chart("Losses", "loss", {"a": [(1, 0.5), (5, 2.0)], "b": [(1, 1.0), (3, 1.0), (5, 1.0)]})
    assert _numbers(figure, "end") == ["0.5", "1.0", "1.5", "2.0"]
    assert _numbers(figure, "middle") == ["1", "2", "3", "4", "5", "epoch", "loss"]
    low, high = _points(figure)
    assert low[1] > high[1]
    flat = _points(figure, 1)
    assert np.allclose(flat[:, 1], low[1] + (high[1] - low[1]) / 3, atol=0.1)
    assert "a <b>2</b>" in figure


def test_shares_are_shown_in_percent_between_the_given_ends():
    figure = line_chart("Accuracy", "%", {"a": [(1, 0.5), (2, 0.75)]}, low=0.0, high=100.0)
    assert _numbers(figure, "end") == ["0", "20", "40", "60", "80", "100"]
    assert "75&nbsp;%" in figure


@pytest.mark.parametrize(
    "values", [[3.0], [0.0, 0.0], [-5.0, -5.0], [1e-6, 3e-6], [-4e5, 1e7], [1.0] * 10 + [2.0]], ids=str
)
def test_any_values_stay_within_the_picture(values):
    figure = line_chart("Values", "", {"a": list(enumerate(values, 1))})
    points = _points(figure)
    assert len(points) == len(values)
    assert (points >= 0).all()
    assert (points <= [WIDTH, HEIGHT]).all()
    numbers = _numbers(figure, "end")
    assert 2 <= len(numbers) == len(set(numbers))


def test_long_trainings_are_thinned_out_by_means():
    figure = line_chart("Values", "", {"a": [(epoch, epoch % 2) for epoch in range(1, 100_001)]})
    points = _points(figure)
    assert len(points) <= MOST_POINTS
    assert np.ptp(points[:, 1]) < 1


def test_names_are_escaped():
    assert "<script" not in line_chart("<script>", "<script>", {"<script>": [(1, 1.0)]})
