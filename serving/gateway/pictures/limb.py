"""The outline of the planet in a picture, and the planet cut out along it.

Rays go out from the middle of what is lit. On each the limb is where the brightness, seen from outside, first reaches
half of what it is just inside, to a fraction of a pixel. Through most of these points goes an ellipse, for a globe's or
an ellipsoid's outline is one; where a limb is too dark to be seen, the ellipse goes on. A phase, whose night is as
black as the sky, is told by its limb: half a circle that nothing lit reaches beyond; its outline is the whole circle,
for the night hides the stars, too. Anything else, such as a boulder, gets a short Fourier series of the angle.
"""

from __future__ import annotations

import dataclasses
import functools

import numpy as np
from numpy.typing import NDArray

from serving.gateway.pictures.sky import light_of, sky_at_border

_FAINTEST = 5  # of 255 above the sky
_LIT = 0.2  # of the median brightness: the halos and rings of a poor generator lie below
_SMALLEST = 3.0  # px of radius; anything smaller is a star

_LIT_AREA = 1.25  # of the outline's; more is no planet
_CUT_DEPTH = 0.1  # of the radius, at most, may lie beyond the picture's edge
_CUT_LENGTH = 1.5  # times the radius is the most that may be lit along that edge

_RAYS = 128
_STAR = 1.15  # times as far out as the limb beside it
_SHADE = 0.005  # weight in a fit of an edge inside of the outline: shade hides a limb, nothing lights up the sky

_DEEPEST_DENT = 0.3  # of the radius: beyond that the sky inside of an outline is night

_ELLIPSE_ROUNDS = 6  # of fitting, in each of which what lay far off counts less
_ELLIPSE_TOLERANCE = 0.02  # of the radius
_ELLIPSE_SURE = 0.9  # share of the rays that meet a limb there, if it cannot be a phase
_ELLIPSE_SHARE = 0.6  # share at least
_FLATTEST = 0.2  # 1 for a circle, 0 for a parabola; an ellipse four times as long as wide

_PHASE_ROUNDS = (1, 1, 1, 1, 0.6, 0.4)  # of fitting, each with the share of the tolerance beyond which shade begins
_PHASE_TOLERANCE = 0.02  # of the radius
_PHASE_ARC = 0.45  # share of the circle at which a phase must be lit; half of it, but for horns that end in shade
_PHASE_AREA = 0.9  # share of the circle that is lit, at most

_SERIES_ORDER = 12  # its shortest wave is a twelfth of the way around
_SERIES_STIFFNESS = (3e-3, 3e-4, 1e-5, 1e-6, 1e-6)  # in each round: stiff while bad radii still count
_SERIES_TOLERANCE = 0.06  # of the radius
_SERIES_SHARE = 0.7  # of the rays that meet a limb there

_ANGLES = np.arange(_RAYS) * (2 * np.pi / _RAYS)
_UNIT = np.stack([np.cos(_ANGLES), np.sin(_ANGLES)])  # (2, rays)


@dataclasses.dataclass(frozen=True)
class Limb:
    """A planet's outline, seen from a point inside it; lengths in px of the picture it was found in.

    Attributes:
        center: x and y of the point; the picture's top left corner is at 0, 0, the middle of its first pixel at ½, ½.
        radii: float64 of shape (128,): distances to the outline in equal steps of angle, from x toward y.
        inner: float64 of shape (128,), below `radii`: up to where the picture shows the planet and nothing of the sky.
    """

    center: tuple[float, float]
    radii: NDArray[np.float64]
    inner: NDArray[np.float64]

    def coverage(self, width: int, height: int, scale: float = 1.0) -> NDArray[np.float32]:
        """How much of each pixel the planet covers, if the picture is drawn `scale` times as large.

        Returns:
            float32 of shape (height, width) in 0..1, strictly between only along the outline.
        """
        x, y, radius = _polar(height, width, (self.center[0] * scale, self.center[1] * scale))
        radii = scale * _finer(self.radii)
        covered = (radius < radii.min()).astype(np.float32)
        rim = np.nonzero(np.abs(radius - (radii.max() + radii.min()) / 2) < (radii.max() - radii.min()) / 2 + 2)
        direction = _step(np.arctan2(y[rim[0]], x[rim[1]]), len(radii))
        slope = np.gradient(radii) * (len(radii) / (2 * np.pi)) / radii
        across = 1 / np.sqrt(1 + slope**2)  # from a distance along the ray to one across the outline
        covered[rim] = np.clip((radii[direction] - radius[rim]) * across[direction] + 0.5, 0, 1)
        return covered


def find_limb(pixels: NDArray[np.uint8]) -> Limb | None:
    """Finds the outline of the one planet on a black sky.

    Args:
        pixels: uint8 of shape (H, W, 3).

    Returns:
        The outline, or None if the picture shows no planet on a black sky: its border isn't black, nothing is lit, or
        what is lit is too small or too scattered to be a planet, or reaches beyond the picture.
    """
    light = light_of(pixels)
    dark = sky_at_border(light)
    if dark is None:
        return None
    light = light - np.float32(np.median(dark))
    visible = light[light > _FAINTEST]
    if not visible.size:
        return None
    faintest = max(_FAINTEST, _LIT * float(np.median(visible)))
    lit = light > faintest
    if not lit.any():
        return None
    center = np.array([_middle(lit.sum(axis=0)), _middle(lit.sum(axis=1))])
    rays = _cast(light, center, faintest)
    limb = _ellipse(rays, _ELLIPSE_SURE) or _phase(rays, int(lit.sum())) or _ellipse(rays, _ELLIPSE_SHARE)
    limb = limb or _series(rays)
    return limb if limb and _is_planet(limb, lit) else None


def cut_out(pixels: NDArray[np.uint8], limb: Limb, reach: float) -> NDArray[np.uint8]:
    """The picture with the planet's own colors carried outward over its limb and some of the sky; the rest is black.

    Where the planet covers half a pixel, the other half is black sky: shown on white it would be a dark fringe. So
    the pixels beyond `limb.inner` take the color that stands there on their ray.

    Args:
        pixels: uint8 of shape (H, W, 3).
        limb: As `find_limb` found it there.
        reach: How far over the sky, in px.

    Returns:
        uint8 of shape (H, W, 3); to be shown as far as `limb.coverage` tells.
    """
    x, y, radius = _polar(*pixels.shape[:2], limb.center)
    farthest = limb.radii.max() + reach
    rim = np.nonzero((radius > limb.inner.min()) & (radius < farthest))
    colors = np.where((radius < farthest)[..., None], pixels, np.uint8(0))
    x, y, radius = x[rim[1]], y[rim[0]], radius[rim]
    inner, outer = _finer(limb.inner), _finer(limb.radii)
    direction = _step(np.arctan2(y, x), len(inner))
    shrunk = np.minimum(inner[direction] / radius, 1)
    carried = np.rint(_sample(pixels, limb.center[0] + x * shrunk, limb.center[1] + y * shrunk))
    carried[radius > outer[direction] + reach] = 0
    colors[rim] = carried.astype(np.uint8)
    return colors


@dataclasses.dataclass(frozen=True)
class _Rays:
    """What is met on the rays from `center`, float64 of shape (rays,) each, in px.

    Attributes:
        center: x and y.
        edges: Where each leaves what is lit; 0 where it meets nothing lit, a star or the picture's edge.
        blurs: Over how far the light sinks there from nine tenths to half.
        skies: Where the sky begins, beyond the faintest light.
    """

    center: NDArray[np.float64]
    edges: NDArray[np.float64]
    blurs: NDArray[np.float64]
    skies: NDArray[np.float64]


def _cast(light: NDArray[np.float32], center: NDArray[np.float64], faintest: float) -> _Rays:
    """Rays over a picture, float32 of shape (H, W) above the sky, in which what is brighter than `faintest` is lit."""
    height, width = light.shape
    reach = int(np.ceil(np.hypot(*(np.array([width, height]) / 2 + np.abs(center - [width / 2, height / 2])))))
    at = np.arange(reach, dtype=np.float32)
    x, y = (np.float32(center[axis]) + _UNIT[axis].astype(np.float32)[:, None] * at for axis in (0, 1))
    ray = _sample(light, x, y)  # (rays, reach)
    ray[(x < 0) | (x > width) | (y < 0) | (y > height)] = 0
    outermost, sky = (reach - 1 - np.argmax(ray[:, ::-1] > level, axis=1) for level in (faintest, _FAINTEST))
    window = 2 + min(height, width) // 64
    inside = outermost[:, None] - np.arange(-1, window + 1)  # from one beyond the outermost, inward
    near = np.take_along_axis(ray, np.clip(inside, 0, reach - 1), axis=1)
    brightest = near.max(axis=1)
    half, most = (_crossing(near, inside, share * brightest) for share in (0.5, 0.9))
    half[ray[np.arange(_RAYS), outermost] <= faintest] = 0
    edges = np.maximum(half, 0)
    x, y = center[:, None] + edges * _UNIT
    edges[(np.minimum(x, width - x) < 1) | (np.minimum(y, height - y) < 1)] = 0  # the picture's edge, not the planet's
    around = np.median([np.roll(edges, shift) for shift in range(-4, 5)], axis=0)
    edges[edges > _STAR * around + 1] = 0
    return _Rays(center, edges, half - most, sky.astype(np.float64))


def _crossing(near: NDArray[np.float32], at: NDArray[np.int64], level: NDArray[np.float32]) -> NDArray[np.float64]:
    """Where each row, read inward, first reaches its level, between two places of `at`."""
    first = np.argmax(near >= level[:, None], axis=1)
    rows = np.arange(len(near))
    before = np.maximum(first - 1, 0)
    high, low = near[rows, first], near[rows, before]
    share = np.where(first > 0, (high - level) / np.maximum(high - low, 1e-6), 0.0)
    return at[rows, first] + np.clip(share, 0, 1)


def _ellipse(rays: _Rays, least: float) -> Limb | None:
    """The ellipse through most of the edges; None if it goes through less than that share of the rays'."""
    edges, found = rays.edges, rays.edges > 0
    x, y = edges * _UNIT
    terms = np.stack([x * x, x * y, y * y, x, y])
    weights = found.astype(np.float64)
    for _ in range(_ELLIPSE_ROUNDS):
        weighted = terms * weights
        a, b, c, d, e = _solved(weighted @ terms.T, weighted.sum(axis=1))
        if not (a > 0 and 4 * a * c - b * b > _FLATTEST * (a + c) ** 2):
            return None
        quadratic = a * _UNIT[0] ** 2 + b * _UNIT[0] * _UNIT[1] + c * _UNIT[1] ** 2
        linear = d * _UNIT[0] + e * _UNIT[1]
        radii = (np.sqrt(linear**2 + 4 * quadratic) - linear) / (2 * quadratic)
        beyond = edges - radii
        tolerance = _ELLIPSE_TOLERANCE * float(radii.mean()) + 0.3
        agreeing = found & (np.abs(beyond) < tolerance)
        if agreeing.sum() == found.sum():
            break
        weights = found * np.where(beyond < -tolerance, _SHADE, tolerance / np.maximum(beyond, tolerance))
    if agreeing.mean() < least:
        return None
    return _limb(rays.center, radii, rays.skies, rays.blurs[agreeing])


def _phase(rays: _Rays, area: int) -> Limb | None:
    """The whole disc of a planet of which only a crescent or another phase, of `area` px, is lit; None if none is."""
    edges, found = rays.edges, rays.edges > 0
    if found.mean() < _PHASE_ARC / 2:  # from the middle of a crescent, its horns hide what is behind them
        return None
    points = (rays.center[:, None] + edges * _UNIT)[:, found]
    terms = np.concatenate([2 * points, np.ones((1, points.shape[1]))])
    squares = (points**2).sum(axis=0)
    weights = np.ones(points.shape[1])
    for narrowness in _PHASE_ROUNDS:
        weighted = terms * weights
        *middle, rest = _solved(weighted @ terms.T, weighted @ squares)
        radius = np.sqrt(max(rest + middle[0] ** 2 + middle[1] ** 2, 1.0))
        offset = points - np.array(middle)[:, None]
        beyond = np.hypot(*offset) - radius
        tolerance = _PHASE_TOLERANCE * radius + 0.3
        agreeing = np.abs(beyond) < tolerance
        if agreeing.all():
            break
        weights = np.where(beyond < -narrowness * tolerance, _SHADE, 1.0)
    directions = np.unique(_step(np.arctan2(*offset[::-1, agreeing]), 64))
    if area > _PHASE_AREA * np.pi * radius**2 or len(directions) < _PHASE_ARC * 64:
        return None
    radii = np.full(_RAYS, radius)
    return _limb(np.array(middle), radii, radii, rays.blurs[found][agreeing])


def _series(rays: _Rays) -> Limb | None:
    """A smooth outline through most of the edges: least squares of a Fourier series, reweighted after Tukey so that
    those far off no longer count; None if too many do not."""
    edges, found = rays.edges, rays.edges > 0
    if found.mean() < _SERIES_SHARE:
        return None
    waves, orders = _waves()
    weights = found.astype(np.float64)
    for stiffness in _SERIES_STIFFNESS:
        weighted = waves.T * weights
        normal = weighted @ waves + np.diag(stiffness * _RAYS / 2 * orders**4)
        radii = waves @ _solved(normal, weighted @ edges)
        errors = np.abs(edges - radii)
        usual = max(0.15, 1.4826 * float(np.median(errors[found])))  # px
        weights = found * np.clip(1 - (errors / (4.685 * usual)) ** 2, 0, 1) ** 2
    agreeing = found & (errors < _SERIES_TOLERANCE * float(radii.mean()) + 0.5)
    if agreeing.mean() < _SERIES_SHARE:
        return None
    return _limb(rays.center, radii, rays.skies, rays.blurs[agreeing])


@functools.cache
def _waves() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The series' terms at each ray, (rays, terms), and their orders."""
    orders = np.arange(1, _SERIES_ORDER + 1)
    turns = _ANGLES[:, None] * orders
    waves = np.concatenate([np.ones((_RAYS, 1)), np.cos(turns), np.sin(turns)], axis=1)
    return waves, np.concatenate([[0], orders, orders]).astype(np.float64)


def _limb(
    center: NDArray[np.float64], radii: NDArray[np.float64], skies: NDArray[np.float64], blurs: NDArray[np.float64]
) -> Limb:
    """An outline whose inner radii stay clear of what the limb's blur darkens, and of the sky where it is dented."""
    blur = float(np.clip(np.median(blurs) + 0.75, 1, max(3, radii.max() / 12)))  # px
    dented = (skies < radii) & (skies > (1 - _DEEPEST_DENT) * radii)
    seen = np.where(dented, np.minimum(skies - 1, radii), radii)
    inner = np.min([np.roll(seen, shift) for shift in (-1, 0, 1)], axis=0) - blur
    return Limb((float(center[0]), float(center[1])), radii, np.maximum(inner, 0))


def _is_planet(limb: Limb, lit: NDArray[np.bool_]) -> bool:
    """Whether an outline is larger than a star's, as good as stays in the picture, and holds most of what is lit."""
    x, y = np.array(limb.center)[:, None] + limb.radii * _UNIT
    radius, area = float(limb.radii.mean()), np.pi * float(np.mean(limb.radii**2))
    beyond = max(-x.min(), -y.min(), x.max() - lit.shape[1], y.max() - lit.shape[0])
    cut = int(lit[0].sum() + lit[-1].sum() + lit[:, 0].sum() + lit[:, -1].sum())  # px along the picture's edge
    whole = beyond < _CUT_DEPTH * radius and cut < _CUT_LENGTH * radius
    return bool(radius >= _SMALLEST and limb.radii.min() > 0 and whole and lit.sum() < _LIT_AREA * area)


def _middle(counts: NDArray[np.int64]) -> float:
    """The median of positions that occur `counts` times, in px."""
    return int(np.searchsorted(counts.cumsum(), counts.sum() / 2)) + 0.5


def _solved(normal: NDArray[np.float64], right: NDArray[np.float64]) -> NDArray[np.float64]:
    """The solution of normal equations; not a number where there is none."""
    try:
        return np.linalg.solve(normal, right)
    except np.linalg.LinAlgError:
        return np.full_like(right, np.nan)


def _polar(
    height: int, width: int, center: tuple[float, float]
) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:
    """From a point to the pixels' middles: x of shape (W,), y of shape (H,), distance of shape (H, W), in px."""
    x = np.arange(width, dtype=np.float32) + np.float32(0.5 - center[0])
    y = np.arange(height, dtype=np.float32) + np.float32(0.5 - center[1])
    return x, y, np.sqrt((x * x) + (y * y)[:, None])


def _finer(around: NDArray[np.float64]) -> NDArray[np.float64]:
    """Values around a circle at 32 times as many angles, by their Fourier series."""
    return 32 * np.fft.irfft(np.fft.rfft(around), 32 * len(around))


def _step(angle: NDArray[np.floating], count: int) -> NDArray[np.int64]:
    """The nearest of `count` equal steps around a circle."""
    return np.rint(angle * (count / (2 * np.pi))).astype(np.int64) % count


def _sample(values: NDArray, x: NDArray[np.floating], y: NDArray[np.floating]) -> NDArray[np.float32]:
    """Values of shape (H, W) or (H, W, C) between the middles of pixels, bilinear; beyond the border, the border's."""
    height, width = values.shape[:2]
    x = np.clip(x - 0.5, 0, width - 1).astype(np.float32)
    y = np.clip(y - 0.5, 0, height - 1).astype(np.float32)
    left, top = np.minimum(x.astype(np.int32), width - 2), np.minimum(y.astype(np.int32), height - 2)
    x, y = x - left, y - top
    if values.ndim == 3:
        x, y = x[..., None], y[..., None]
    flat = values.reshape(height * width, *values.shape[2:])
    first = top * width + left
    upper = flat[first] * (1 - x) + flat[first + 1] * x
    lower = flat[first + width] * (1 - x) + flat[first + width + 1] * x
    return upper * (1 - y) + lower * y
