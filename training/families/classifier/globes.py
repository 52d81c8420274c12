"""Globes drawn from flat maps, for measuring recognition on renderings that no training has seen. NumPy and Pillow."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from datasets.bodies import MAP_SUFFIXES, SHINING, body_of_map
from datasets.errors import RequestError
from datasets.globes import LIGHT, srgb
from datasets.maps import decode_map

_OVERSAMPLING = 4  # each way, averaged
_DUSTY = ("ceres", "mercury", "moon")  # dark dust without air: full, they look flat, with no darker limb


def load_maps(folder: Path, class_names: tuple[str, ...]) -> dict[str, np.ndarray]:
    """The maps of known bodies in a folder: `BODY.png` or `BODY_more.jpg`, in equirectangular projection.

    Returns:
        By file name without its end, uint8 `(H, W, 3)`, north up; sorted.

    Raises:
        RequestError: There are none.
    """
    paths = [path for path in sorted(folder.glob("*")) if path.suffix.lower() in MAP_SUFFIXES]
    known = {path.stem: path for path in paths if body_of_map(path.stem) in class_names}
    if not known:
        raise RequestError(
            f"{folder} holds no map of {', '.join(class_names)}: name files such as {class_names[0]}.png."
        )
    return {name: np.asarray(decode_map(path).convert("RGB")) for name, path in known.items()}


def random_globes(surface: np.ndarray, body: str, count: int, size: int, seed: int) -> np.ndarray:
    """Globes from all sides, of many sizes, off-center, under suns up to 70° from the viewer.

    Args:
        surface: Map, uint8 `(H, W, 3)`.
        body: Its class; the sun itself gets no shade.
        count: Number of globes.
        size: Side of the pictures in pixels.
        seed: Of sides, suns, sizes and places.

    Returns:
        uint8 `(count, size, size, 3)`: diameters of 45 to 95 % of the side, on black.
    """
    random = np.random.default_rng(seed)
    pictures = []
    for _ in range(count):
        diameter = random.uniform(0.45, 0.95)
        room = (1 - diameter) / 2
        pictures.append(
            draw_globe(
                surface,
                size,
                turn=_random_turn(random),
                sun=None if body in SHINING else _sun(random.uniform(0, 70), random.uniform(0, 360)),
                diameter=diameter,
                center=0.5 + random.uniform(-room, room, 2),
                dusty=body in _DUSTY,
            )
        )
    return np.stack(pictures)


def draw_globe(
    surface: np.ndarray, size: int, turn, sun, diameter: float, center=(0.5, 0.5), dusty: bool = False
) -> np.ndarray:
    """One globe in parallel projection, antialiased; a camera's view: light, not sRGB values, is shaded and averaged.

    Args:
        surface: Map, sRGB, uint8 `(H, W, 3)`: longitude -180° at its left edge, north pole at its top.
        size: Side of the picture in pixels.
        turn: Rotation matrix `(3, 3)` from the viewer's axes (right, up, towards the viewer) to the globe's, where
            the first leads to 90° east, the second to the north pole, the third to longitude 0.
        sun: Unit vector `(3,)` to the sun in the viewer's axes; None for a globe that shines, with a darker limb.
        diameter: Share of the side, in 0..1.
        center: Of the globe from the left and from the top, shares of the side.
        dusty: Whether it scatters light as the moon does (Lommel-Seeliger) instead of as paper does (Lambert).

    Returns:
        sRGB, uint8 `(size, size, 3)`, black around the globe.
    """
    steps = (np.arange(size * _OVERSAMPLING) + 0.5) / (size * _OVERSAMPLING)
    x, y = np.meshgrid(steps - center[0], center[1] - steps)
    x, y = 2 * x / diameter, 2 * y / diameter
    inside = x**2 + y**2 < 1
    towards_viewer = np.stack([x, y, np.sqrt(np.maximum(1 - x**2 - y**2, 0))], axis=-1)[inside]  # (N, 3)
    on_globe = towards_viewer @ np.asarray(turn).T
    longitude, latitude = np.arctan2(on_globe[:, 0], on_globe[:, 2]), np.arcsin(np.clip(on_globe[:, 1], -1, 1))
    height, width = surface.shape[:2]
    column = ((longitude / (2 * np.pi) + 0.5) * width).astype(int) % width
    row = np.minimum(((0.5 - latitude / np.pi) * height).astype(int), height - 1)
    light = _shade(towards_viewer, sun, dusty)
    fine = np.zeros((*inside.shape, 3))
    fine[inside] = LIGHT[surface[row, column]] * light[:, None]
    averaged = fine.reshape(size, _OVERSAMPLING, size, _OVERSAMPLING, 3).mean(axis=(1, 3))
    return np.rint(255 * srgb(averaged)).astype(np.uint8)


def _shade(normals: np.ndarray, sun, dusty: bool) -> np.ndarray:
    """Share of the light that comes to the viewer from places with these normals, `(N, 3)` to `(N,)` in 0..1."""
    towards_viewer = normals[:, 2]
    if sun is None:
        return 0.4 + 0.6 * towards_viewer  # the sun's limb in green light
    towards_sun = np.maximum(normals @ sun, 0)
    return towards_sun / (towards_sun + towards_viewer + 1e-6) if dusty else towards_sun


def _random_turn(random: np.random.Generator) -> np.ndarray:
    """A rotation matrix, all equally likely."""
    matrix, triangle = np.linalg.qr(random.standard_normal((3, 3)))
    matrix = matrix * np.sign(np.diag(triangle))
    return matrix if np.linalg.det(matrix) > 0 else matrix[:, [1, 0, 2]]


def _sun(phase_degrees: float, direction_degrees: float) -> np.ndarray:
    """The unit vector to a sun `phase` from the viewer's direction, seen towards `direction` from the right."""
    phase, direction = np.radians([phase_degrees, direction_degrees])
    return np.array([np.sin(phase) * np.cos(direction), np.sin(phase) * np.sin(direction), np.cos(phase)])
