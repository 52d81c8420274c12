"""`/v1/planets`: one planet as a picture, or many as JSON or ZIP."""

from __future__ import annotations

import base64
import io
import json
import zipfile
from collections.abc import Sequence
from typing import Any

from flask import Flask, Response, g, jsonify, request
from PIL import Image

from serving.gateway.asked.catalog import Catalog
from serving.gateway.asked.options import MEDIA_TYPES
from serving.gateway.asked.orders import PlanetOrder, order_from_url, orders_from_body
from serving.gateway.config import GatewayConfig
from serving.gateway.guards.admission import Admission
from serving.gateway.guards.door import ModelDoor
from serving.gateway.pictures.encoders import Encoders
from serving.gateway.problems import Problem
from serving.gateway.routes.answering import Answers, model_headers
from serving.gateway.routes.drawing import draw_planets


def add_planet_routes(
    app: Flask, door: ModelDoor, catalog: Catalog, answers: Answers, admission: Admission, config: GatewayConfig
) -> None:
    """Adds `GET /v1/planets/{seed or address}.{format}` and `POST /v1/planets`."""
    encoders = Encoders()

    @app.get("/v1/planets/<anything:file>")
    def one_planet(file: str) -> Response:
        order = order_from_url(file, request.args, catalog)
        return answers.planet(order, "planet", MEDIA_TYPES[order.options.format], make)

    @app.post("/v1/planets")
    def many_planets() -> Response:
        if not request.is_json:
            raise Problem(415, "The body must be JSON; send it with Content-Type: application/json.")
        as_zip = _wants_zip()
        orders = orders_from_body(request.get_data(), catalog, config)
        with admission.place(g.expires):
            done = [(places, order, *drawn(order, g.expires)) for places, order in orders]
        planets: dict[int, tuple[dict[str, Any], bytes]] = {}
        for places, order, pictures, files in done:
            for place, entry, picture, file in zip(places, order.entries, pictures, files, strict=True):
                sides = {"width": picture.width, "height": picture.height}
                planets[place] = {**entry, "version": order.model.version, **sides}, file
        entries, files = zip(*(planets[place] for place in sorted(planets)), strict=True)
        first = orders[0][1]
        answer = {"model": first.model.name, "version": first.model.version, "format": first.options.format}
        answer["planets"] = list(entries)
        response = _zip(answer, files) if as_zip else _json(answer, files)
        response.headers.update(model_headers(first.model))
        response.headers["Cache-Control"] = "no-store"
        return response

    def make(order: PlanetOrder, form: str, expires: float) -> bytes:
        _, [file] = drawn(order, expires)
        return file

    def drawn(order: PlanetOrder, expires: float) -> tuple[list[Image.Image], list[bytes]]:
        pictures = draw_planets(order, door, expires)
        return pictures, encoders.encode(pictures, order.options.format, map(order.about, order.entries))


def _wants_zip() -> bool:
    accepted = request.accept_mimetypes
    if accepted and not (accepted.accept_json or accepted["application/zip"]):
        raise Problem(406, "Planets come as application/json or application/zip; accept one of them.")
    return accepted["application/zip"] > accepted["application/json"]


def _json(answer: dict[str, Any], files: Sequence[bytes]) -> Response:
    for entry, file in zip(answer["planets"], files, strict=True):
        entry["image"] = base64.b64encode(file).decode("ascii")
    return jsonify(answer)


def _zip(answer: dict[str, Any], files: Sequence[bytes]) -> Response:
    """The pictures, stored, and `manifest.json`: the JSON answer with file names in place of pictures."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as folder:
        for index, (entry, file) in enumerate(zip(answer["planets"], files, strict=True)):
            entry["file"] = f"{index:02d}_{entry['seed']}.{answer['format']}"
            folder.writestr(zipfile.ZipInfo(entry["file"]), file)
        folder.writestr(zipfile.ZipInfo("manifest.json"), json.dumps(answer, indent=2))
    response = Response(archive.getvalue(), content_type="application/zip")
    response.headers["Content-Disposition"] = 'attachment; filename="planets.zip"'
    return response
