"""`/v1/worlds/{seed or address}.glb`, `…/cube.zip`, `…/roughness.png` and the like: a world as engines load it, from
its maps."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import numpy as np
from flask import Flask, Response, g, request
from numpy.typing import NDArray

from serving.gateway.asked.catalog import Catalog
from serving.gateway.asked.options import MEDIA_TYPES, OF_SURFACE
from serving.gateway.asked.orders import PlanetOrder
from serving.gateway.asked.parameters import Parameter, choice, read_query
from serving.gateway.assets.cubes import ENGINES
from serving.gateway.assets.exr import write_heights
from serving.gateway.assets.packs import ENGINES as PACKS
from serving.gateway.assets.packs import engine_zip
from serving.gateway.assets.planets import cube_zip, planet_glb
from serving.gateway.assets.surfaces import Surface
from serving.gateway.assets.textures import FORMATS
from serving.gateway.pictures.png import write_png
from serving.gateway.routes.answering import Answers
from serving.gateway.routes.facts import PARAMETERS as OF_BODY
from serving.gateway.routes.facts import OfSystem, body_of, facts_of, heights_m
from serving.gateway.routes.maps import DrawnMaps
from serving.gateway.routes.worlds import world_order

_SIZES = choice("128", "256", "512", "1024")
GLB_PARAMETERS = [
    *OF_SURFACE,
    Parameter(
        "mesh",
        choice("sphere", "cube"),
        "`sphere`, of longitudes and latitudes with one texture, or `cube`, of six faces without pinched poles.",
        example="cube",
        default="sphere",
    ),
    Parameter("texture_size", _SIZES, "Rows of the textures, or of two faces, in px.", example="128", default="512"),
    Parameter(
        "textures",
        choice(*FORMATS),
        "Their format: `png`, or `webp` for half the bytes (glTF's EXT_texture_webp, which not all loaders know).",
        example="webp",
        default="png",
    ),
    Parameter("clouds", choice("1", "0"), "`0` leaves out the shell of clouds.", example="0", default="1"),
]
CUBE_PARAMETERS = [
    *OF_SURFACE,
    Parameter("engine", choice(*ENGINES), "In whose order and turn.", example="godot", default="three"),
    Parameter("texture_size", _SIZES, "Of a face in px.", example="128", default="512"),
]
EXR_PARAMETERS = OF_BODY
PACK_PARAMETERS = [
    *OF_BODY,
    Parameter("engine", choice(*PACKS), "That it is for.", example="godot", default="three"),
    Parameter("texture_size", _SIZES, "Rows of the textures.", example="128", default="1024"),
]

_Form = TypeVar("_Form")


@dataclasses.dataclass(frozen=True)
class _Glb:
    mesh: str
    size: int
    clouds: bool
    textures: str


@dataclasses.dataclass(frozen=True)
class _Cube:
    engine: str
    size: int


@dataclasses.dataclass(frozen=True)
class _Pack:
    engine: str
    size: int
    system: str | None


def add_asset_routes(app: Flask, maps: DrawnMaps, catalog: Catalog, answers: Answers) -> None:
    """Adds `GET /v1/worlds/{seed or address}.glb` and the files beside it: cube maps, textures, heights."""

    @app.get("/v1/worlds/<anything:text>.glb")
    def glb(text: str) -> Response:
        asked = read_query(request.args, GLB_PARAMETERS)
        form = _Glb(asked["mesh"], int(asked["texture_size"]), asked["clouds"] == "1", asked["textures"])
        return answer(text, asked, form, "model/gltf-binary", make_glb)

    @app.get("/v1/worlds/<anything:text>/cube.zip")
    def cube(text: str) -> Response:
        asked = read_query(request.args, CUBE_PARAMETERS)
        return answer(text, asked, _Cube(asked["engine"], int(asked["texture_size"])), "application/zip", make_cube)

    @app.get("/v1/worlds/<anything:text>/<any(roughness, emissive, clouds):which>.png")
    def texture(text: str, which: str) -> Response:
        return answer(text, read_query(request.args, OF_SURFACE), which, MEDIA_TYPES["png"], make_texture)

    @app.get("/v1/worlds/<anything:text>/height.exr")
    def heights(text: str) -> Response:
        asked = read_query(request.args, EXR_PARAMETERS)
        return answer(text, asked, OfSystem("heights", asked["system"]), "image/x-exr", make_exr)

    @app.get("/v1/worlds/<anything:text>/engine.zip")
    def pack(text: str) -> Response:
        asked = read_query(request.args, PACK_PARAMETERS)
        form = _Pack(asked["engine"], int(asked["texture_size"]), asked["system"])
        return answer(text, asked, form, "application/zip", make_pack)

    def answer(
        text: str,
        asked: Mapping[str, Any],
        form: _Form,
        media_type: str,
        make: Callable[[PlanetOrder, _Form, float], bytes],
    ) -> Response:
        order = world_order(text, asked, catalog)
        maps.check(order, "assets")
        return answers.planet(order, form, media_type, make)

    def make_glb(order: PlanetOrder, form: _Glb, expires: float) -> bytes:
        with maps.surface(order, expires, form.size if form.mesh == "sphere" else None) as surface:
            name = order.entries[0]["address"] or order.entries[0]["seed"]
            face = None if form.mesh == "sphere" else form.size // 2
            extras = _extras(order)
            return planet_glb(surface, name, extras, face=face, clouds=form.clouds, textures=form.textures)

    def make_cube(order: PlanetOrder, form: _Cube, expires: float) -> bytes:
        with maps.surface(order, expires) as surface:
            return cube_zip(surface, form.engine, form.size)

    def make_texture(order: PlanetOrder, which: str, expires: float) -> bytes:
        with maps.surface(order, expires) as surface:
            return write_png(_TEXTURES[which](surface), order.about(order.entries[0]))

    def make_exr(order: PlanetOrder, form: OfSystem, expires: float) -> bytes:
        radius_km = body_of(order, form.system)["radius_km"]
        drawn = maps.of(order, expires)
        with g.timings.stage("encode"):
            return write_heights(drawn["height"][0], *heights_m(drawn["heights"][0], radius_km))

    def make_pack(order: PlanetOrder, form: _Pack, expires: float) -> bytes:
        facts = facts_of(order, form.system, maps, expires)
        with maps.surface(order, expires, form.size) as surface:
            return engine_zip(surface, form.engine, facts, _extras(order))


_TEXTURES: Mapping[str, Callable[[Surface], NDArray[np.uint8]]] = {
    "roughness": Surface.roughness_map,
    "emissive": Surface.emissive_map,
    "clouds": Surface.cloud_map,
}


def _extras(order: PlanetOrder) -> dict[str, str]:
    """What a file says of itself."""
    license = order.model.card.get("output_license")
    return {**order.about(order.entries[0]), **({} if license is None else {"license": license})}
