"""A world's maps as textures: bare ground, clouds, normals, roughness and light of its own."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from serving.gateway.assets.clouds import has_clouds, layers_of
from serving.gateway.assets.maps import Floats, emissive_of, roughness_of, smaller
from serving.systems.worlds import STAR_KIND, Kind

_GLOW = 2.0  # times white, of a whole sun


@dataclasses.dataclass(frozen=True)
class Surface:
    """What a world is like all around, as maps of H rows.

    Attributes:
        ground: Colors in 0..255, of shape (H, 2 H, 3), without clouds.
        clouds: Colors and straight alpha in 0..255, of shape (H, 2 H, 4); None of kinds without any.
        normals: East, north and out, of any length, of shape (H, 2 H, 3).
        heights: In 0..65535, from the lowest to the highest place, of shape (H, 2 H).
        axes: Half axes towards x, y and z, of shape (3,).
        glow: Share of its light that is its own, 0..1.
    """

    ground: NDArray[Any]
    clouds: Floats | None
    normals: Floats
    heights: NDArray[Any]
    axes: Floats
    glow: float

    def colors(self) -> NDArray[np.uint8]:
        """sRGB, uint8 of shape (H, 2 H, 3)."""
        return levels(self.ground)

    def normal_map(self, green: str = "up") -> NDArray[np.uint8]:
        """In tangent space, 0 at 128, of the same shape; green points `"up"`, north, or `"down"`."""
        return normal_levels(self.normals * (np.float32([1, -1, 1]) if green == "down" else 1.0))

    def roughness_map(self) -> NDArray[np.uint8]:
        """As `roughness_map`."""
        return roughness_map(self.colors())

    def emissive_map(self) -> NDArray[np.uint8]:
        """sRGB of its own light, of the same shape; black where there is none."""
        return emissive_of(self.colors(), self.glow)

    def cloud_map(self) -> NDArray[np.uint8]:
        """sRGB with straight alpha, of shape (H, 2 H, 4); clear of kinds without clouds."""
        return np.zeros((*self.ground.shape[:2], 4), np.uint8) if self.clouds is None else levels(self.clouds)


def surface_of(maps: Mapping[str, NDArray[Any]], kind: Kind | None, height: int | None = None) -> Surface:
    """The surface of a world.

    Args:
        maps: Of one world: `image` and `normal`, uint8 of shape (H, 2 H, 3), `height`, uint16 of shape (H, 2 H), and
            `axes`, float32 of shape (3,).
        kind: Shares by kind's name; None if it has no kind.
        height: Rows that it shall have, which divide H; H if None, or more than that.
    """
    rows = min(height or len(maps["image"]), len(maps["image"]))
    colors, normals = smaller(maps["image"], rows), smaller(maps["normal"], rows) - np.float32(128.0)
    heights = smaller(maps["height"][..., None], rows)[..., 0]
    layers = None if kind is None or not has_clouds(kind) else layers_of(colors, heights, kind)
    ground, clouds = (colors, None) if layers is None else (layers.ground, layers.clouds)
    return Surface(ground, clouds, normals, heights, maps["axes"], glow_of(kind))


def roughness_map(colors: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The roughness that goes with colors, as glTF has it: green; red is unused, blue is metal, both 0."""
    green = roughness_of(colors)
    return np.stack([np.zeros_like(green), green, np.zeros_like(green)], axis=-1)


def glow_of(kind: Kind | None) -> float:
    """Share of a planet's light that is its own, by the shares of its kinds."""
    return (kind or {}).get(STAR_KIND, 0.0)


def emissive_strength(glow: float) -> float:
    """How bright what glows is, times white."""
    return _GLOW * glow


def normal_levels(normals: NDArray[Any]) -> NDArray[np.uint8]:
    """Vectors of any length, but 0, as directions in bytes: 0 is 128, 1 is 255."""
    return levels(128.0 + 127.0 * normals / np.maximum(np.linalg.norm(normals, axis=-1, keepdims=True), 1e-6))


def levels(values: NDArray[Any]) -> NDArray[np.uint8]:
    """Numbers as bytes."""
    return np.clip(np.rint(values), 0, 255).astype(np.uint8)
