"""The sphere as six square grids: an equiangular cube, whose cells differ little in size, without poles.

Axes as in `training.families.world_v2.rendering`: x towards 90° east, y north, z towards longitude 0. Faces stand in
the order +z, +x, -z, -x, +y, -y; a place on a face is `(a, b)`, each an angle in [-1, 1] times 45°, a towards the
face's right, b towards its top. Grids are float32 `(B, 6, n, n, C)`, rows from the top; cells of edges that touch have
the same size, so that a row goes on in a row of the next face.

References: Ronchi 1996, "The Cubed Sphere"; Cheng 2018, "Cube Padding for Weakly-Supervised Saliency Prediction in
360° Videos" (arXiv:1806.01320).
"""

from __future__ import annotations

import functools
import math

import numpy as np
from keras import ops

FACES = 6

# Outwards, right and up, each by face.
_FRAMES = (
    np.float32([[0, 0, 1], [1, 0, 0], [0, 0, -1], [-1, 0, 0], [0, 1, 0], [0, -1, 0]]),
    np.float32([[1, 0, 0], [0, 0, -1], [-1, 0, 0], [0, 0, 1], [1, 0, 0], [1, 0, 0]]),
    np.float32([[0, 1, 0], [0, 1, 0], [0, 1, 0], [0, 1, 0], [0, 0, -1], [0, 0, 1]]),
)
_BEYOND = 1.0 + 1e-4  # just over an edge
_NEIGHBOR = 1 / 8  # its share of what a spline is in the middle of a cell, along an axis


def directions(face, a, b, xp=ops):
    """Places on faces as unit vectors.

    Args:
        face: Int32 `(…)`, in 0..5.
        a: Float `(…)`.
        b: Float `(…)`.
        xp: What computes: `keras.ops`, or NumPy for tables.

    Returns:
        Float `(…, 3)`.
    """
    outwards, right, up = (xp.take(axis, face, axis=0) for axis in _FRAMES)
    u, v = xp.tan(a * (math.pi / 4))[..., None], xp.tan(b * (math.pi / 4))[..., None]
    return (outwards + u * right + v * up) / xp.sqrt(1.0 + u * u + v * v)


def places(points, xp=ops):
    """Unit vectors as places on faces; the inverse of `directions`.

    Args:
        points: Float `(…, 3)`.
        xp: As for `directions`.

    Returns:
        `(face, a, b)`, int32, float and float, each `(…)`.
    """
    x, y, z = (points[..., i] for i in range(3))
    wide, high, deep = (xp.abs(one) for one in (x, y, z))
    on_z = (deep >= wide) & (deep >= high)
    on_x = ~on_z & (wide >= high)
    outwards = xp.where(on_z, z, xp.where(on_x, x, y))
    side, outwards = xp.sign(outwards), xp.abs(outwards)
    right = xp.where(on_z, side * x, xp.where(on_x, -side * z, x))
    up = xp.where(on_z | on_x, y, -side * z)
    a, b = (xp.arctan(one / outwards) * (4 / math.pi) for one in (right, up))
    face = xp.where(on_z, 1.0 - side, xp.where(on_x, 2.0 - side, 4.5 - 0.5 * side))
    face = xp.astype(face, "int32") if xp is np else xp.cast(face, "int32")
    return face, a, b


def cells(n: int):
    """Middles of a grid's cells as unit vectors, float32 `(6, n, n, 3)`."""
    return directions(*_grid(n))


def middles(n: int) -> np.ndarray:
    """Of the cells along a face, as angles in [-1, 1], from the least on, float64 `(n,)`."""
    return (np.arange(n) + 0.5) * 2 / n - 1


def north(n: int):
    """How much of north lies along each cell's right and up: what tells a face which way it lies. Float32
    `(6, n, n, 2)`, 0 where these lie along a parallel."""
    here = cells(n)
    shares = []
    for axis in _FRAMES[1:]:
        axis = ops.convert_to_tensor(axis)[:, None, None]
        along = ops.sum(here * axis, axis=-1)
        shares.append((axis[..., 1] - along * here[..., 1]) * ops.rsqrt(1.0 - ops.square(along)))
    return ops.stack(shares, axis=-1)


def padded(grid):
    """A grid with a border of the neighboring faces' cells, `(B, 6, n + 2, n + 2, C)`.

    The corner where three faces meet is what the three cells there are on average, so that all three faces see the
    same beyond it.
    """
    n, channels = grid.shape[2], grid.shape[-1]
    indices = ops.convert_to_tensor(_border(n))
    # Only the border is gathered: gathering whole faces makes the way back three times as slow.
    border = ops.take(ops.reshape(grid, (-1, FACES * n * n, channels)), indices, axis=1)
    border = ops.reshape(border, (-1, FACES, 4 * n + 12, channels))
    top, bottom, left, right = (border[:, :, i * n : (i + 1) * n] for i in range(4))
    corners = ops.mean(ops.reshape(border[:, :, 4 * n :], (-1, FACES, 4, 3, channels)), axis=3)
    rows = [
        ops.concatenate([corners[:, :, 2 * i : 2 * i + 1], one, corners[:, :, 2 * i + 1 : 2 * i + 2]], axis=2)[
            :, :, None
        ]
        for i, one in enumerate((top, bottom))
    ]
    middle = ops.concatenate([left[:, :, :, None], grid, right[:, :, :, None]], axis=3)
    return ops.concatenate([rows[0], middle, rows[1]], axis=2)


def enlarged(grid):
    """A grid with cells of half the side, between which it is bilinear, also across edges, `(B, 6, 2 n, 2 n, C)`."""
    return smoothed(repeated(grid))


def pooled(grid, n: int):
    """A grid with larger cells, n along a face, each the mean of those it covers, `(B, 6, n, n, C)`."""
    side, channels = grid.shape[2] // n, grid.shape[-1]
    return ops.mean(ops.reshape(grid, (-1, FACES, n, side, n, side, channels)), axis=(3, 5))


def repeated(grid):
    """A grid with each cell cut into four alike, `(B, 6, 2 n, 2 n, C)`."""
    return ops.repeat(ops.repeat(grid, 2, axis=2), 2, axis=3)


def smoothed(grid):
    """A grid after a binomial 3×3 filter, which takes away what alternates from cell to cell."""
    return _smoothed()(grid)


def sharpened(grid):
    """A grid of which `sampled` reads, in the middles of its cells, nearly what it was.

    Unser 1999, "Splines: A Perfect Fit for Signal and Image Processing": its filter by the first terms of its series.
    """
    lost = grid - filtered(grid, _NEIGHBOR)
    return grid + lost + (lost - filtered(lost, _NEIGHBOR))


@functools.cache
def _smoothed():
    def binomial(grid):
        return filtered(grid, 1 / 4)

    @ops.custom_gradient
    def smooth(grid):
        # Cells share with each other alike, so the way back is the way there; TensorFlow's own takes far longer.
        return binomial(grid), binomial

    return smooth


def filtered(grid, share: float):
    """A grid in which each cell has this share of the neighbors on either side, along rows and columns."""
    n, channels = grid.shape[2], grid.shape[-1]
    x = ops.reshape(padded(grid), (-1, n + 2, n + 2, channels))
    shares = (share, 1 - 2 * share, share)
    kernel = np.tile(np.float32(np.outer(shares, shares))[:, :, None, None], (1, 1, channels, 1))
    x = ops.depthwise_conv(x, ops.convert_to_tensor(kernel), padding="valid")
    return ops.reshape(x, (-1, FACES, n, n, channels))


def sampled(grid, points):
    """What a grid is at points: a quadratic B-spline of its cells.

    Its slopes have no jumps, as those of a bilinear surface have at each cell's border; relief shading shows those.

    Args:
        grid: With its border, as `padded` gives it, float32 `(B, 6, n + 2, n + 2, C)`.
        points: Unit vectors, float32 `(B, P, 3)`.

    Returns:
        Float32 `(B, P, C)`.
    """
    side, channels = grid.shape[2], grid.shape[-1]
    n = side - 2
    face, a, b = places(points)
    column, across = _nearest(a, n)
    row, along = _nearest(-b, n)
    batch, count = ops.shape(points)[0], ops.shape(points)[1]
    of_batch = ops.arange(batch, dtype="int32")[:, None] * (FACES * side * side)
    first = of_batch + face * (side * side) + row * side + column  # of 3×3 cells, in the padded grid
    within = np.arange(3, dtype=np.int32)
    others = ops.convert_to_tensor((within[:, None] * side + within).reshape(-1, 1, 1))
    weights = _spline(along)[:, None] * _spline(across)[None]
    # All nine at once, as every pass over so many numbers costs.
    found = ops.take(ops.reshape(grid, (-1, channels)), first + others, axis=0)  # (9, B, P, C)
    return ops.sum(found * ops.reshape(weights, (9, batch, count, 1)), axis=0)


def _nearest(angle, n: int):
    """The cell in which an angle lies, int32, and how far from its middle, in cells, float32."""
    place = (angle + 1.0) * (n / 2) - 0.5
    cell = ops.clip(ops.round(place), 0, n - 1)
    return ops.cast(cell, "int32"), place - cell


def _spline(offset):
    """Weights of the cells before, at and after a place, `(3, …)`, by its distance from the middle one's."""
    return ops.stack([0.5 * ops.square(0.5 - offset), 0.75 - ops.square(offset), 0.5 * ops.square(0.5 + offset)])


@functools.cache
def _border(n: int) -> np.ndarray:
    """Cells around each face: those above, below, left and right of it, and at each corner the three that meet there,
    int32 `(6 · (4 n + 12),)`."""
    halo = _halo(n)
    inner = slice(1, -1)
    sides = [halo[:, 0, inner], halo[:, -1, inner], halo[:, inner, 0], halo[:, inner, -1]]
    corners = []
    for row, row_in in ((0, 1), (-1, -2)):
        for column, column_in in ((0, 1), (-1, -2)):
            meeting = [halo[:, row, column_in], halo[:, row_in, column], halo[:, row_in, column_in]]
            corners.append(np.stack(meeting, axis=1))
    return np.concatenate(sides + corners, axis=1).reshape(-1)


@functools.cache
def _halo(n: int) -> np.ndarray:
    """Numbers of the cells of each face and around it, int32 `(6, n + 2, n + 2)`; at the corners, where there is none,
    that of the cell above or below."""
    ends = np.concatenate([[-_BEYOND], middles(n), [_BEYOND]])
    face, b, a = np.meshgrid(range(FACES), -ends, ends, indexing="ij")
    at_corner = (np.abs(a) > 1) & (np.abs(b) > 1)
    a = np.where(at_corner, np.sign(a) * middles(n)[-1], a)
    found, a, b = places(directions(face, a, b, np), np)
    column, row = (np.clip(np.floor((one + 1) * n / 2), 0, n - 1).astype(np.int32) for one in (a, -b))
    return (found * (n * n) + row * n + column).astype(np.int32)


def _grid(n: int):
    """Face, a and b of a grid's cells, as `directions` takes them; small, as it is the graph that spreads them."""
    face = ops.reshape(ops.arange(FACES, dtype="int32"), (FACES, 1, 1)) + ops.zeros((1, n, n), "int32")
    along = ops.convert_to_tensor(middles(n).astype(np.float32))
    return face, along[None, None, :], -along[None, :, None]
