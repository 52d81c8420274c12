"""Clouds and ground apart, by rule: pictures that models learned from show both in one.

On worlds like the earth what is bright and without color is cloud, on worlds like Venus what is pale; ice that spreads
from a pole without gaps stays on the ground. The ground under clouds is filled in from around them, with light and
shade by its relief.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from serving.gateway.assets.maps import Floats, step

_LEAST = 0.5  # share of kinds with clouds, from which on there is a shell
_MOST_SUN = 0.15  # with more, what is pale is heat
_ICE_ROWS = 32  # of the map in which ice is looked for
_ICE = 0.8  # share of white in it
_ICE_REACH = 9  # of these rows, from a pole: 50 degrees
_NEAR, _FINE = 4, 3  # halvings: how far the rims of clouds reach, and what of relief is fine
_SHADE = 0.06


@dataclasses.dataclass(frozen=True)
class _Look:
    """Between which values something begins to look like cloud and is nothing else, and the same the other way round.

    Attributes:
        pale: Of the weakest channel, 0..1.
        colored: Of saturation, 0..1, at which that ends.
        dark: Of the weakest channel, between which ground ends.
        vivid: Of saturation, at which it begins again.
    """

    pale: tuple[float, float]
    colored: tuple[float, float]
    dark: tuple[float, float]
    vivid: tuple[float, float]

    def cloud(self, weakest: Floats, saturation: Floats) -> Floats:
        return step(weakest, *self.pale) * (1.0 - step(saturation, *self.colored))

    def ground(self, weakest: Floats, saturation: Floats) -> Floats:
        return 1.0 - step(weakest, *self.dark) * (1.0 - step(saturation, *self.vivid))


_EARTH = _Look((0.42, 0.8), (0.22, 0.42), (0.22, 0.42), (0.3, 0.5))
_VENUS = _Look((0.28, 0.62), (0.45, 0.72), (0.18, 0.34), (0.6, 0.8))


@dataclasses.dataclass(frozen=True)
class Layers:
    """A map taken apart.

    Attributes:
        ground: Colors in 0..255, of shape (H, 2 H, 3).
        clouds: Colors and alpha in 0..255, straight, of shape (H, 2 H, 4).
    """

    ground: Floats
    clouds: Floats


def has_clouds(kind: Mapping[str, float] | None) -> bool:
    """Whether a world of a kind gets a shell of clouds: what is mostly like the earth or Venus, and no lava."""
    kind = kind or {}
    return kind.get("earth", 0.0) + kind.get("venus", 0.0) >= _LEAST and kind.get("sun", 0.0) < _MOST_SUN


def layers_of(colors: NDArray[Any], heights: NDArray[Any], kind: Mapping[str, float]) -> Layers:
    """Takes a map apart; of a world that has clouds.

    Args:
        colors: In 0..255, of shape (H, 2 H, 3).
        heights: In any unit, of shape (H, 2 H).
        kind: Shares by kind's name.
    """
    shown = np.asarray(colors, np.float32)
    weakest, strongest = shown.min(axis=-1) / 255.0, shown.max(axis=-1) / 255.0
    saturation = (strongest - weakest) / np.maximum(strongest, 1e-3)
    venus = kind.get("venus", 0.0) / (kind.get("earth", 0.0) + kind.get("venus", 0.0))
    cloud, ground = (
        (1.0 - venus) * getattr(_EARTH, what)(weakest, saturation) + venus * getattr(_VENUS, what)(weakest, saturation)
        for what in ("cloud", "ground")
    )
    ice = _polar_ice((1.0 - venus) * cloud)
    cloud, ground = cloud * (1.0 - ice), np.maximum(ground, ice)
    below = _filled(shown, (ground * (1.0 - cloud))[..., None]) * (1.0 + _SHADE * _relief(heights))[..., None]
    covered = np.maximum(step(cloud, 0.0, 0.25), (1.0 - ground) * step(_spread(cloud, _NEAR), 0.05, 0.3))[..., None]
    above = _filled(shown, (cloud * cloud)[..., None])
    return Layers(
        _with_poles(shown * (1.0 - covered) + np.clip(below, 0.0, 255.0) * covered),
        _with_poles(np.concatenate([above, 255.0 * cloud[..., None]], axis=-1)),
    )


def _polar_ice(white: Floats) -> Floats:
    """Where white spreads from a pole without gaps, as clouds do not, and its rim; 0..1."""
    coarse, halvings = _coarser(white[..., None], _ICE_ROWS)
    rows, columns = coarse.shape[:2]
    wide = _around(coarse[..., 0])
    mean = sum(wide[i : i + rows, j : j + columns] for i in range(3) for j in range(3)) / 9.0
    solid = mean > _ICE
    solid[_ICE_REACH:-_ICE_REACH] = False
    ice = np.zeros_like(solid)
    for row in (0, -1):
        if solid[row].mean() > 0.5:
            ice[row] = solid[row]
    while (grown := ice | (_grown(ice) & solid)).sum() > ice.sum():
        ice = grown
    return _finer(_grown(_grown(ice)).astype(np.float32)[..., None], halvings)[..., 0]


def _filled(colors: Floats, weights: Floats) -> Floats:
    """Colors where weights are 1, and in their place what is around where they are less: coarser means of it."""
    if colors.shape[0] % 2 or colors.shape[0] <= 4:
        mean = (colors * weights).sum(axis=(0, 1)) / max(float(weights.sum()), 1e-6)
        return np.where(weights > 1e-3, colors, mean).astype(np.float32)
    half = _half(weights)
    coarse = _filled(_half(colors * weights) / np.maximum(half, 1e-6), np.minimum(1.0, 2.0 * half))
    return weights * colors + (1.0 - weights) * _double(coarse)


def _relief(heights: NDArray[Any]) -> Floats:
    """What is fine of heights, in standard deviations."""
    heights = np.asarray(heights, np.float32)
    fine = heights - _spread(heights, _FINE)
    return np.clip(fine / max(float(fine.std()), 1e-6), -2.5, 2.5)


def _spread(values: Floats, halvings: int) -> Floats:
    coarse, count = _coarser(values[..., None], values.shape[0] >> halvings)
    return _finer(coarse, count)[..., 0]


def _with_poles(surface: Floats) -> Floats:
    """The same, one color at each pole."""
    surface[[0, -1]] = surface[[0, -1]].mean(axis=1, keepdims=True)
    return surface


def _coarser(surface: Floats, rows: int) -> tuple[Floats, int]:
    """A map halved until it has at most so many rows, or an odd number, and how often that took."""
    count = 0
    while surface.shape[0] > max(rows, 2) and surface.shape[0] % 2 == 0:
        surface, count = _half(surface), count + 1
    return surface, count


def _finer(surface: Floats, doublings: int) -> Floats:
    for _ in range(doublings):
        surface = _double(surface)
    return surface


def _half(surface: Floats) -> Floats:
    rows, columns, channels = surface.shape
    return surface.reshape(rows // 2, 2, columns // 2, 2, channels).mean(axis=(1, 3))


def _double(surface: Floats) -> Floats:
    """Twice as many rows and columns, linear."""
    for axis in (0, 1):
        wide = np.moveaxis(_around(surface), axis, 0)
        wide = wide[:, 1:-1]
        near, before, after = wide[1:-1], wide[:-2], wide[2:]
        pairs = np.stack([0.75 * near + 0.25 * before, 0.75 * near + 0.25 * after], axis=1)
        surface = np.moveaxis(pairs.reshape(-1, *near.shape[1:]), 0, axis)
    return surface


def _around(surface: NDArray[Any]) -> NDArray[Any]:
    """With one more cell on each side: the other edge's to the left and right, the same beyond the poles."""
    wide = np.concatenate([surface[:, -1:], surface, surface[:, :1]], axis=1)
    return np.concatenate([wide[:1], wide, wide[-1:]], axis=0)


def _grown(cells: NDArray[np.bool_]) -> NDArray[np.bool_]:
    wide = _around(cells)
    return cells | wide[:-2, 1:-1] | wide[2:, 1:-1] | wide[1:-1, :-2] | wide[1:-1, 2:]
