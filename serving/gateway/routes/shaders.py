"""A world as a shader: `/v1/worlds/{…}/shader.json`, what it takes to draw it elsewhere, and the files that this names.

The shader is the model's, and stands in its card. It reads, of the model, `network.bin`, weights, and `details.bin`, a
texture; of the world, the numbers in `shader.json`, and `field.bin`, a texture. Textures are raw, as OpenGL takes them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

import numpy as np
from flask import Flask, Response, request

from serving.backends.base import ModelVersion
from serving.gateway.asked.catalog import Catalog
from serving.gateway.asked.kinds import mix_text
from serving.gateway.asked.options import OF_MODEL, OF_SURFACE, PictureOptions
from serving.gateway.asked.orders import Order, PlanetOrder
from serving.gateway.asked.parameters import read_query
from serving.gateway.guards.door import ModelDoor
from serving.gateway.problems import Problem
from serving.gateway.routes.answering import Answers
from serving.gateway.routes.once import OnceDoor
from serving.gateway.routes.worlds import world_order

UNIFORMS = ("axes", "ambient", "limb", "shine", "rim", "haze", "relief")  # a world's form and light

_DIGITS = 9  # significant ones: float32 comes back as it was
_KEPT = 8  # worlds, of 1 MB each
_OF_MODEL = {"network": ("numbers", "<f4"), "details": ("details", "u1")}  # file: the model's output, and its numbers


def add_shader_routes(app: Flask, door: ModelDoor, catalog: Catalog, answers: Answers) -> None:
    """Adds `GET /v1/worlds/{seed or address}/{shader.json,field.bin}` and `GET /v1/worlds/{network,details}.bin`."""
    once = OnceDoor(door, "shader", _KEPT)

    @app.get("/v1/worlds/<anything:text>/shader.json")
    def shader(text: str) -> Response:
        return answer_of_world(text, "shader", "application/json", make_shader)

    @app.get("/v1/worlds/<anything:text>/field.bin")
    def field(text: str) -> Response:
        return answer_of_world(text, "field", "application/octet-stream", make_field)

    @app.get("/v1/worlds/<any(network, details):which>.bin")
    def shared(which: str) -> Response:
        options = PictureOptions.of(read_query(request.args, OF_MODEL))
        model = catalog.find(options.model, options.version, label=options.label, task="world")
        _check_shader(model)
        return answers.answer(Order(model, options), which, "application/octet-stream", make_shared)

    def answer_of_world(text: str, form: str, media_type: str, make: Any) -> Response:
        order = world_order(text, read_query(request.args, OF_SURFACE), catalog)
        _check_shader(order.model)
        return answers.planet(order, form, media_type, make)

    def make_shader(order: PlanetOrder, form: str, expires: float) -> bytes:
        return json.dumps(_document(order, once.run(order, expires)), ensure_ascii=False).encode()

    def make_field(order: PlanetOrder, form: str, expires: float) -> bytes:
        return once.run(order, expires)["field"][0].astype("<u2").tobytes()

    def make_shared(order: Order, which: str, expires: float) -> bytes:
        latent = np.zeros((1, order.model.card["latent_size"]), np.float32)
        name, dtype = _OF_MODEL[which]
        return door.run(order.model, {"latent": latent}, expires, signature="network")[name][0].astype(dtype).tobytes()


def _check_shader(model: ModelVersion) -> None:
    if "shader" not in model.card:
        raise Problem(422, f"The model {model.name} has no shader: export it again.", parameter="model")


def _document(order: PlanetOrder, outputs: Mapping[str, np.ndarray]) -> dict[str, Any]:
    model, [entry] = order.model, order.entries
    told = {name: [float(f"{value:.{_DIGITS}g}") for value in outputs[name][0]] for name in (*UNIFORMS, "numbers")}
    # What is one number is told as one.
    told |= {name: told[name][0] for name in UNIFORMS if len(told[name]) == 1}
    of_model = urlencode({"model": model.name, "version": model.version})
    of_world = of_model if entry["kind"] is None else f"{of_model}&{urlencode({'kind': mix_text(entry['kind'])})}"
    urls = {
        "details": f"/v1/worlds/details.bin?{of_model}",
        "field": f"/v1/worlds/{entry['seed']}/field.bin?{of_world}",
    }
    shader = dict(model.card["shader"])
    textures = {
        name: {"url": urls[name], "width": width, "height": height}
        for name, (width, height) in shader.pop("textures").items()
    }
    network = f"/v1/worlds/network.bin?{of_model}"
    return {**entry, "model": model.name, "version": model.version, **told, **shader, "network": network, **textures}
