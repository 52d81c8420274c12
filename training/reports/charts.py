"""Line charts as SVG text, drawn for light and dark pages alike: the colors are the page's CSS variables."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from html import escape

Points = Sequence[tuple[float, float]]

WIDTH, HEIGHT = 480, 230
LEFT, RIGHT, TOP, BOTTOM = 58, 12, 10, 42  # margins, with room for the numbers
COLORS = 6  # --line-1 to --line-6
MOST_POINTS = 400  # per line; more are averaged, one would not see them


def line_chart(
    title: str, unit: str, series: Mapping[str, Points], low: float | None = None, high: float | None = None
) -> str:
    """A `<figure>` with a title, a legend that tells the last values, and the curves over the epochs.

    Args:
        title: What is shown.
        unit: Of the values, for the vertical axis; `"%"` shows shares of 1 as percentages.
        series: Epochs and values of each line by its name, at least one point each.
        low: Where the vertical axis begins, unless a value is lower; by default near the lowest value.
        high: Where it ends, unless a value is higher; by default near the highest value.
    """
    if unit == "%":
        series = {name: [(x, 100 * y) for x, y in points] for name, points in series.items()}
    last = {name: points[-1][1] for name, points in series.items()}
    series = {name: _thin_out(points) for name, points in series.items()}
    xs, ys = ([point[axis] for points in series.values() for point in points] for axis in (0, 1))
    x_axis = _Axis(min(xs), max(xs), LEFT, WIDTH - RIGHT, whole=True)
    y_ends = [*ys, *(end for end in (low, high) if end is not None)]
    y_axis = _Axis(min(y_ends), max(y_ends), HEIGHT - BOTTOM, TOP, whole=False)
    sign = "&nbsp;%" if unit == "%" else ""
    legend = "".join(
        f'<span class="line-{index}"><i></i>{escape(name)} <b>{last[name]:.4g}{sign}</b></span>'
        for index, name in _numbered(series)
    )
    lines = "".join(_line(points, x_axis, y_axis, index) for index, points in _numbered(series.values()))
    return (
        f"<figure><figcaption><h3>{escape(title)}</h3><p>{legend}</p></figcaption>"
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(title)} over the epochs">'
        f"{_grid(x_axis, y_axis, unit)}{lines}</svg></figure>"
    )


class _Axis:
    """Maps values to pixels; its ends and ticks are round numbers.

    Args:
        low: The lowest value.
        high: The highest value.
        start: Pixel of the axis' beginning.
        end: Pixel of its end.
        whole: Whether only integers are ticks, and the axis ends where the values end.
    """

    def __init__(self, low: float, high: float, start: float, end: float, whole: bool):
        if low == high:
            low, high = (low - 1, high + 1) if whole else (low - abs(low) / 10 - 0.1, high + abs(high) / 10 + 0.1)
        self.step = _round_step((high - low) / (7 if whole else 5))
        if whole:
            self.step = max(1.0, self.step)
            self._low, self._high = low, high
        else:
            self._low = math.floor(low / self.step + 1e-9) * self.step
            self._high = math.ceil(high / self.step - 1e-9) * self.step
        self.start, self.end = start, end

    @property
    def ticks(self) -> list[float]:
        first, last = math.ceil(self._low / self.step - 1e-9), math.floor(self._high / self.step + 1e-9)
        return [number * self.step for number in range(first, last + 1)]

    def text(self, tick: float) -> str:
        return f"{tick:,.{max(0, -math.floor(math.log10(self.step) + 1e-9))}f}"

    def pixel(self, value: float) -> float:
        return self.start + (value - self._low) / (self._high - self._low) * (self.end - self.start)


def _round_step(step: float) -> float:
    """The next 1, 2 or 5 times a power of ten."""
    power = 10.0 ** math.floor(math.log10(step))
    return next(factor * power for factor in (1, 2, 5, 10) if factor * power >= step * (1 - 1e-9))


def _grid(x_axis: _Axis, y_axis: _Axis, unit: str) -> str:
    parts = []
    for tick in y_axis.ticks:
        y = y_axis.pixel(tick)
        parts.append(f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>')
        parts.append(f'<text x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{y_axis.text(tick)}</text>')
    for tick in x_axis.ticks:
        x, text = x_axis.pixel(tick), x_axis.text(tick)
        parts.append(f'<text x="{x:.1f}" y="{HEIGHT - BOTTOM + 18}" text-anchor="middle">{text}</text>')
    middle = (TOP + HEIGHT - BOTTOM) / 2
    parts.append(f'<text x="{(LEFT + WIDTH - RIGHT) / 2}" y="{HEIGHT - 4}" text-anchor="middle">epoch</text>')
    turned = f'transform="rotate(-90 12 {middle})"'
    parts.append(f'<text x="12" y="{middle}" text-anchor="middle" {turned}>{escape(unit)}</text>')
    return f'<g class="grid">{"".join(parts)}</g>'


def _line(points: Points, x_axis: _Axis, y_axis: _Axis, index: int) -> str:
    pixels = [(x_axis.pixel(x), y_axis.pixel(y)) for x, y in points]
    x, y = pixels[-1]
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in pixels)
    return f'<g class="line-{index}"><polyline points="{path}"/><circle cx="{x:.1f}" cy="{y:.1f}" r="3"/></g>'


def _thin_out(points: Points) -> Points:
    """Means of equally many neighbors, at most `MOST_POINTS` of them."""
    size = -(-len(points) // MOST_POINTS)
    groups = [points[start : start + size] for start in range(0, len(points), size)]
    return [(sum(x for x, _ in group) / len(group), sum(y for _, y in group) / len(group)) for group in groups]


def _numbered(things) -> list[tuple[int, object]]:
    """With the numbers of their colors."""
    return [(index % COLORS + 1, thing) for index, thing in enumerate(things)]
