"""`/v1/worlds/{seed or address}/{map,normal,height}.png`: the whole surface of a world, for an engine to light."""

from __future__ import annotations

import collections
import threading
import time
from collections.abc import Mapping
from concurrent.futures import Future

import numpy as np
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
from serving.gateway.routes.worlds import world_order

_KEPT = 2  # worlds, of 17 MB each at 1024 px


def add_map_routes(app: Flask, door: ModelDoor, catalog: Catalog, answers: Answers) -> None:
    """Adds `GET /v1/worlds/{seed or address}/map.png`, `…/normal.png` and `…/height.png`."""
    maps = Maps(door)

    @app.get("/v1/worlds/<anything:text>/<any(map, normal, height):which>.png")
    def world_map(text: str, which: str) -> Response:
        order = world_order(text, read_query(request.args, OF_SURFACE), catalog)
        if which == "height" and not maps.are_drawn_together(order):
            raise Problem(404, f"The model {order.model.name} has no map of heights; GET /v1/models lists the models.")
        response = answers.answer(order, which, MEDIA_TYPES["png"], make_map)
        response.headers.update(planet_headers(order))
        return response

    def make_map(order: PlanetOrder, which: str, expires: float) -> bytes:
        outputs = maps.of(order, which, expires)
        with g.timings.stage("encode"):
            about = order.about(order.entries[0])
            if which == "map" and "axes" in outputs:
                about["axes"] = ",".join(f"{axis:.4g}" for axis in outputs["axes"][0])
            [pixels] = outputs[which if which in outputs else "image"]
            if which == "height":
                about["heights"] = ",".join(f"{height:.6g}" for height in outputs["heights"][0])
                pixels = pixels[..., None]
            return write_png(pixels, about)


class Maps:
    """Maps of worlds. Models that draw all maps of a world together are asked once for them: engines ask for one after
    the other.

    Args:
        door: To the models.
    """

    def __init__(self, door: ModelDoor) -> None:
        self._door = door
        self._kept: collections.OrderedDict[tuple[object, ...], Future[Mapping[str, np.ndarray]]] = (
            collections.OrderedDict()
        )
        self._lock = threading.Lock()

    def are_drawn_together(self, order: PlanetOrder) -> bool:
        """Whether the order's model draws colors, normals and heights by one signature."""
        return bool(order.model.card["world"].get("heights"))

    def of(self, order: PlanetOrder, which: str, expires: float) -> Mapping[str, np.ndarray]:
        """What the model says of a world's map, among which is `which`."""
        inputs = model_inputs(order)
        if not self.are_drawn_together(order):
            return self._door.run(order.model, inputs, expires, signature=which)
        key = (order.model.name, order.model.version, *(rows.tobytes() for rows in inputs.values()))
        with self._lock:
            found = self._kept.get(key)
            if found is None:
                mine = self._kept[key] = Future[Mapping[str, np.ndarray]]()
                while len(self._kept) > _KEPT:
                    self._kept.popitem(last=False)
        if found is not None:
            try:
                return found.result(expires - time.monotonic())
            except Exception:  # whoever drew it failed, perhaps for want of time: that says nothing about this request
                return self._door.run(order.model, inputs, expires, signature="map")
        try:
            mine.set_result(self._door.run(order.model, inputs, expires, signature="map"))
        except BaseException as error:
            with self._lock:
                self._kept.pop(key, None)
            mine.set_exception(error)
            raise
        return mine.result()
