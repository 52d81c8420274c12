"""A world as one ZIP for an engine: textures named, turned and packed as it wants, a mesh, data, and a short text."""

from __future__ import annotations

import dataclasses
import io
import json
import re
import unicodedata
import zipfile
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from serving.gateway.assets.exr import write_heights
from serving.gateway.assets.meshes import sphere
from serving.gateway.assets.obj import write_obj
from serving.gateway.assets.planets import planet_glb
from serving.gateway.assets.surfaces import Surface
from serving.gateway.pictures.png import write_png


@dataclasses.dataclass(frozen=True)
class _World:
    surface: Surface
    name: str
    facts: Mapping[str, Any]
    extras: Mapping[str, Any]


@dataclasses.dataclass(frozen=True)
class _Pack:
    """What an engine takes.

    Attributes:
        files: What each file is made by, by its name, in which `{}` is the planet's.
        about: How to use them, one line.
    """

    files: Mapping[str, Callable[[_World], bytes]]
    about: str


def _picture(make: Callable[[Surface], NDArray[Any]]) -> Callable[[_World], bytes]:
    return lambda world: write_png(make(world.surface), {})


def _occlusion_roughness_metal(surface: Surface) -> NDArray[np.uint8]:
    packed = surface.roughness_map()
    packed[..., 0] = 255  # nothing is hidden from the sky
    return packed


def _mask(surface: Surface) -> NDArray[np.uint8]:
    """Metal, occlusion, details and smoothness, as Unity's pipelines read them."""
    smooth = 255 - surface.roughness_map()[..., 1]
    return np.stack([0 * smooth, 0 * smooth + 255, 0 * smooth, smooth], axis=-1)


def _heights(surface: Surface) -> NDArray[np.uint16]:
    return np.rint(surface.heights).astype(np.uint16)


_COLORS, _CLOUDS = _picture(Surface.colors), _picture(Surface.cloud_map)
_NORMALS, _EMISSION = _picture(Surface.normal_map), _picture(Surface.emissive_map)
_ORM = _picture(_occlusion_roughness_metal)


def _glb(world: _World) -> bytes:
    return planet_glb(world.surface, world.name, world.extras)


def _exr(world: _World) -> bytes:
    relief = world.facts["relief"]
    return write_heights(world.surface.heights, relief["lowest_m"], relief["highest_m"])


_PACKS: Mapping[str, _Pack] = {
    "three": _Pack(
        {
            "{}.glb": _glb,
            "{}_map.png": _COLORS,
            "{}_normalMap.png": _NORMALS,
            "{}_roughnessMap.png": _picture(Surface.roughness_map),
            "{}_emissiveMap.png": _EMISSION,
            "{}_clouds.png": _CLOUDS,
            "{}_height.exr": _exr,
        },
        "GLTFLoader shows the .glb as it is; the textures are the MeshStandardMaterial's of the same name, "
        "map, emissiveMap and clouds with SRGBColorSpace; EXRLoader reads the heights.",
    ),
    "godot": _Pack(
        {
            "{}.glb": _glb,
            "{}_albedo.png": _COLORS,
            "{}_normal.png": _NORMALS,
            "{}_orm.png": _ORM,
            "{}_emission.png": _EMISSION,
            "{}_clouds.png": _CLOUDS,
            "{}_height.exr": _exr,
        },
        "Drag the .glb into a scene; the textures are an ORMMaterial3D's, import the normal map as Normal Map, "
        "Lossless; heights are EXR, as PNG is cut to 8 bits.",
    ),
    "unity": _Pack(
        {
            "{}.obj": lambda world: write_obj(sphere(world.surface.axes, len(world.surface.ground)), world.name),
            "{}_BaseMap.png": _COLORS,
            "{}_Normal.png": _NORMALS,
            "{}_MaskMap.png": _picture(_mask),
            "{}_Emission.png": _EMISSION,
            "{}_Clouds.png": _CLOUDS,
            "{}_Height.raw": lambda world: _heights(world.surface)[::-1].astype("<u2").tobytes(),
        },
        "Put the textures on the .obj: Normal as type Normal map; MaskMap without sRGB, as HDRP's mask or URP's "
        "metallic map (smoothness in alpha); Height is R16, little-endian, twice as wide as high, the south first.",
    ),
    "unreal": _Pack(
        {
            "{}.glb": _glb,
            "T_{}_BC.png": _COLORS,
            "T_{}_N.png": _picture(lambda surface: surface.normal_map("down")),
            "T_{}_ORM.png": _ORM,
            "T_{}_E.png": _EMISSION,
            "T_{}_Clouds.png": _CLOUDS,
            "T_{}_H.png": _picture(lambda surface: _heights(surface)[..., None]),
        },
        "Import the .glb (Interchange), or the textures: N as Normalmap, its green is down already; ORM and H as Masks "
        "or Grayscale, without sRGB.",
    ),
}
ENGINES = tuple(_PACKS)


def engine_zip(surface: Surface, engine: str, facts: Mapping[str, Any], extras: Mapping[str, Any]) -> bytes:
    """A world for an engine.

    Args:
        surface: Of the world, of as many rows as its textures shall have.
        engine: Of `ENGINES`.
        facts: Its JSON.
        extras: What its `.glb` tells about itself.
    """
    pack, name = _PACKS[engine], file_name(facts["name"])
    world = _World(surface, name, facts, extras)
    needless = {
        make for make, there in {_CLOUDS: surface.clouds is not None, _EMISSION: surface.glow > 0}.items() if not there
    }
    files = {form.format(name): make(world) for form, make in pack.files.items() if make not in needless}
    files[f"{name}.json"] = json.dumps(facts, indent=1, ensure_ascii=False).encode()
    files["README.txt"] = "\n".join([*_told(world, engine), pack.about, ""]).encode()
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as folder:
        for file, content in files.items():
            folder.writestr(zipfile.ZipInfo(f"{name}/{file}"), content)
    return archive.getvalue()


def file_name(name: str) -> str:
    """A planet's name as engines take names of assets: letters and digits of ASCII, and `_`."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    return re.sub(r"[^A-Za-z0-9]+", "_", plain).strip("_") or "Planet"


def _told(world: _World, engine: str) -> list[str]:
    facts, extras = world.facts, world.extras
    named = ("address", "seed", "model", "version", "kind")
    where = ", ".join(f"{name} {extras[name]}" for name in named if name in extras)
    relief = facts["relief"]
    tall = "" if relief["exaggeration"] is None else f", {relief['exaggeration']:g} times as tall as rock bears"
    clouds = "" if world.surface.clouds is None else " Clouds (straight alpha) are for a shell at 1.01 radii."
    return [
        f"{facts['name']}, a planet for {engine}: {where}.",
        f"License: {facts['license'] or 'that of the model'}; drawn by Planet Generator.",
        f"Radius {facts['radius_km']:.0f} km, day {facts['day_h']:g} h, tilt {facts['tilt_deg']:g} degrees; more, with "
        f"the atmosphere as {engine} takes it, in {world.name}.json.",
        f"Equirectangular, north up, longitude 0 in the middle; heights from {relief['lowest_m']:.0f} m to "
        f"{relief['highest_m']:.0f} m{tall}.{clouds}",
    ]
