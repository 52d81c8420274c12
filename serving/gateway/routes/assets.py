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
from serving.gateway.assets.planets import cube_zip, planet_glb, texture_of
from serving.gateway.pictures.png import write_png
from serving.gateway.routes.answering import Answers
from serving.gateway.routes.facts import PARAMETERS as OF_BODY
from serving.gateway.routes.facts import OfSystem, facts_of, heights_m
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
    Parameter("clouds", choice("1", "0"), "`0` leaves out the shell of clouds.", example="0", default="1"),
]
CUBE_PARAMETERS = [
    *OF_SURFACE,
    Parameter("engine", choice(*ENGINES), "In whose order and turn.", example="godot", default="three"),
    Parameter("texture_size", _SIZES, "Of a face in px.", example="128", default="512"),
]
EXR_PARAMETERS = OF_BODY

_Form = TypeVar("_Form")


@dataclasses.dataclass(frozen=True)
class _Glb:
    mesh: str
    size: int
    clouds: bool


@dataclasses.dataclass(frozen=True)
class _Cube:
    engine: str
    size: int


def add_asset_routes(app: Flask, maps: DrawnMaps, catalog: Catalog, answers: Answers) -> None:
    """Adds `GET /v1/worlds/{seed or address}.glb` and the files beside it: cube maps, textures, heights."""

    @app.get("/v1/worlds/<anything:text>.glb")
    def glb(text: str) -> Response:
        asked = read_query(request.args, GLB_PARAMETERS)
        form = _Glb(asked["mesh"], int(asked["texture_size"]), asked["clouds"] == "1")
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

    def drawn(order: PlanetOrder, expires: float) -> dict[str, NDArray[Any]]:
        return {name: rows[0] for name, rows in maps.of(order, expires).items()}

    def make_glb(order: PlanetOrder, form: _Glb, expires: float) -> bytes:
        found = drawn(order, expires)
        with g.timings.stage("encode"):
            [entry] = order.entries
            about = {**order.about(entry), "license": order.model.card.get("output_license")}
            height = min(form.size, found["image"].shape[0])
            name = entry["address"] or entry["seed"]
            return planet_glb(found, form.mesh, height, name, about, entry["kind"], clouds=form.clouds)

    def make_cube(order: PlanetOrder, form: _Cube, expires: float) -> bytes:
        found = drawn(order, expires)
        with g.timings.stage("encode"):
            return cube_zip(found, form.engine, form.size, order.entries[0]["kind"])

    def make_texture(order: PlanetOrder, which: str, expires: float) -> bytes:
        found = drawn(order, expires)
        with g.timings.stage("encode"):
            [entry] = order.entries
            return write_png(texture_of(found, which, entry["kind"]), order.about(entry))

    def make_exr(order: PlanetOrder, form: OfSystem, expires: float) -> bytes:
        radius_km = facts_of(order, form.system)["radius_km"]
        found = drawn(order, expires)
        with g.timings.stage("encode"):
            low, high = heights_m(found["heights"], radius_km)
            return write_heights(np.float32(low + found["height"] * ((high - low) / 65535.0)))
