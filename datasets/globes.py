"""Draws ellipsoids wrapped in flat maps, as a camera far away sees them. NumPy only."""

from __future__ import annotations

import dataclasses
import functools

import numpy as np

LIGHT = np.where(
    np.arange(256) <= 10, np.arange(256) / 255 / 12.92, ((np.arange(256) / 255 + 0.055) / 1.055) ** 2.4
)  # float64 (256,): light by sRGB value (IEC 61966-2-1)

_STEPS = 4095  # of light, fine enough that the darkest differ by less than one sRGB value


def srgb(light: np.ndarray) -> np.ndarray:
    """Light in 0..1 to sRGB values in 0..1 (IEC 61966-2-1)."""
    return np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)


_SRGB = np.rint(255 * srgb(np.arange(_STEPS + 1) / _STEPS)).astype(np.uint8)  # by steps of light


@dataclasses.dataclass(frozen=True)
class Lighting:
    """How globes are lit.

    Attributes:
        sun: Degrees that the sun stands to the right of the viewer and above, each -90 to 90.
        ambient: Share of the light that comes from everywhere, 0..1: how bright the night side is.
        limb: Exponent of the cosine of the sun's angle, 0..1: 1 shades like paper, with a dark limb; 0 is flat.
        exposure: Factor of all light, above 0.
    """

    sun: tuple[float, float] = (22.0, 18.0)
    ambient: float = 0.12
    limb: float = 0.5
    exposure: float = 1.4


def draw_ellipsoid(
    light: np.ndarray,
    size: tuple[int, int],
    diameter: float,
    axes: tuple[float, float, float],
    latitude: float,
    longitude: float,
    lighting: Lighting | None,
) -> np.ndarray:
    """One globe in parallel projection, north up, with an antialiased limb, in the middle of a black picture.

    Args:
        light: Map, light in 0..1, float32 `(H, W, 3)`, longitude -180° at its left edge, north at its top; about as
            fine as the picture, as `diameter` pixels take `π / 2 · diameter` columns.
        size: Width and height of the picture in pixels.
        diameter: Of the longest axis in pixels, below both.
        axes: Semi-axes to 90° east, to the north pole and to longitude 0, the longest 1.
        latitude: Of the place that faces the viewer, in degrees.
        longitude: Of that place, in degrees.
        lighting: None for a globe that shines by itself.

    Returns:
        sRGB, uint8 `(height, width, 3)`.
    """
    width, height = size
    turn = _turn(latitude, longitude).astype(np.float32)
    to_unit = turn / np.asarray(axes, np.float32)[:, None]  # viewer's axes to those of the unit sphere under the map
    form = to_unit.T @ to_unit  # the surface is where v · form v = 1
    outline = form[:2, :2] - np.outer(form[:2, 2], form[2, :2]) / form[2, 2]

    x, y, top, left, side = _rays(width, height, diameter)
    slope_x, slope_y = outline[0, 0] * x + outline[0, 1] * y, outline[0, 1] * x + outline[1, 1] * y
    reach = np.sqrt(np.maximum(x * slope_x + y * slope_y, 1e-12))  # 1 on the outline
    beyond = (1 - reach) * reach / np.maximum(np.hypot(slope_x, slope_y), 1e-6)  # distance inwards, in radii
    coverage = np.clip(beyond * (diameter / 2) + 0.5, 0, 1)
    seen = np.flatnonzero(coverage)
    x, y, coverage = x[seen], y[seen], coverage[seen]
    z = np.sqrt(np.maximum(1 - reach[seen] ** 2, 0) / form[2, 2]) - (form[2, 0] * x + form[2, 1] * y) / form[2, 2]

    east, north, front = (row[0] * x + row[1] * y + row[2] * z for row in to_unit)
    colors = _sample(light, np.arctan2(east, front), np.arcsin(np.clip(north, -1, 1)))
    if lighting is not None:
        normals = [part / axis for part, axis in zip((east, north, front), axes, strict=True)]
        coverage = coverage * _shade(normals, turn, lighting)
    colors *= coverage[:, None]
    np.minimum(colors, 1, out=colors)
    disc = np.zeros((side * side, 3), np.uint8)
    disc[seen] = _SRGB[(colors * _STEPS + 0.5).astype(np.uint16)]
    picture = np.zeros((height, width, 3), np.uint8)
    picture[top : top + side, left : left + side] = disc.reshape(side, side, 3)
    return picture


@functools.lru_cache(maxsize=1)
def _rays(width: int, height: int, diameter: float) -> tuple[np.ndarray, np.ndarray, int, int, int]:
    """Places right of and above the middle in radii, float32 `(side²,)`, of a square; its top, left and side."""
    side = min(2 * int(np.ceil(diameter / 2)) + 2, width, height)
    left, top = (width - side) // 2, (height - side) // 2
    right = (np.arange(side) + left + 0.5 - width / 2) * (2 / diameter)
    above = (height / 2 - np.arange(side) - top - 0.5) * (2 / diameter)
    x, y = np.meshgrid(right.astype(np.float32), above.astype(np.float32))
    return x.ravel(), y.ravel(), top, left, side


def _turn(latitude: float, longitude: float) -> np.ndarray:
    """Rotation `(3, 3)` from the viewer's axes (right, up, nearer) to the globe's (90° east, north, longitude 0)."""
    (sin_lat, sin_lon), (cos_lat, cos_lon) = (f(np.radians([latitude, longitude])) for f in (np.sin, np.cos))
    nod = np.array([[1, 0, 0], [0, cos_lat, sin_lat], [0, -sin_lat, cos_lat]])
    spin = np.array([[cos_lon, 0, sin_lon], [0, 1, 0], [-sin_lon, 0, cos_lon]])
    return spin @ nod


def _sample(light: np.ndarray, longitude: np.ndarray, latitude: np.ndarray) -> np.ndarray:
    """Bilinear samples of a map that goes on around the globe, float32 `(N, 3)`; angles in radians."""
    height, width = light.shape[:2]
    column = (longitude / np.float32(2 * np.pi) + np.float32(0.5)) * width + (width - np.float32(0.5))
    row = np.clip((np.float32(0.5) - latitude / np.float32(np.pi)) * height - np.float32(0.5), 0, height - 1)
    left, upper = column.astype(np.int32), row.astype(np.int32)
    across, down = (column - left)[:, None], (row - upper)[:, None]
    left %= width
    right = left + 1
    right[right == width] = 0
    upper, lower = upper * width, np.minimum(upper + 1, height - 1) * width
    flat = light.reshape(-1, 3)

    def mixed(start: np.ndarray) -> np.ndarray:
        near = flat.take(start + left, axis=0)
        far = flat.take(start + right, axis=0)
        far -= near
        far *= across
        near += far
        return near

    above, below = mixed(upper), mixed(lower)
    below -= above
    below *= down
    above += below
    return above


def _shade(normals: list[np.ndarray], turn: np.ndarray, lighting: Lighting) -> np.ndarray:
    """Light `(N,)` that places with these normals, in the globe's axes and of any length, send to the viewer."""
    right, up = np.radians(lighting.sun)
    sun = turn @ np.array([np.sin(right) * np.cos(up), np.sin(up), np.cos(right) * np.cos(up)], np.float32)
    length = np.sqrt(sum(part * part for part in normals))
    cosine = np.maximum(sum(part * share for part, share in zip(normals, sun, strict=True)) / length, 0)
    return lighting.exposure * (lighting.ambient + (1 - lighting.ambient) * cosine**lighting.limb)
