"""`/v1/worlds/{seed or address}.glb`, `…/cube.zip`, `…/roughness.png`: a world as engines load it, from its maps."""

from __future__ import annotations

import dataclasses

from flask import Flask, Response, g, request

from serving.gateway.asked.catalog import Catalog
from serving.gateway.asked.options import MEDIA_TYPES, OF_SURFACE
from serving.gateway.asked.orders import PlanetOrder
from serving.gateway.asked.parameters import Parameter, choice, read_query
from serving.gateway.assets.cubes import ENGINES
from serving.gateway.assets.planets import cube_zip, glow_of, planet_glb, roughness_map
from serving.gateway.pictures.png import write_png
from serving.gateway.routes.answering import Answers, planet_headers
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
]
CUBE_PARAMETERS = [
    *OF_SURFACE,
    Parameter("engine", choice(*ENGINES), "In whose order and turn.", example="godot", default="three"),
    Parameter("texture_size", _SIZES, "Of a face in px.", example="128", default="512"),
]


@dataclasses.dataclass(frozen=True)
class _Glb:
    mesh: str
    size: int


@dataclasses.dataclass(frozen=True)
class _Cube:
    engine: str
    size: int


def add_asset_routes(app: Flask, maps: DrawnMaps, catalog: Catalog, answers: Answers) -> None:
    """Adds `GET /v1/worlds/{seed or address}.glb`, `…/cube.zip` and `…/roughness.png`."""

    @app.get("/v1/worlds/<anything:text>.glb")
    def glb(text: str) -> Response:
        asked = read_query(request.args, GLB_PARAMETERS)
        return answer(text, asked, _Glb(asked["mesh"], int(asked["texture_size"])), "model/gltf-binary", make_glb)

    @app.get("/v1/worlds/<anything:text>/cube.zip")
    def cube(text: str) -> Response:
        asked = read_query(request.args, CUBE_PARAMETERS)
        return answer(text, asked, _Cube(asked["engine"], int(asked["texture_size"])), "application/zip", make_cube)

    @app.get("/v1/worlds/<anything:text>/roughness.png")
    def roughness(text: str) -> Response:
        return answer(text, read_query(request.args, OF_SURFACE), "roughness", MEDIA_TYPES["png"], make_roughness)

    def answer(text, asked, form, media_type, make) -> Response:
        order = world_order(text, asked, catalog)
        maps.check(order, "assets")
        response = answers.answer(order, form, media_type, make)
        response.headers.update(planet_headers(order))
        return response

    def drawn(order: PlanetOrder, expires: float):
        return {name: rows[0] for name, rows in maps.of(order, expires).items()}

    def make_glb(order: PlanetOrder, form: _Glb, expires: float) -> bytes:
        found = drawn(order, expires)
        with g.timings.stage("encode"):
            [entry] = order.entries
            about = order.about(entry)
            height = min(form.size, found["image"].shape[0])
            name = entry["address"] or entry["seed"]
            return planet_glb(found, form.mesh, height, name, about, glow_of(entry["kind"]))

    def make_cube(order: PlanetOrder, form: _Cube, expires: float) -> bytes:
        found = drawn(order, expires)
        with g.timings.stage("encode"):
            return cube_zip(found, form.engine, form.size)

    def make_roughness(order: PlanetOrder, form: str, expires: float) -> bytes:
        found = drawn(order, expires)
        with g.timings.stage("encode"):
            return write_png(roughness_map(found["image"]), order.about(order.entries[0]))
