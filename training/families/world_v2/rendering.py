"""Ellipsoids as a camera far away sees them, point by point, differentiable; `keras.ops` only.

Axes of a globe: x towards 90° east, y north, z towards longitude 0. Axes of a viewer: right, up, nearer. Lengths are in
radii of the globe.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from keras import ops

from datasets.manifest import Size

RADIUS = 0.9  # of the longest axis, in halves of the picture's shorter side: as `datasets.prepare` frames planets
SMALL = 128  # px, up to which pictures are drawn twice as large, and then made smaller as a data set's are
STEEPEST = 0.25  # slope of a relief that is seen, as a tangent, unless one is given

_SMALLEST = 1e-6
_STEEPEST_SIGHT = 0.15  # cosine, of how obliquely a surface is seen, for its footprint


class Sight(NamedTuple):
    """What a camera sees of an ellipsoid, pixel by pixel, P = height · width, rows from the top.

    Attributes:
        points: Places on the unit sphere that is wrapped around the globe, in the globe's axes, float32 `(B, P, 3)`;
            beyond the limb those nearest to it.
        normals: Unit normals of the ellipsoid there, in the viewer's axes, float32 `(B, 3, P)`: what is computed of
            rows of one axis takes a fraction of the time that it does of three numbers at a time.
        coverage: Share of the pixel that the globe covers, float32 `(B, P, 1)` in 0..1.
        footprint: How far apart on the globe neighboring pixels see it, in radii, float32 `(B, P, 1)`.
    """

    points: object
    normals: object
    coverage: object
    footprint: object


def turn_of(view):
    """Rotations from the viewer's axes to the globe's.

    Args:
        view: Longitude and latitude of the place that faces the viewer and the roll of the picture, counterclockwise,
            in degrees, float32 `(B, 3)`.

    Returns:
        Float32 `(B, 3, 3)`, for columns.
    """
    radians = view * (math.pi / 180.0)
    (sin_lon, sin_lat, sin_roll), (cos_lon, cos_lat, cos_roll) = (
        [part[:, i] for i in range(3)] for part in (ops.sin(radians), ops.cos(radians))
    )
    one, none = ops.ones_like(sin_lon), ops.zeros_like(sin_lon)
    spin = matrix([[cos_lon, none, sin_lon], [none, one, none], [-sin_lon, none, cos_lon]])
    nod = matrix([[one, none, none], [none, cos_lat, sin_lat], [none, -sin_lat, cos_lat]])
    roll = matrix([[cos_roll, sin_roll, none], [-sin_roll, cos_roll, none], [none, none, one]])
    return spin @ nod @ roll


def see(size: Size, axes, turn, window=None) -> Sight:
    """Looks at ellipsoids in parallel projection.

    Args:
        size: Of the pictures.
        axes: Semi-axes of the ellipsoids, float32 `(B, 3)`, the longest 1.
        turn: As `turn_of` gives it.
        window: What the pictures show of the plane before the camera: how far their middle lies right of and above the
            globe's, and the side of a pixel, in radii, float32 `(B, 3)`. None: that of `whole`.
    """
    window = whole(size) if window is None else window
    x, y = pixel_places(size, window)
    to_unit = turn / axes[:, :, None]  # from the viewer's axes to those of the unit sphere
    form = ops.transpose(to_unit, (0, 2, 1)) @ to_unit  # the surface is where v · form v = 1
    a, b, c, d, e, f = (form[:, i, j, None] for i, j in ((0, 0), (0, 1), (1, 1), (0, 2), (1, 2), (2, 2)))
    slope_x, slope_y = (a - d * d / f) * x + (b - d * e / f) * y, (b - d * e / f) * x + (c - e * e / f) * y
    reach = ops.sqrt(ops.maximum(x * slope_x + y * slope_y, _SMALLEST))  # 1 on the outline
    steepness = ops.sqrt(ops.maximum(slope_x * slope_x + slope_y * slope_y, _SMALLEST))
    inwards = (1.0 - reach) * reach / steepness  # distance from the outline
    coverage = ops.clip(inwards / window[:, 2:] + 0.5, 0.0, 1.0)[..., None]

    z = ops.sqrt(ops.maximum(1.0 - reach * reach, _SMALLEST) / f) - (d * x + e * y) / f
    places = ops.stack([x + ops.zeros_like(z), y + ops.zeros_like(z), z], axis=1)  # in the viewer's axes
    points = unit(to_unit @ places, axis=1)
    normals = unit(ops.transpose(turn, (0, 2, 1)) @ (points / axes[:, :, None]), axis=1)
    footprint = window[:, 2:] / ops.maximum(normals[:, 2], _STEEPEST_SIGHT)
    return Sight(ops.transpose(points, (0, 2, 1)), normals, coverage, footprint[..., None])


def bumped(normals, height, size: Size, window=None, steepest: float = STEEPEST):
    """Normals of a surface that is raised a little, by differences between neighboring pixels.

    Blinn 1978, "Simulation of Wrinkled Surfaces".

    Args:
        normals: Unit normals in the viewer's axes, float32 `(B, 3, P)`.
        height: Float32 `(B, P, 1)`.
        size: Of the picture.
        window: As for `see`.
        steepest: Slope, as a tangent.

    Returns:
        Unit normals, float32 `(B, 3, P)`; towards the limb, where neighbors lie far apart, the old ones. No slope is
        steeper than `steepest`: the finer the picture, the steeper a cliff between two of its pixels.
    """
    window = whole(size) if window is None else window
    across = 2.0 * window[:, 2:, None]
    grid = ops.reshape(height, (-1, size.height, size.width))
    padded = ops.pad(grid, ((0, 0), (1, 1), (1, 1)), mode="symmetric")
    right = ops.reshape((padded[:, 1:-1, 2:] - padded[:, 1:-1, :-2]) / across, (-1, size.height * size.width))
    up = ops.reshape((padded[:, :-2, 1:-1] - padded[:, 2:, 1:-1]) / across, (-1, size.height * size.width))
    x, y, z = (normals[:, i] for i in range(3))
    into = right * x + up * y  # the gradient's part along the normal; the rest of it is on the surface
    squared = ops.maximum(right * right + up * up - into * into, 0.0)
    share = ops.clip(z * 4.0 - 0.4, 0.0, 1.0) * ops.rsqrt(1.0 + squared * steepest**-2)
    kept, length = 1.0 + share * into, ops.rsqrt(1.0 + share * share * squared)
    raised = (kept * x - share * right, kept * y - share * up, kept * z)
    return ops.stack([one * length for one in raised], axis=1)


def lit(albedo, normals, smooth, sun, looks):
    """Light that comes from a surface, float32 `(B, P, 3)` in 0..1.

    Args:
        albedo: Float32 `(B, P, 3)` in 0..1.
        normals: Unit normals of the surface in the viewer's axes, float32 `(B, 3, P)`.
        smooth: Those of the globe without its relief, by which air and limb go.
        sun: Where it is in the viewer's axes, its length the strength of the light, float32 `(B, 3)`.
        looks: Of the world: `ambient`, `limb`, `shine`, `rim` and `haze`, each `(B, N)` in 0..1, and `relief`, the
            share of light that a slope gains or loses besides, for a cosine of 1 more or less, even where light comes
            from everywhere: maps made of photographs in slanting light bring their shades along.
    """
    names = ("ambient", "limb", "shine", "rim", "haze", "relief")
    ambient, limb, shine, rim, haze, relief = (looks[name][:, None] for name in names)
    strength = ops.sqrt(ops.sum(sun * sun, axis=-1, keepdims=True) + 1e-12)[:, None]
    towards = sun[:, None] / strength
    cosine, level = (ops.reshape(ops.matmul(towards, one), (-1, one.shape[-1], 1)) for one in (normals, smooth))
    # Not a power, which takes several times as long.
    day = strength * (ambient + (1.0 - ambient) * ops.exp(limb * ops.log(ops.maximum(cosine, 1e-3))))
    day = day * ops.maximum(1.0 + relief * (cosine - level), 0.0)
    away = 1.0 - ops.clip(smooth[:, 2, :, None], 0.0, 1.0)
    air = (rim * haze) * (day * (away * away * away))
    return ops.clip(albedo * (shine + (1.0 - shine) * day) + air, 0.0, 1.0)


def times_larger(size: Size) -> int:
    """How many times as large, along each side, pictures of a size are drawn: small ones would be jagged."""
    return 2 if max(size) <= SMALL else 1


def halved(pictures):
    """Pictures half as large, by bicubic resampling, as `datasets.prepare` makes them smaller.

    Args:
        pictures: Float32 `(…, 2 H, 2 W, C)`.

    Returns:
        Float32 `(…, H, W, C)`, which may go beyond the range of `pictures`.
    """
    *outer, height, width, channels = pictures.shape
    pictures = _halving(height) @ ops.reshape(pictures, (-1, height, width * channels))
    pictures = ops.reshape(pictures, (-1, width, channels))
    pictures = _halving(width) @ pictures
    outer = [-1 if one is None else one for one in outer]
    return ops.reshape(pictures, (*outer, height // 2, width // 2, channels))


def _halving(length: int):
    """Weights of pixels in those of a row half as long, float32 `(length / 2, length)`: Keys 1981, "Cubic Convolution
    Interpolation for Digital Image Processing", with its kernel twice as wide. Spread in the graph, as in
    `_columns_and_rows`."""
    pixels, halves = ops.arange(length, dtype="float32"), ops.arange(length // 2, dtype="float32")
    distance = ops.abs((pixels + 0.5) / 2.0 - (halves[:, None] + 0.5))
    near = (1.5 * distance - 2.5) * distance * distance + 1.0
    far = ((-0.5 * distance + 2.5) * distance - 4.0) * distance + 2.0
    weights = ops.where(distance < 1.0, near, ops.where(distance < 2.0, far, 0.0))
    return weights / ops.sum(weights, axis=1, keepdims=True)


def whole(size: Size):
    """The window of a picture of the whole globe, as for `see`, float32 `(1, 3)`."""
    return ops.convert_to_tensor(np.float32([[0.0, 0.0, pixel_side(size)]]))


def pixel_places(size: Size, window=None):
    """Places of the pixels' middles right of and above the globe's, in radii, float32 `(B, P)` each; `window` as for
    `see`."""
    window = whole(size) if window is None else window
    right = ops.arange(size.width, dtype="float32") + (0.5 - size.width / 2)
    above = (size.height / 2 - 0.5) - ops.arange(size.height, dtype="float32")
    return tuple(window[:, i : i + 1] + one * window[:, 2:] for i, one in enumerate(_columns_and_rows(right, above)))


def pixel_side(size: Size) -> float:
    """The side of a pixel in radii of the globe."""
    return 2.0 / (RADIUS * min(size))


def map_places(height: int):
    """Points on the unit sphere of the pixels of a map in equirectangular projection, float32 `(height · 2 height, 3)`.

    Longitude -180° is at its left edge, north at its top. The middles of the first and last row are the poles
    themselves, so that these rows are of one color.
    """
    # Its graph counts, so that it need not hold them; from the middle on, so that 32 bits tell halves alike.
    longitude = (ops.arange(2 * height, dtype="float32") + (0.5 - height)) * (math.pi / height)
    latitude = map_latitudes(height)
    ring, sines = np.cos(latitude), np.sin(latitude)
    ring[[0, -1]] = 0.0
    east, north = _columns_and_rows(ops.sin(longitude), sines)
    nearer, ring = _columns_and_rows(ops.cos(longitude), ring)
    return ops.stack([ring * east, north, ring * nearer], axis=-1)[0]


def map_latitudes(height: int) -> np.ndarray:
    """Latitudes of the rows of a map in radians, float64 `(height,)`."""
    return (0.5 - np.arange(height) / (height - 1)) * np.pi


def unit(vectors, axis: int = -1):
    """Vectors along an axis, of length 1."""
    return vectors * ops.rsqrt(ops.sum(vectors * vectors, axis=axis, keepdims=True) + _SMALLEST)


def matrix(rows):
    """Matrices `(B, N, N)` of rows of entries `(B,)`."""
    return ops.stack([ops.stack(row, axis=-1) for row in rows], axis=-2)


def _columns_and_rows(of_columns, of_rows):
    """Values of a grid's columns `(W,)` and rows `(H,)` for each of its cells, float32 `(1, H · W)` each.

    Spread in the graph, which would else hold megabytes of them.
    """
    of_columns, of_rows = (ops.cast(ops.convert_to_tensor(one), "float32") for one in (of_columns, of_rows))
    shape = (of_rows.shape[0], of_columns.shape[0])
    grids = (ops.broadcast_to(one, shape) for one in (of_columns[None, :], of_rows[:, None]))
    return tuple(ops.reshape(grid, (1, -1)) for grid in grids)
