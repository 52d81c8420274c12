"""Convolutions with up to six times fewer multiplications, for processors: Winograd's minimal filtering, in float32.

A picture is cut into overlapping tiles, tiles and kernel are evaluated as polynomials at a few points, multiplied
point by point (one matrix product over channels per point) and interpolated back. Same sums, other order: results
differ from the direct convolution's by about 1e-5 of their standard deviation, at most by 1e-4.

References: Lavin & Gray 2016, "Fast Algorithms for Convolutional Neural Networks" (arXiv:1509.09308); the matrices
are Toom-Cook's, as in Barabasz et al. 2020, "Error Analysis and Improving the Accuracy of Winograd Convolution for
Deep Neural Networks" (arXiv:1803.10986).
"""

from __future__ import annotations

import functools
import math
from fractions import Fraction

import numpy as np
from keras import ops

TILE = 4  # results per tile and axis
KERNEL_SIZES = {1: (3, 5), 2: (4, 5, 6)}  # by stride

_POINTS = tuple(map(Fraction, ("0", "1", "-1", "2", "-2", "1/2", "-1/2")))  # and infinity; more would round too much


def conv(x, kernel, stride: int = 1):
    """`keras.ops.conv(x, kernel, stride, padding="same")`, differentiable any number of times.

    Args:
        x: Float32 `(B, H, W, C)`, all dimensions known; H and W even at stride 2.
        kernel: Float32 `(K, K, C, F)`, K one of `KERNEL_SIZES`.
        stride: 1, or 2: one convolution of the picture's four phases.

    Returns:
        Float32 `(B, H / stride, W / stride, F)`.
    """
    if stride == 1:
        return _stride_1(x, kernel)
    batch, height, width, channels = x.shape
    phases = ops.reshape(x, (batch, height // 2, 2, width // 2, 2, channels))
    phases = ops.reshape(ops.transpose(phases, (0, 1, 3, 2, 4, 5)), (batch, height // 2, width // 2, 4 * channels))
    kernel = ops.transpose(_phases_of_kernel(kernel), (0, 2, 1, 3, 4, 5))
    return _stride_1(phases, ops.reshape(kernel, (3, 3, 4 * channels, -1)))


def conv_transpose(x, kernel, stride: int = 1):
    """`keras.ops.conv_transpose(x, kernel, stride, padding="same")`, differentiable any number of times.

    Args:
        x: Float32 `(B, H, W, C)`, all dimensions known.
        kernel: Float32 `(K, K, F, C)`, K one of `KERNEL_SIZES`.
        stride: 1, or 2: one convolution that draws the result's four phases.

    Returns:
        Float32 `(B, H * stride, W * stride, F)`.
    """
    if stride == 1:
        return _stride_1(x, _adjoint(kernel))
    batch, height, width, channels = x.shape
    filters = kernel.shape[2]
    kernel = ops.transpose(ops.flip(_phases_of_kernel(kernel), (0, 2)), (0, 2, 5, 1, 3, 4))
    phases = _stride_1(x, ops.reshape(kernel, (3, 3, channels, 4 * filters)))
    phases = ops.transpose(ops.reshape(phases, (batch, height, width, 2, 2, filters)), (0, 1, 3, 2, 4, 5))
    return ops.reshape(phases, (batch, 2 * height, 2 * width, filters))


@functools.cache
def matrices(tile: int, size: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The exact matrices of `tile` results of a filter with `size` taps.

    With points p: `results = A @ ((G @ filter) * (B @ data))`, where `data` has n = tile + size - 1 numbers.

    Returns:
        `(A, G, B)`, of `Fraction`, shaped `(tile, n)`, `(n, size)` and `(n, n)`.
    """
    count = tile + size - 1
    points = _POINTS[: count - 1]
    others = [[q for q in points if q != p] for p in points]
    scales = [math.prod(p - q for q in rest) for p, rest in zip(points, others, strict=True)]
    a = [[p**power for p in points] + [Fraction(power == tile - 1)] for power in range(tile)]
    g = [[p**power / scale for power in range(size)] for p, scale in zip(points, scales, strict=True)]
    g.append([Fraction(power == size - 1) for power in range(size)])
    b = [[*_coefficients(roots), Fraction(0)] for roots in others] + [_coefficients(points)]
    return np.array(a), np.array(g), np.array(b)


def _stride_1(x, kernel):
    """`conv` of stride 1, differentiable any number of times because its gradients are convolutions of this kind."""

    @ops.custom_gradient
    def function(x, kernel):
        def gradient(upstream):
            return _stride_1(upstream, _adjoint(kernel)), _kernel_gradient(x, upstream, kernel.shape[0])

        return _convolve(x, kernel), gradient

    return function(x, kernel)


def _kernel_gradient(x, upstream, size):
    """Gradient of `sum(upstream * _stride_1(x, kernel))` by the kernel."""

    @ops.custom_gradient
    def function(x, upstream):
        def gradient(upstream_kernel):
            return _stride_1(upstream, _adjoint(upstream_kernel)), _stride_1(x, upstream_kernel)

        return _correlate(x, upstream, size), gradient

    return function(x, upstream)


@functools.cache
def _float_matrices(size: int) -> tuple[np.ndarray, ...]:
    return tuple(matrix.astype("float32") for matrix in matrices(TILE, size))


def _convolve(x, kernel):
    batch, height, width, _ = x.shape
    size, _, channels, filters = kernel.shape
    a, g, _ = _float_matrices(size)
    points = len(g)
    values = _values_of_tiles(x, size)
    kernel = ops.reshape(_on_both_axes(g, kernel), (points**2, channels, filters))
    products = ops.reshape(ops.matmul(values, kernel), (points, points, -1, filters))
    return _join(_on_both_axes(a, products), batch, height, width)


def _correlate(x, upstream, size):
    channels, filters = x.shape[-1], upstream.shape[-1]
    a, g, _ = _float_matrices(size)
    points = len(g)
    values = _values_of_tiles(x, size)
    products = ops.reshape(_on_both_axes(a.T, _cut(upstream)), (points**2, -1, filters))
    kernel = ops.matmul(ops.transpose(values, (0, 2, 1)), products)
    return _on_both_axes(g.T, ops.reshape(kernel, (points, points, channels, filters)))


def _values_of_tiles(x, size):
    """What the overlapping tiles are at the points, `(points², tiles, C)`."""
    batch, height, width, channels = x.shape
    rows, columns = _tiles(height), _tiles(width)
    margin = (size - 1) // 2
    high, wide = rows * TILE + size - 1, columns * TILE + size - 1
    x = ops.pad(x, ((0, 0), (margin, high - height - margin), (margin, wide - width - margin), (0, 0)))
    b = _float_matrices(size)[2]
    tiles = ops.take(ops.reshape(x, (-1, channels)), _pixels_of_tiles(batch, rows, columns, size), axis=0)
    return ops.reshape(_on_both_axes(b, tiles), (len(b) ** 2, -1, channels))


@functools.lru_cache(16)
def _pixels_of_tiles(batch, rows, columns, size):
    """Index of each tile's pixels among all pixels, `(n, n, tiles)`."""
    n = TILE + size - 1
    high, wide = rows * TILE + size - 1, columns * TILE + size - 1
    i, j, image, row, column = np.ogrid[:n, :n, :batch, :rows, :columns]
    index = (image * high + row * TILE + i) * wide + column * TILE + j
    return index.reshape(n, n, -1).astype("int32")


def _cut(y):
    """`(B, H, W, F)` to tiles that do not overlap, `(TILE, TILE, tiles, F)`, filled up with zeros."""
    batch, height, width, filters = y.shape
    rows, columns = _tiles(height), _tiles(width)
    if (rows * TILE, columns * TILE) != (height, width):
        y = ops.pad(y, ((0, 0), (0, rows * TILE - height), (0, columns * TILE - width), (0, 0)))
    y = ops.reshape(y, (batch, rows, TILE, columns, TILE, filters))
    return ops.reshape(ops.transpose(y, (2, 4, 0, 1, 3, 5)), (TILE, TILE, -1, filters))


def _join(tiles, batch, height, width):
    """The inverse of `_cut`."""
    rows, columns = _tiles(height), _tiles(width)
    filters = tiles.shape[-1]
    y = ops.transpose(ops.reshape(tiles, (TILE, TILE, batch, rows, columns, filters)), (2, 3, 0, 4, 1, 5))
    return ops.reshape(y, (batch, rows * TILE, columns * TILE, filters))[:, :height, :width]


def _tiles(side: int) -> int:
    return -(-side // TILE)


def _on_both_axes(matrix, x):
    """Multiplies the first axis of `x` by the matrix, and the second."""
    rows, columns = matrix.shape
    rest = x.shape[2:]
    x = ops.matmul(matrix, ops.reshape(x, (columns, -1)))
    x = ops.matmul(matrix, ops.reshape(x, (rows, columns, -1)))
    return ops.reshape(x, (rows, rows, *rest))


def _adjoint(kernel):
    """The kernel of the transposed convolution."""
    return ops.transpose(ops.flip(kernel, (0, 1)), (0, 1, 3, 2))


def _phases_of_kernel(kernel):
    """A stride-2 kernel `(K, K, …)` as 3×3 taps of 2×2 phases each, `(3, 2, 3, 2, …)`."""
    size, _, *rest = kernel.shape
    before = 2 - (size - 2) // 2  # where "same" padding puts the first tap, from the start of the 3 × 2
    around = (before, 6 - size - before)
    return ops.reshape(ops.pad(kernel, (around, around, (0, 0), (0, 0))), (3, 2, 3, 2, *rest))


def _coefficients(roots) -> list[Fraction]:
    """Of the product of (x - root), lowest power first."""
    coefficients = [Fraction(1)]
    for root in roots:
        shifted = [Fraction(0), *coefficients]
        coefficients = [high - root * low for high, low in zip(shifted, [*coefficients, Fraction(0)], strict=True)]
    return coefficients
