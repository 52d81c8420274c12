"""Grids on the cube around a sphere: who is whose neighbor, across edges, too, and what lies between cells."""

import numpy as np
import pytest
from keras import ops

from training import engine
from training.families.world_v2 import cube

N = 8


def array(values):
    return ops.convert_to_numpy(values)


def random_points(count: int, seed: int = 0) -> np.ndarray:
    points = np.random.default_rng(seed).standard_normal((1, count, 3))
    return np.float32(points / np.linalg.norm(points, axis=-1, keepdims=True))


def random_grid(n: int = N, channels: int = 2) -> np.ndarray:
    return np.random.default_rng(1).standard_normal((1, 6, n, n, channels), dtype=np.float32)


def edge_points(offset: float, count: int = 40) -> np.ndarray:
    """Places just beside each of the four edges of the face +z, `(4, count, 3)`."""
    along = np.linspace(-0.999, 0.999, count, dtype=np.float32)
    beside = np.full(count, 1.0 + offset, np.float32)
    face = np.zeros(count, np.int32)
    places = [(beside, along), (-beside, along), (along, beside), (along, -beside)]
    return np.stack([cube.directions(face, a, b, np) for a, b in places]).astype(np.float32)


def test_places_are_the_inverse_of_directions():
    points = random_points(200)
    face, a, b = cube.places(points)
    assert set(array(face).ravel()) == set(range(6))
    assert np.abs(array(a)).max() <= 1
    assert np.abs(array(b)).max() <= 1
    np.testing.assert_allclose(array(cube.directions(face, a, b)), points, atol=1e-6)


def test_cells_are_alike_in_size():
    cells = array(cube.cells(N))
    right = np.linalg.norm(np.diff(cells, axis=2), axis=-1)
    assert right.max() / right.min() < 1.45  # of a cube that is not equiangular: 5.2
    np.testing.assert_allclose(np.linalg.norm(cells, axis=-1), 1, atol=1e-6)


def test_padding_is_the_neighbors_cells():
    grid = random_grid()
    padded, cells = array(cube.padded(grid))[0], grid.reshape(-1, 2)
    np.testing.assert_array_equal(padded[:, 1:-1, 1:-1], grid[0])
    middles = (np.arange(N, dtype=np.float32) + 0.5) * 2 / N - 1
    beyond = np.full(N, 1.001, np.float32)  # just over an edge
    sides = {
        "top": (middles, beyond),
        "bottom": (middles, -beyond),
        "left": (-beyond, -middles),
        "right": (beyond, -middles),
    }
    borders = {
        "top": padded[:, 0, 1:-1],
        "bottom": padded[:, -1, 1:-1],
        "left": padded[:, 1:-1, 0],
        "right": padded[:, 1:-1, -1],
    }
    for side, (a, b) in sides.items():
        for face in range(6):
            over = array(cube.directions(np.full(N, face, np.int32), a, b))
            distances = np.linalg.norm(array(cube.cells(N)).reshape(-1, 1, 3) - over, axis=-1)
            distances[face * N * N : (face + 1) * N * N] = np.inf
            np.testing.assert_array_equal(borders[side][face], cells[distances.argmin(axis=0)])


def test_padding_at_a_corner_is_the_same_for_the_three_faces_that_meet_there():
    padded = array(cube.padded(random_grid()))[0]
    corners = padded[:, [0, 0, -1, -1], [0, -1, 0, -1]].reshape(24, 2)
    unlike, counts = np.unique(corners.round(5), axis=0, return_counts=True)
    assert len(unlike) == 8
    assert set(counts) == {3}


def test_enlarging_and_smoothing_keep_what_varies_slowly():
    places, within = array(cube.cells(32))[None], 0.25 * np.pi / 2 / 64  # a quarter of a cell, at the edges
    np.testing.assert_allclose(array(cube.enlarged(places)), array(cube.cells(64))[None], atol=within)
    np.testing.assert_allclose(array(cube.smoothed(places)), places, atol=within)


def test_smoothing_takes_away_what_alternates():
    stripes = np.tile((-1.0) ** np.indices((N, N))[1], (1, 6, 1, 1)).astype(np.float32)[..., None]
    assert np.abs(array(cube.smoothed(stripes)))[:, :, 1:-1, 1:-1].max() < 1e-6


def test_the_gradient_of_smoothing_is_its_adjoint():
    """<S x, y> = <x, Sᵀ y>, and Sᵀ y is what the gradient gives."""
    x, y = random_grid(2), random_grid(2)[..., ::-1].copy()
    slope = engine.input_gradient(lambda x: ops.sum(cube.smoothed(x) * y), ops.convert_to_tensor(x))[1]
    units = np.eye(x.size, dtype=np.float32).reshape(-1, *x.shape)
    exact = [(array(cube.smoothed(unit)) * y).sum() for unit in units]
    np.testing.assert_allclose(array(slope).ravel(), exact, atol=1e-5)


def test_sampling_equals_a_brute_force_spline():
    grid, points = random_grid(), random_points(60)
    padded = array(cube.padded(grid))[0]
    face, a, b = map(array, cube.places(points[0]))

    def weight(distance):  # of the quadratic B-spline, by its definition: the uniform distribution's third convolution
        near, far = 0.75 - distance**2, 0.5 * (1.5 - abs(distance)) ** 2
        return near if abs(distance) <= 0.5 else far if abs(distance) <= 1.5 else 0.0

    middles = (np.arange(-1, N + 1) + 0.5) * 2 / N - 1
    expected = [
        sum(
            padded[f, i, j] * weight((-v - middles[i]) * N / 2) * weight((u - middles[j]) * N / 2)
            for i in range(N + 2)
            for j in range(N + 2)
        )
        for f, u, v in zip(face, a, b, strict=True)
    ]
    np.testing.assert_allclose(array(cube.sampled(cube.padded(grid), points))[0], expected, atol=1e-4)


def test_sampling_is_smooth_across_cells():
    """Neither the surface nor its slope jumps within a face."""
    a = np.linspace(-0.95, 0.95, 4001, dtype=np.float32)
    points = cube.directions(np.zeros(len(a), np.int32), a, np.full(len(a), 0.13, np.float32), np)[None]
    slopes = np.diff(
        array(cube.sampled(cube.padded(random_grid()), np.float32(points)))[0].astype(np.float64), axis=0
    ) / (a[1] - a[0])
    assert np.abs(slopes).max() > 1
    smooth = np.convolve(slopes[:, 0], np.ones(20) / 20, "valid")  # single steps are rounded
    assert np.abs(np.diff(smooth)).max() < 0.02 * np.abs(slopes).max()


@pytest.mark.parametrize("n", [4, N])
def test_sampling_does_not_jump_at_edges(n):
    grid = np.concatenate([random_grid(n)] * 4)
    inside, outside = (array(cube.sampled(cube.padded(grid), edge_points(offset))) for offset in (-1e-5, 1e-5))
    np.testing.assert_allclose(inside, outside, atol=2e-3)
    assert np.abs(np.diff(inside, axis=1)).max() > 0.05


def test_sampling_has_gradients_towards_grid_and_points():
    def total(both):
        grid, points = both
        return ops.sum(ops.square(cube.sampled(cube.padded(grid), points)))

    for slope in engine.input_gradient(
        total, (ops.convert_to_tensor(random_grid()), ops.convert_to_tensor(random_points(30)))
    )[1]:
        assert np.isfinite(array(slope)).all()
        assert array(slope).any()


def test_north_is_known_on_every_face():
    """Along what `north` says, and along nothing else, one comes nearer to the pole."""
    n, step = 32, 2 / 32
    latitude = array(cube.cells(n))[..., 1]
    right = (latitude[:, 1:-1, 2:] - latitude[:, 1:-1, :-2]) / 2
    up = (latitude[:, :-2, 1:-1] - latitude[:, 2:, 1:-1]) / 2
    cells = array(cube.cells(n))
    lengths = [
        np.linalg.norm(cells[:, 1:-1, 2:] - cells[:, 1:-1, :-2], axis=-1) / 2,
        np.linalg.norm(cells[:, :-2, 1:-1] - cells[:, 2:, 1:-1], axis=-1) / 2,
    ]
    expected = np.stack([right / lengths[0], up / lengths[1]], axis=-1)
    np.testing.assert_allclose(array(cube.north(n))[:, 1:-1, 1:-1], expected, atol=step**2)


def test_a_band_stays_a_circle_over_the_edges():
    """What is drawn on the cells by latitude alone is the same all along a parallel that crosses four faces, and along
    one around the pole, when it is read; enlarged and smoothed on the way."""
    latitude = array(cube.cells(32))[None, ..., 1:2]
    grid = cube.enlarged(cube.smoothed(np.cos(6 * latitude)))
    longitude = np.linspace(-np.pi, np.pi, 500)
    for sine in (0.3, -0.62, 0.9):
        ring = np.sqrt(1 - sine**2)
        parallel = np.stack([np.sin(longitude) * ring, np.full(500, sine), np.cos(longitude) * ring], axis=-1)
        read = array(cube.sampled(cube.padded(grid), np.float32(parallel)[None]))
        np.testing.assert_allclose(read, np.cos(6 * sine), atol=0.06)
