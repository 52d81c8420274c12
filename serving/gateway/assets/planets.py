"""A world's surface as a planet for engines: a GLB, or the faces of a cube map."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from serving.gateway.assets.cubes import ENGINES, FACES, cube_map_directions, face_directions
from serving.gateway.assets.glb import Material, write_glb
from serving.gateway.assets.maps import Floats, at, emissive_of, places
from serving.gateway.assets.meshes import cube, sphere
from serving.gateway.assets.surfaces import Surface, emissive_strength, levels, normal_levels, roughness_map
from serving.gateway.assets.textures import write_texture
from serving.gateway.pictures.png import write_png


def planet_glb(
    surface: Surface,
    name: str,
    extras: Mapping[str, Any],
    *,
    face: int | None = None,
    clouds: bool = True,
    textures: str = "png",
) -> bytes:
    """A planet of radius 1 with its textures and, if its kind has any, a shell of clouds.

    Args:
        surface: Of as many rows as its textures shall have, unless it has faces.
        name: Of the planet.
        extras: JSON about it.
        face: Side in px of the textures of six faces; None for one mesh of longitudes and latitudes.
        clouds: Whether there is a shell; without it, the ground is bare.
        textures: Their format, of `textures.FORMATS`.
    """
    if face is None:
        mesh = sphere(surface.axes, len(surface.ground))
        parts = [(mesh, _material(surface.ground, surface.normals, surface.glow, textures))]
        shells = [surface.clouds]
    else:
        parts, shells = [], []
        for mesh, name_of_face in zip(cube(surface.axes, face), FACES, strict=True):
            colors, normals, above = _on_face(surface, name_of_face, face)
            parts.append((mesh, _material(colors, normals, surface.glow, textures)))
            shells.append(above)
    shown = [one for one in shells if clouds and one is not None]
    looks = [Material(write_texture(levels(one), textures), see_through=True) for one in shown]
    return write_glb(parts, name, extras, repeats=face is None, clouds=looks)


def cube_zip(surface: Surface, engine: str, size: int) -> bytes:
    """The faces of the cube maps of colors, normals in the axes of the planet, roughness and, if its kind has any,
    clouds, for an engine, and a text that tells how to load them.

    Args:
        surface: Of the world.
        engine: Of `ENGINES`.
        size: Of a face in px.
    """
    told = ENGINES[engine]
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as folder:
        for face, name in told.names.items():
            directions = cube_map_directions(told, face, size)
            read = places(len(surface.ground), directions)
            colors = levels(at(surface.ground, read))
            normals = _outwards(at(surface.normals, read), directions) @ np.float32(told.axes).T
            files = {"map": colors, "normal": normal_levels(normals), "roughness": roughness_map(colors)}
            if surface.clouds is not None:
                files["clouds"] = levels(at(surface.clouds, read))
            for texture, pixels in files.items():
                folder.writestr(zipfile.ZipInfo(f"{texture}/{name}.png"), write_png(pixels, {}))
        about = (
            f"Cube maps of a planet for {engine}, faces {', '.join(told.names.values())}.\n{told.about}\n"
            "map: colors, sRGB. normal: directions in the planet's own axes, 0 at 128, linear.\n"
            "roughness: green, linear.\n"
        )
        if surface.clouds is not None:
            about += "clouds: colors with straight alpha, for a shell at 1.01 radii; map is the ground below.\n"
        folder.writestr(zipfile.ZipInfo("README.txt"), about)
    return archive.getvalue()


def _on_face(surface: Surface, face: str, size: int) -> tuple[Floats, Floats, Floats | None]:
    """Colors in 0..255, and normals to the right, up and outwards of the face, both of shape (size, size, 3), and
    clouds with alpha, if there are any."""
    directions, right, up = face_directions(face, size, ends=True)
    read = places(len(surface.ground), directions)
    normals = _outwards(at(surface.normals, read), directions)
    along = [np.sum(normals * axis, axis=-1) for axis in (right, up, directions)]
    above = None if surface.clouds is None else at(surface.clouds, read)
    return at(surface.ground, read), np.stack(along, axis=-1), above


def _outwards(normals: Floats, directions: Floats) -> Floats:
    """Normals told east, north and out of places as vectors in the axes of the planet."""
    x, _, z = (directions[..., i] for i in range(3))
    east = np.stack([z, np.zeros_like(z), -x], axis=-1)
    length = np.linalg.norm(east, axis=-1, keepdims=True)
    east = np.where(length > 1e-6, east / np.maximum(length, 1e-6), np.float32([1, 0, 0]))
    north = np.cross(directions, east)
    return normals[..., :1] * east + normals[..., 1:2] * north + normals[..., 2:] * directions


def _material(colors: NDArray[Any], normals: Floats, glow: float, textures: str) -> Material:
    """Of colors in 0..255 and normals of any length."""
    shown = levels(colors)
    return Material(
        write_texture(shown, textures),
        write_texture(normal_levels(normals), textures, lossless=True),
        write_texture(roughness_map(shown), textures),
        write_texture(emissive_of(shown, glow), textures) if glow else None,
        emissive_strength(glow),
    )
