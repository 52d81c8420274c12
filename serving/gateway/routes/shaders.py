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

from serving.backends.base import Backend
from serving.gateway.asked.catalog import Catalog
from serving.gateway.asked.options import single_values
from serving.gateway.asked.orders import Order
from serving.gateway.config import GatewayConfig
from serving.gateway.problems import Problem
from serving.gateway.routes.answering import Answers
from serving.gateway.routes.drawing import run_model
from serving.gateway.routes.planets import planet_headers
from serving.gateway.routes.worlds import SURFACE_NAMES, world_inputs, world_order

LOOKS = ("axes", "ambient", "limb", "shine", "rim", "haze")

_OF_MODEL = ["model", "version", "label"]
_DIGITS = 7  # significant ones: all that float32 has


def add_shader_routes(app: Flask, backend: Backend, catalog: Catalog, answers: Answers, config: GatewayConfig) -> None:
    """Adds `GET /v1/worlds/{seed or address}/shader.json` and `GET /v1/worlds/network.bin`."""

    @app.get("/v1/worlds/<anything:text>/shader.json")
    def shader(text: str) -> Response:
        order = _order(text, SURFACE_NAMES, catalog)

        def make() -> bytes:
            outputs = run_model(order.model, world_inputs(order), backend, config, "shader")
            return json.dumps(_document(order, outputs), ensure_ascii=False).encode()

        response = answers.answer(order, "shader", "application/json", make)
        response.headers.update(planet_headers(order))
        return response

    @app.get("/v1/worlds/network.bin")
    def network() -> Response:
        order = _order("network", _OF_MODEL, catalog)

        def make() -> bytes:
            latent = np.zeros((1, order.model.card["latent_size"]), np.float32)
            numbers = run_model(order.model, {"latent": latent}, backend, config, "network")["numbers"]
            return numbers[0].astype("<f4").tobytes()

        return answers.answer(order, "network", "application/octet-stream", make)


def _order(text: str, names: list[str], catalog: Catalog) -> Order:
    order = world_order(text, single_values(request.args, names), catalog)
    if "shader" not in order.model.card:
        raise Problem(422, f"The model {order.model.name} has no shader: export it again.", parameter="model")
    return order


def _document(order: Order, outputs: dict[str, np.ndarray]) -> dict[str, Any]:
    model = order.model
    looks = {name: [float(f"{value:.{_DIGITS}g}") for value in outputs[name][0]] for name in LOOKS}
    # What is one number is told as one.
    looks = {name: values[0] if len(values) == 1 else values for name, values in looks.items()}
    return {
        **order.entries()[0],
        "model": model.name,
        "version": model.version,
        "radius": model.card["shader"]["radius"],
        **looks,
        "numbers": base64.b64encode(outputs["numbers"][0].astype("<f4").tobytes()).decode(),
        "network": f"/v1/worlds/network.bin?{urlencode({'model': model.name, 'version': model.version})}",
        "glsl": model.card["shader"]["glsl"],
    }
