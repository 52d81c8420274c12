"""Surfaces as six faces of a cube, as engines want them: without pinched poles."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

# Outwards, right and up of each face as it is seen from outside, in the axes of `serving.gateway.assets.maps`.
_FACES: Mapping[str, tuple[tuple[int, int, int], ...]] = {
    "front": ((0, 0, 1), (1, 0, 0), (0, 1, 0)),
    "right": ((1, 0, 0), (0, 0, -1), (0, 1, 0)),
    "back": ((0, 0, -1), (-1, 0, 0), (0, 1, 0)),
    "left": ((-1, 0, 0), (0, 0, 1), (0, 1, 0)),
    "top": ((0, 1, 0), (1, 0, 0), (0, 0, -1)),
    "bottom": ((0, -1, 0), (1, 0, 0), (0, 0, 1)),
}
FACES = tuple(_FACES)

# Faces of a cube map in the order of OpenGL and Direct3D, as they lie there: outwards, and towards which columns and
# rows lead, in the engine's own axes.
_CUBE_MAP = {
    "px": ((1, 0, 0), (0, 0, -1), (0, -1, 0)),
    "nx": ((-1, 0, 0), (0, 0, 1), (0, -1, 0)),
    "py": ((0, 1, 0), (1, 0, 0), (0, 0, 1)),
    "ny": ((0, -1, 0), (1, 0, 0), (0, 0, -1)),
    "pz": ((0, 0, 1), (1, 0, 0), (0, -1, 0)),
    "nz": ((0, 0, -1), (-1, 0, 0), (0, -1, 0)),
}


@dataclasses.dataclass(frozen=True)
class Engine:
    """How an engine takes what is sampled by a direction.

    Attributes:
        axes: Our axes of its x, y and z.
        names: What it calls the faces, in its order.
        about: One sentence.
    """

    axes: tuple[tuple[int, int, int], ...]
    names: Mapping[str, str]
    about: str


_RIGHT_HANDED = ((1, 0, 0), (0, 1, 0), (0, 0, 1))
ENGINES: Mapping[str, Engine] = {
    "three": Engine(
        _RIGHT_HANDED,
        {face: face for face in _CUBE_MAP},
        "CubeTextureLoader.load(['px.png', 'nx.png', 'py.png', 'ny.png', 'pz.png', 'nz.png']); in a shader of your own "
        "texture(cube, vec3(-d.x, d.y, d.z)) for the direction d, as three.js mirrors x.",
    ),
    "godot": Engine(
        _RIGHT_HANDED,
        {"px": "x_plus", "nx": "x_minus", "py": "y_plus", "ny": "y_minus", "pz": "z_plus", "nz": "z_minus"},
        "Import them as the slices of a Cubemap in the order X+, X-, Y+, Y-, Z+, Z-.",
    ),
    "unity": Engine(
        ((-1, 0, 0), (0, 1, 0), (0, 0, 1)),
        {
            "px": "PositiveX",
            "nx": "NegativeX",
            "py": "PositiveY",
            "ny": "NegativeY",
            "pz": "PositiveZ",
            "nz": "NegativeZ",
        },
        "Copy each into the face of that name of a Cubemap (SetPixels from the last row up); Unity's x is mirrored, as "
        "when it imports glTF.",
    ),
    "unreal": Engine(
        ((0, 0, 1), (1, 0, 0), (0, 1, 0)),
        {face: face for face in _CUBE_MAP},
        "Put them into one DDS in this order; x is forward, y right, z up.",
    ),
}


def face_directions(face: str, cells: int, ends: bool = False) -> tuple[Floats, Floats, Floats]:
    """Places on one of `FACES`, whose rows and columns are at equal angles, so that cells are alike in size.

    Args:
        face: Of `FACES`.
        cells: Along a side.
        ends: Whether the first and the last lie on the edges, as of vertices, or half a cell within.

    Returns:
        Unit vectors, and unit tangents to the right and up, each float32 of shape (cells, cells, 3), rows from the top.
    """
    places = np.linspace(-1.0, 1.0, cells) if ends else (np.arange(cells) + 0.5) * 2.0 / cells - 1.0
    u, v = np.meshgrid(np.tan(places * np.pi / 4), np.tan(-places * np.pi / 4))
    outwards, right, up = (np.array(axis, np.float64) for axis in _FACES[face])
    directions = unit(outwards + u[..., None] * right + v[..., None] * up)
    along = [unit(axis - directions * (directions @ axis)[..., None]) for axis in (right, up)]
    # Right and up of a face are not quite at right angles on the sphere: up is.
    across = np.cross(along[1], directions)
    return tuple(one.astype(np.float32) for one in (directions, unit(across), along[1]))


def cube_map_directions(engine: Engine, face: str, size: int) -> Floats:
    """Where each pixel of a face of a cube map looks at, unit vectors, float32 of shape (size, size, 3)."""
    places = (np.arange(size) + 0.5) * 2.0 / size - 1.0
    across, down = np.meshgrid(places, places)
    outwards, columns, rows = (np.array(axis, np.float64) for axis in _CUBE_MAP[face])
    own = outwards + across[..., None] * columns + down[..., None] * rows
    return unit(own @ np.array(engine.axes, np.float64)).astype(np.float32)


def unit(vectors: NDArray[np.float64]) -> NDArray[np.float64]:
    """Vectors of length 1, of shape (..., 3)."""
    return vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)
