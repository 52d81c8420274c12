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
STEEPEST = 0.25  # slope of a relief that is seen, as a tangent

_SMALLEST = 1e-6


class Sight(NamedTuple):
    """What a camera sees of an ellipsoid, pixel by pixel, P = height · width, rows from the top.

    Attributes:
        points: Places on the unit sphere that is wrapped around the globe, in the globe's axes, float32 `(B, P, 3)`;
            beyond the limb those nearest to it.
        normals: Unit normals of the ellipsoid there, in the viewer's axes, float32 `(B, P, 3)`.
        coverage: Share of the pixel that the globe covers, float32 `(B, P, 1)` in 0..1.
    """

    points: object
    normals: object
    coverage: object


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


def see(size: Size, axes, turn) -> Sight:
    """Looks at ellipsoids in parallel projection, in the middle of pictures.

    Args:
        size: Of the pictures.
        axes: Semi-axes of the ellipsoids, float32 `(B, 3)`, the longest 1.
        turn: As `turn_of` gives it.
    """
    x, y = pixel_places(size)
    to_unit = turn / axes[:, :, None]  # from the viewer's axes to those of the unit sphere
    form = ops.transpose(to_unit, (0, 2, 1)) @ to_unit  # the surface is where v · form v = 1
    a, b, c, d, e, f = (form[:, i, j, None] for i, j in ((0, 0), (0, 1), (1, 1), (0, 2), (1, 2), (2, 2)))
    slope_x, slope_y = (a - d * d / f) * x + (b - d * e / f) * y, (b - d * e / f) * x + (c - e * e / f) * y
    reach = ops.sqrt(ops.maximum(x * slope_x + y * slope_y, _SMALLEST))  # 1 on the outline
    steepness = ops.sqrt(ops.maximum(slope_x * slope_x + slope_y * slope_y, _SMALLEST))
    inwards = (1.0 - reach) * reach / steepness  # distance from the outline
    coverage = ops.clip(inwards / pixel_side(size) + 0.5, 0.0, 1.0)[..., None]

    z = ops.sqrt(ops.maximum(1.0 - reach * reach, _SMALLEST) / f) - (d * x + e * y) / f
    places = ops.stack([x + ops.zeros_like(z), y + ops.zeros_like(z), z], axis=-1)  # in the viewer's axes
    points = unit(places @ ops.transpose(to_unit, (0, 2, 1)))
    normals = unit((points / axes[:, None]) @ turn)
    return Sight(points, normals, coverage)


def bumped(normals, height, size: Size):
    """Normals of a surface that is raised a little, by differences between neighboring pixels.

    Blinn 1978, "Simulation of Wrinkled Surfaces".

    Args:
        normals: Unit normals in the viewer's axes, float32 `(B, P, 3)`.
        height: Float32 `(B, P, 1)`.
        size: Of the picture.

    Returns:
        Unit normals, float32 `(B, P, 3)`; towards the limb, where neighbors lie far apart, the old ones. No slope is
        steeper than `STEEPEST`: the finer the picture, the steeper a cliff between two of its pixels.
    """
    grid = ops.reshape(height, (-1, size.height, size.width))
    padded = ops.pad(grid, ((0, 0), (1, 1), (1, 1)), mode="symmetric")
    slope_x = (padded[:, 1:-1, 2:] - padded[:, 1:-1, :-2]) / (2.0 * pixel_side(size))
    slope_y = (padded[:, :-2, 1:-1] - padded[:, 2:, 1:-1]) / (2.0 * pixel_side(size))
    slope = ops.stack([slope_x, slope_y, ops.zeros_like(slope_x)], axis=-1)
    slope = ops.reshape(slope, (-1, size.height * size.width, 3))
    along = slope - normals * ops.sum(slope * normals, axis=-1, keepdims=True)  # the gradient on the surface
    along = along / ops.sqrt(1.0 + ops.sum(along * along, axis=-1, keepdims=True) / STEEPEST**2)
    return unit(normals - along * ops.clip(normals[..., 2:] * 4.0 - 0.4, 0.0, 1.0))


def pixel_places(size: Size):
    """Places of the pixels' middles right of and above the picture's, in radii, float32 `(1, P)` each."""
    side = pixel_side(size)
    right = (np.arange(size.width) + 0.5 - size.width / 2) * side
    above = (size.height / 2 - np.arange(size.height) - 0.5) * side
    return _columns_and_rows(right[None, :], above[:, None])


def pixel_side(size: Size) -> float:
    """The side of a pixel in radii of the globe."""
    return 2.0 / (RADIUS * min(size))


def map_places(height: int):
    """Points on the unit sphere of the pixels of a map in equirectangular projection, float32 `(height · 2 height, 3)`.

    Longitude -180° is at its left edge, north at its top. The middles of the first and last row are the poles
    themselves, so that these rows are of one color.
    """
    longitude = (((np.arange(2 * height) + 0.5) / height - 1.0) * np.pi)[None, :]
    latitude = map_latitudes(height)[:, None]
    ring, sines = np.cos(latitude), np.sin(latitude)
    ring[[0, -1]] = 0.0
    east, north = _columns_and_rows(np.sin(longitude), sines)
    nearer, ring = _columns_and_rows(np.cos(longitude), ring)
    return ops.stack([ring * east, north, ring * nearer], axis=-1)[0]


def map_latitudes(height: int) -> np.ndarray:
    """Latitudes of the rows of a map in radians, float64 `(height,)`."""
    return (0.5 - np.arange(height) / (height - 1)) * np.pi


def unit(vectors):
    """Vectors `(…, N)` of length 1."""
    return vectors * ops.rsqrt(ops.sum(vectors * vectors, axis=-1, keepdims=True) + _SMALLEST)


def matrix(rows):
    """Matrices `(B, N, N)` of rows of entries `(B,)`."""
    return ops.stack([ops.stack(row, axis=-1) for row in rows], axis=-2)


def _columns_and_rows(of_columns: np.ndarray, of_rows: np.ndarray):
    """Values of a grid's columns `(1, W)` and rows `(H, 1)` for each of its cells, float32 `(1, H · W)` each.

    Spread in the graph, which would else hold megabytes of them.
    """
    shape = (of_rows.size, of_columns.size)
    grids = (
        ops.broadcast_to(ops.convert_to_tensor(values.astype(np.float32)), shape) for values in (of_columns, of_rows)
    )
    return tuple(ops.reshape(grid, (1, -1)) for grid in grids)
