"""`/v1/planets`: one planet as a picture, or many as JSON or ZIP."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import reprlib
import zipfile
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

import numpy as np
from flask import Flask, Response, g, jsonify, request
from numpy.typing import NDArray
from PIL import Image
from werkzeug.routing import BaseConverter

from serving.backends.base import Backend
from serving.gateway.admission import Admission
from serving.gateway.asking import model_headers
from serving.gateway.cache import PictureCache
from serving.gateway.catalog import Catalog
from serving.gateway.config import GatewayConfig
from serving.gateway.drawing import draw
from serving.gateway.orders import Order, order_from_body, order_from_url
from serving.gateway.pictures import ENCODER, MEDIA_TYPES, encode, to_picture, to_transparent_picture
from serving.gateway.problems import Problem

_FOREVER = "max-age=31536000, immutable"


def add_planet_routes(
    app: Flask, backend: Backend, catalog: Catalog, admission: Admission, cache: PictureCache, config: GatewayConfig
) -> None:
    """Adds `GET /v1/planets/{seed or address}.{format}` and `POST /v1/planets`."""
    app.url_map.converters["anything"] = _Anything

    @app.get("/v1/planets/<anything:file>")
    def one_planet(file: str) -> Response:
        order = order_from_url(file, request.args, catalog)
        tag = _tag(order)
        if request.if_none_match.contains_weak(tag):
            response = Response(status=304)
        elif (file := cache.get(tag)) is not None:
            g.timings.note("cache", "hit")
            response = Response(file)
        else:
            with admission.place(g.expires):
                picture = _pictures(order, backend, config)[0]
                with g.timings.stage("encode"):
                    file = encode(picture, order.options.format)
            cache.put(tag, file)
            response = Response(file)
        response.content_type = MEDIA_TYPES[order.options.format]
        response.set_etag(tag, weak=True)
        response.headers.update(_headers(order, config))
        return response

    @app.post("/v1/planets")
    def many_planets() -> Response:
        if not request.is_json:
            raise Problem(415, "The body must be JSON; send it with Content-Type: application/json.")
        as_zip = _wants_zip()
        order = order_from_body(request.get_data(), catalog, config)
        with admission.place(g.expires):
            pictures = _pictures(order, backend, config)
            with g.timings.stage("encode"):
                files = [encode(picture, order.options.format) for picture in pictures]
        entries = [
            {**entry, "width": picture.width, "height": picture.height}
            for entry, picture in zip(order.entries(), pictures, strict=True)
        ]
        answer = {"model": order.model.name, "version": order.model.version, "format": order.options.format}
        answer["planets"] = entries
        response = _zip(answer, files) if as_zip else _json(answer, files)
        response.headers.update(model_headers(order.model))
        response.headers["Cache-Control"] = "no-store"
        return response


class _Anything(BaseConverter):
    """The rest of the path, slashes and all; unlike Werkzeug's `path` it may begin with a slash."""

    regex = r"[\s\S]+"
    part_isolating = False


def _pictures(order: Order, backend: Backend, config: GatewayConfig) -> list[Image.Image]:
    with g.timings.stage("model"):
        pixels = draw(backend, order.model, order.seeds, order.kinds, order.options.temperature, config, g.expires)
    with g.timings.stage("decode"):
        if order.options.background == "black":
            return [to_picture(one, order.options.size) for one in pixels]
        return [_transparent(one, order, text) for one, text in zip(pixels, order.texts, strict=True)]


def _transparent(pixels: NDArray[np.uint8], order: Order, text: str) -> Image.Image:
    picture = to_transparent_picture(pixels, order.options.size)
    if picture is None:
        name = f"The picture of {reprlib.repr(text)} by {order.model.name}"
        detail = f"{name} shows no planet on a black sky to cut out; ask for a black background or another model."
        raise Problem(422, detail, parameter="background")
    return picture


def _tag(order: Order) -> str:
    """Entity tag of one planet, known before drawing: a client that has the picture costs no drawing. It is used as a
    weak one: it stands for the picture, whose bytes may differ between processors."""
    options, model = order.options, order.model
    look = [options.size, options.format, options.background, options.temperature]
    identity = [model.name, model.version, model.card, order.entries(), look, ENCODER]
    return hashlib.sha256(json.dumps(identity, sort_keys=True).encode()).hexdigest()[:32]


def _headers(order: Order, config: GatewayConfig) -> dict[str, str]:
    [entry] = order.entries()
    pinned = order.options.model is not None and order.options.version is not None
    whose = "public" if config.api_keys is None else "private"  # no shared cache passes it on to those without a key
    headers = {
        "X-Planet-Seed": entry["seed"],
        **model_headers(order.model),
        "Cache-Control": f"{whose}, {_FOREVER}" if pinned else "no-cache",
    }
    if entry["kind"] is not None:
        headers["X-Planet-Kind"] = ",".join(f"{quote(name)}:{share:g}" for name, share in entry["kind"].items())
    return headers


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
