"""A world's maps as a planet for engines: a GLB, or the faces of a cube map."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from serving.gateway.assets.clouds import has_clouds, layers_of
from serving.gateway.assets.cubes import ENGINES, FACES, cube_map_directions, face_directions
from serving.gateway.assets.glb import Material, write_glb
from serving.gateway.assets.maps import Floats, at, emissive_of, places, roughness_of, smaller
from serving.gateway.assets.meshes import cube, sphere
from serving.gateway.pictures.png import write_png
from serving.systems.worlds import STAR_KIND, Kind

_GLOW = 2.0  # times white, of a whole sun


def planet_glb(
    maps: Mapping[str, NDArray[Any]],
    mesh: str,
    height: int,
    name: str,
    extras: Mapping[str, Any],
    kind: Kind | None,
    *,
    clouds: bool = True,
) -> bytes:
    """A planet of radius 1 with its textures and, if its kind has any, a shell of clouds.

    Args:
        maps: Of one world: `image` and `normal`, uint8 of shape (H, 2 H, 3), `height`, of shape (H, 2 H), and `axes`,
            float32 of shape (3,).
        mesh: `"sphere"`, of longitudes and latitudes, or `"cube"`, of six faces.
        height: Rows of its textures, or of two of its faces; divides H.
        name: Of the planet.
        extras: JSON about it.
        kind: Shares by kind's name; None if it has no kind.
        clouds: Whether there is a shell; without it, the ground is bare.
    """
    glow = glow_of(kind)
    if mesh == "sphere":
        colors, normals = (smaller(maps[one], height) for one in ("image", "normal"))
        ground, shell = ground_and_clouds(colors, smaller(maps["height"][..., None], height)[..., 0], kind)
        parts = [(sphere(maps["axes"], height), _material(ground, normals - 128.0, glow))]
        shells = [shell]
    else:
        ground, shell = ground_and_clouds(maps["image"], maps["height"], kind)
        parts, shells = [], []
        for part, face in zip(cube(maps["axes"], height // 2), FACES, strict=True):
            colors, normals, above = _on_face(maps["normal"], ground, shell, face, height // 2)
            parts.append((part, _material(colors, normals, glow)))
            shells.append(above)
    looks = [Material(write_png(levels(one), {}), see_through=True) for one in shells if clouds and one is not None]
    return write_glb(parts, name, extras, repeats=mesh == "sphere", clouds=looks)


def ground_and_clouds(
    colors: NDArray[Any], heights: NDArray[Any], kind: Kind | None
) -> tuple[NDArray[Any], Floats | None]:
    """A map's bare ground, and its clouds with alpha, in 0..255; of kinds without clouds it as it is, and None."""
    if kind is None or not has_clouds(kind):
        return colors, None
    layers = layers_of(colors, heights, kind)
    return layers.ground, layers.clouds


def cube_zip(maps: Mapping[str, NDArray[Any]], engine: str, size: int, kind: Kind | None) -> bytes:
    """The faces of the cube maps of colors, normals in the axes of the planet, roughness and, if its kind has any,
    clouds, for an engine, and a text that tells how to load them.

    Args:
        maps: As for `planet_glb`.
        engine: Of `ENGINES`.
        size: Of a face in px.
        kind: As for `planet_glb`.
    """
    told = ENGINES[engine]
    ground, shell = ground_and_clouds(maps["image"], maps["height"], kind)
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as folder:
        for face, name in told.names.items():
            directions = cube_map_directions(told, face, size)
            read = places(len(ground), directions)
            colors = levels(at(ground, read))
            normals = _outwards(at(maps["normal"], read) - 128.0, directions) @ np.float32(told.axes).T
            files = {
                "map": colors,
                "normal": levels(128.0 + 127.0 * _unit(normals)),
                "roughness": roughness_map(colors),
            }
            if shell is not None:
                files["clouds"] = levels(at(shell, read))
            for texture, pixels in files.items():
                folder.writestr(zipfile.ZipInfo(f"{texture}/{name}.png"), write_png(pixels, {}))
        about = (
            f"Cube maps of a planet for {engine}, faces {', '.join(told.names.values())}.\n{told.about}\n"
            "map: colors, sRGB. normal: directions in the planet's own axes, 0 at 128, linear.\n"
            "roughness: green, linear.\n"
        )
        if shell is not None:
            about += "clouds: colors with straight alpha, for a shell at 1.01 radii; map is the ground below.\n"
        folder.writestr(zipfile.ZipInfo("README.txt"), about)
    return archive.getvalue()


def texture_of(maps: Mapping[str, NDArray[Any]], which: str, kind: Kind | None) -> NDArray[np.uint8]:
    """A texture that goes with a map, uint8 of shape (H, 2 H, 3), or with alpha (H, 2 H, 4).

    Args:
        maps: As for `planet_glb`.
        which: `"roughness"`, of the ground, `"emissive"` or `"clouds"`; these are clear of kinds without any.
        kind: As for `planet_glb`.
    """
    if which == "emissive":
        return emissive_of(maps["image"], glow_of(kind))
    ground, shell = ground_and_clouds(maps["image"], maps["height"], kind)
    if which == "roughness":
        return roughness_map(ground)
    return np.zeros((*ground.shape[:2], 4), np.uint8) if shell is None else levels(shell)


def roughness_map(colors: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The roughness that goes with colors, as engines read it: green; red is unused, blue is metal, both 0."""
    green = roughness_of(colors)
    return np.stack([np.zeros_like(green), green, np.zeros_like(green)], axis=-1)


def glow_of(kind: Kind | None) -> float:
    """Share of a planet's light that is its own, by the shares of its kinds."""
    return (kind or {}).get(STAR_KIND, 0.0)


def emissive_strength(glow: float) -> float:
    """How bright what glows is, times white."""
    return _GLOW * glow


def _on_face(
    normals: NDArray[Any], ground: NDArray[Any], shell: Floats | None, face: str, size: int
) -> tuple[Floats, Floats, Floats | None]:
    """Colors in 0..255, and normals to the right, up and outwards of the face, both of shape (size, size, 3), and
    clouds with alpha, if there are any."""
    directions, right, up = face_directions(face, size, ends=True)
    read = places(len(ground), directions)
    leaning = _outwards(at(normals, read) - 128.0, directions)
    along = [np.sum(leaning * axis, axis=-1) for axis in (right, up, directions)]
    return at(ground, read), np.stack(along, axis=-1), None if shell is None else at(shell, read)


def _outwards(normals: Floats, directions: Floats) -> Floats:
    """Normals told east, north and out of places as vectors in the axes of the planet."""
    x, _, z = (directions[..., i] for i in range(3))
    east = np.stack([z, np.zeros_like(z), -x], axis=-1)
    length = np.linalg.norm(east, axis=-1, keepdims=True)
    east = np.where(length > 1e-6, east / np.maximum(length, 1e-6), np.float32([1, 0, 0]))
    north = np.cross(directions, east)
    return normals[..., :1] * east + normals[..., 1:2] * north + normals[..., 2:] * directions


def _material(colors: Floats, normals: Floats, glow: float) -> Material:
    """Of colors in 0..255 and normals of any length."""
    shown = levels(colors)
    return Material(
        write_png(shown, {}),
        write_png(levels(128.0 + 127.0 * _unit(normals)), {}),
        write_png(roughness_map(shown), {}),
        write_png(emissive_of(shown, glow), {}) if glow else None,
        emissive_strength(glow),
    )


def _unit(vectors: Floats) -> Floats:
    return vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-6)


def levels(values: NDArray[Any]) -> NDArray[np.uint8]:
    """Numbers as bytes."""
    return np.clip(np.rint(values), 0, 255).astype(np.uint8)
