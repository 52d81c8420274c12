"""A world as a shader: `/v1/worlds/{…}/shader.json`, what it takes to draw it elsewhere, and the weights for it.

The shader is the model's, and stands in its card. What it reads are two textures of float32: `network`, the same for
all worlds of the model, which is a file of its own, and `world`, a few kilobytes of numbers that are this world.
"""

from __future__ import annotations

import base64
import json
from typing import Any
from urllib.parse import urlencode

import numpy as np
from flask import Flask, Response, request

from serving.backends.base import ModelVersion
from serving.gateway.asked.catalog import Catalog
from serving.gateway.asked.options import OF_MODEL, OF_SURFACE, PictureOptions
from serving.gateway.asked.orders import Order, PlanetOrder
from serving.gateway.asked.parameters import read_query
from serving.gateway.guards.door import ModelDoor
from serving.gateway.problems import Problem
from serving.gateway.routes.answering import Answers, planet_headers
from serving.gateway.routes.drawing import model_inputs
from serving.gateway.routes.worlds import world_order

UNIFORMS = ("axes", "ambient", "limb", "shine", "rim", "haze")  # the world's form and light, as the shader reads them

_DIGITS = 7  # significant ones: all that float32 has


def add_shader_routes(app: Flask, door: ModelDoor, catalog: Catalog, answers: Answers) -> None:
    """Adds `GET /v1/worlds/{seed or address}/shader.json` and `GET /v1/worlds/network.bin`."""

    @app.get("/v1/worlds/<anything:text>/shader.json")
    def shader(text: str) -> Response:
        order = world_order(text, read_query(request.args, OF_SURFACE), catalog)
        _check_shader(order.model)
        response = answers.answer(order, "shader", "application/json", make_shader)
        response.headers.update(planet_headers(order))
        return response

    @app.get("/v1/worlds/network.bin")
    def network() -> Response:
        options = PictureOptions.of(read_query(request.args, OF_MODEL))
        model = catalog.find(options.model, options.version, label=options.label, task="world")
        _check_shader(model)
        return answers.answer(Order(model, options), "network", "application/octet-stream", make_network)

    def make_shader(order: PlanetOrder, form: str, expires: float) -> bytes:
        outputs = door.run(order.model, model_inputs(order), expires, signature="shader")
        return json.dumps(_document(order, outputs), ensure_ascii=False).encode()

    def make_network(order: Order, form: str, expires: float) -> bytes:
        latent = np.zeros((1, order.model.card["latent_size"]), np.float32)
        outputs = door.run(order.model, {"latent": latent}, expires, signature="network")
        return outputs["numbers"][0].astype("<f4").tobytes()


def _check_shader(model: ModelVersion) -> None:
    if "shader" not in model.card:
        raise Problem(422, f"The model {model.name} has no shader: export it again.", parameter="model")


def _document(order: PlanetOrder, outputs: dict[str, np.ndarray]) -> dict[str, Any]:
    model = order.model
    uniforms = {name: [float(f"{value:.{_DIGITS}g}") for value in outputs[name][0]] for name in UNIFORMS}
    # What is one number is told as one.
    uniforms = {name: values[0] if len(values) == 1 else values for name, values in uniforms.items()}
    return {
        **order.entries[0],
        "model": model.name,
        "version": model.version,
        "radius": model.card["shader"]["radius"],
        **uniforms,
        "numbers": base64.b64encode(outputs["numbers"][0].astype("<f4").tobytes()).decode(),
        "network": f"/v1/worlds/network.bin?{urlencode({'model': model.name, 'version': model.version})}",
        "glsl": model.card["shader"]["glsl"],
    }
