"""`/v1/worlds/{seed or address}/{map,normal,height}.png`: the whole surface of a world, for an engine to light."""

from __future__ import annotations

import contextlib
import dataclasses
import threading
import time
from collections.abc import Iterator, Mapping

import numpy as np
from flask import Flask, Response, g, request

from serving.gateway.asked.catalog import Catalog
from serving.gateway.asked.options import MEDIA_TYPES, OF_SURFACE
from serving.gateway.asked.orders import PlanetOrder
from serving.gateway.asked.parameters import Parameter, choice, read_query
from serving.gateway.assets.surfaces import Surface, surface_of
from serving.gateway.guards.door import ModelDoor
from serving.gateway.pictures.png import write_png
from serving.gateway.problems import Problem
from serving.gateway.routes.answering import Answers
from serving.gateway.routes.drawing import model_inputs
from serving.gateway.routes.once import OnceDoor
from serving.gateway.routes.worlds import world_order

NORMAL_PARAMETERS = [
    *OF_SURFACE,
    Parameter(
        "green",
        choice("up", "down"),
        "Where green points: `up`, north, as OpenGL, three.js, Godot, Unity and Blender have it, or `down`, as Unreal "
        "and Direct3D.",
        example="down",
        default="up",
    ),
]
MAP_PARAMETERS = [
    *OF_SURFACE,
    Parameter(
        "clouds",
        choice("1", "0"),
        "`0` for the ground below them, of kinds with clouds.",
        example="0",
        default="1",
    ),
]
_PARAMETERS = {"map": MAP_PARAMETERS, "normal": NORMAL_PARAMETERS, "height": OF_SURFACE}

_KEPT = 2  # worlds, of 17 MB each at 1024 px


@dataclasses.dataclass(frozen=True)
class _Map:
    which: str
    green: str = "up"
    clouds: bool = True


class DrawnMaps:
    """Maps that models draw together, kept while several files are made of them.

    Args:
        door: To the models.
    """

    def __init__(self, door: ModelDoor) -> None:
        self._once = OnceDoor(door, "map", _KEPT)
        self._turn = threading.Lock()

    def of(self, order: PlanetOrder, expires: float) -> Mapping[str, np.ndarray]:
        """`image`, `normal`, `height`, `heights` and `axes` of an order's world."""
        return self._once.run(order, expires)

    @contextlib.contextmanager
    def surface(self, order: PlanetOrder, expires: float, height: int | None = None) -> Iterator[Surface]:
        """What the order's world is like all around, of so many rows, or as many as there are, for a block that makes
        a file of it: one at a time, as each takes up to 300 MB.

        Raises:
            BackendError: As `Backend.predict`.
            Problem: 503, others took too long.
        """
        drawn = {name: rows[0] for name, rows in self.of(order, expires).items()}
        if not self._turn.acquire(timeout=max(0.0, expires - time.monotonic())):
            raise Problem(503, "The gateway was busy with files of other worlds: try again later.")
        try:
            with g.timings.stage("encode"):
                yield surface_of(drawn, order.entries[0]["kind"], height)
        finally:
            self._turn.release()

    def check(self, order: PlanetOrder, what: str) -> None:
        """Refuses an order whose model draws its maps one by one, and so has none of some things."""
        if not are_drawn_together(order):
            raise Problem(404, f"The model {order.model.name} has no {what}; GET /v1/models lists the models.")


def add_map_routes(app: Flask, door: ModelDoor, maps: DrawnMaps, catalog: Catalog, answers: Answers) -> None:
    """Adds `GET /v1/worlds/{seed or address}/map.png`, `…/normal.png` and `…/height.png`."""

    @app.get("/v1/worlds/<anything:text>/<any(map, normal, height):which>.png")
    def world_map(text: str, which: str) -> Response:
        asked = read_query(request.args, _PARAMETERS[which])
        order = world_order(text, asked, catalog)
        form = _Map(which, asked.get("green", "up"), asked.get("clouds") != "0")
        if which == "height":
            maps.check(order, "map of heights")
        elif not form.clouds:
            maps.check(order, "layer of clouds")
        return answers.planet(order, form, MEDIA_TYPES["png"], make_map)

    def make_map(order: PlanetOrder, form: _Map, expires: float) -> bytes:
        which = form.which
        if not form.clouds:
            with maps.surface(order, expires) as surface:
                return write_png(surface.colors(), order.about(order.entries[0]) | _axes(surface.axes))
        if are_drawn_together(order):
            outputs = maps.of(order, expires)
        else:
            outputs = door.run(order.model, model_inputs(order), expires, signature=which)
        with g.timings.stage("encode"):
            about = order.about(order.entries[0])
            if which == "map" and "axes" in outputs:
                about |= _axes(outputs["axes"][0])
            [pixels] = outputs[which if which in outputs else "image"]
            if which == "height":
                about["heights"] = ",".join(f"{height:.6g}" for height in outputs["heights"][0])
                pixels = pixels[..., None]
            if form.green == "down":
                pixels = pixels.copy()
                pixels[..., 1] = 255 - np.maximum(pixels[..., 1], 1) + 1  # about 128, which is level
            return write_png(pixels, about)


def _axes(axes: np.ndarray) -> dict[str, str]:
    """What a file tells of a world's half axes."""
    return {"axes": ",".join(f"{axis:.4g}" for axis in axes)}


def are_drawn_together(order: PlanetOrder) -> bool:
    """Whether the order's model draws colors, normals and heights by one signature."""
    return bool(order.model.card["world"].get("heights"))
