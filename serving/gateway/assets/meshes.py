"""Meshes of a world: an ellipsoid as a grid of longitudes and latitudes, or as the six faces of a cube."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from serving.gateway.assets.cubes import FACES, face_directions, unit

Floats = NDArray[np.float32]

_COLUMNS, _ROWS = 96, 48  # cells of the grid
_CELLS = 24  # along a face


@dataclasses.dataclass(frozen=True)
class Mesh:
    """Triangles, counterclockwise from outside; N vertices.

    Attributes:
        positions: In radii, float32 of shape (N, 3), y north, z towards longitude 0.
        normals: Unit, of shape (N, 3).
        tangents: Unit, towards the right of the texture, of shape (N, 3); the texture's up is normal × tangent.
        places: In the texture, (0, 0) at its upper left corner, of shape (N, 2).
        triangles: Vertices, uint16 of shape (T, 3).
    """

    positions: Floats
    normals: Floats
    tangents: Floats
    places: Floats
    triangles: NDArray[np.uint16]


def sphere(axes: Sequence[float], map_height: int) -> Mesh:
    """With a map of so many rows as its texture, for an ellipsoid with half axes towards x, y and z."""
    longitude = np.linspace(-np.pi, np.pi, _COLUMNS + 1)[None, :]
    latitude = np.linspace(np.pi / 2, -np.pi / 2, _ROWS + 1)[:, None]
    directions = np.stack(
        np.broadcast_arrays(
            np.cos(latitude) * np.sin(longitude), np.sin(latitude), np.cos(latitude) * np.cos(longitude)
        ),
        axis=-1,
    )
    east = np.stack(np.broadcast_arrays(np.cos(longitude), 0.0 * latitude, -np.sin(longitude)), axis=-1)
    across = np.broadcast_to(np.linspace(0, 1, _COLUMNS + 1)[None, :], directions.shape[:2])
    # The poles are the middles of the first and last row of pixels.
    down = (0.5 + (map_height - 1) * np.linspace(0, 1, _ROWS + 1)[:, None]) / map_height
    places = np.stack(np.broadcast_arrays(across, down), axis=-1)
    triangles = _triangles(_ROWS + 1, _COLUMNS + 1)
    # At the poles one of two triangles has no area.
    triangles = np.concatenate([triangles[0, :, :1], *triangles[1:-1], triangles[-1, :, 1:]], axis=None)
    return _ellipsoid(directions, east, places, triangles.reshape(-1, 3), axes)


def cube(axes: Sequence[float], face_size: int) -> list[Mesh]:
    """A mesh for each of `FACES`, whose texture has so many pixels a side, the outermost of them on the edges."""
    meshes = []
    for face in FACES:
        directions, right, _ = face_directions(face, _CELLS + 1, ends=True)
        step = (0.5 + (face_size - 1) * np.linspace(0, 1, _CELLS + 1)) / face_size
        places = np.stack(np.meshgrid(step, step), axis=-1)
        triangles = _triangles(_CELLS + 1, _CELLS + 1).reshape(-1, 3)
        meshes.append(_ellipsoid(directions, right, places, triangles, axes))
    return meshes


def _ellipsoid(
    directions: NDArray[np.floating],
    right: NDArray[np.floating],
    places: NDArray[np.floating],
    triangles: NDArray[np.integer],
    axes: Sequence[float],
) -> Mesh:
    scale = np.array(axes, np.float64)
    directions, right = directions.reshape(-1, 3), right.reshape(-1, 3)
    normals = unit(directions / scale)
    right = right * scale
    tangents = unit(right - normals * np.sum(normals * right, axis=-1, keepdims=True))
    floats = (directions * scale, normals, tangents, places.reshape(-1, 2))
    return Mesh(*(one.astype(np.float32) for one in floats), triangles.astype(np.uint16))


def _triangles(rows: int, columns: int) -> NDArray[np.int64]:
    """Two for each cell of a grid of vertices, of shape (rows - 1, columns - 1, 2, 3): the one at its lower left, and
    the one at its upper right."""
    number = np.arange(rows * columns).reshape(rows, columns)
    upper_left, lower_left, lower_right, upper_right = (
        number[:-1, :-1],
        number[1:, :-1],
        number[1:, 1:],
        number[:-1, 1:],
    )
    lower = np.stack([upper_left, lower_left, lower_right], axis=-1)
    upper = np.stack([upper_left, lower_right, upper_right], axis=-1)
    return np.stack([lower, upper], axis=2)
