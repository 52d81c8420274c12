"""`/v1/worlds/{seed or address}/{map,normal,height}.png`: the whole surface of a world, for an engine to light."""

from __future__ import annotations

from flask import Flask, Response, g, request

from serving.gateway.asked.catalog import Catalog
from serving.gateway.asked.options import MEDIA_TYPES, OF_SURFACE
from serving.gateway.asked.orders import PlanetOrder
from serving.gateway.asked.parameters import read_query
from serving.gateway.guards.door import ModelDoor
from serving.gateway.pictures.png import write_png
from serving.gateway.problems import Problem
from serving.gateway.routes.answering import Answers, planet_headers
from serving.gateway.routes.drawing import model_inputs
from serving.gateway.routes.once import OnceDoor
from serving.gateway.routes.worlds import world_order

_KEPT = 2  # worlds, of 17 MB each at 1024 px


def add_map_routes(app: Flask, door: ModelDoor, catalog: Catalog, answers: Answers) -> None:
    """Adds `GET /v1/worlds/{seed or address}/map.png`, `…/normal.png` and `…/height.png`."""
    together = OnceDoor(door, "map", _KEPT)

    @app.get("/v1/worlds/<anything:text>/<any(map, normal, height):which>.png")
    def world_map(text: str, which: str) -> Response:
        order = world_order(text, read_query(request.args, OF_SURFACE), catalog)
        if which == "height" and not _are_drawn_together(order):
            raise Problem(404, f"The model {order.model.name} has no map of heights; GET /v1/models lists the models.")
        response = answers.answer(order, which, MEDIA_TYPES["png"], make_map)
        response.headers.update(planet_headers(order))
        return response

    def make_map(order: PlanetOrder, which: str, expires: float) -> bytes:
        if _are_drawn_together(order):
            outputs = together.run(order, expires)
        else:
            outputs = door.run(order.model, model_inputs(order), expires, signature=which)
        with g.timings.stage("encode"):
            about = order.about(order.entries[0])
            if which == "map" and "axes" in outputs:
                about["axes"] = ",".join(f"{axis:.4g}" for axis in outputs["axes"][0])
            [pixels] = outputs[which if which in outputs else "image"]
            if which == "height":
                about["heights"] = ",".join(f"{height:.6g}" for height in outputs["heights"][0])
                pixels = pixels[..., None]
            return write_png(pixels, about)


def _are_drawn_together(order: PlanetOrder) -> bool:
    """Whether the order's model draws colors, normals and heights by one signature."""
    return bool(order.model.card["world"].get("heights"))
