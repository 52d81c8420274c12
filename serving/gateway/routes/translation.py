"""`/v1/translate`: a picture as it would look in another domain."""

from __future__ import annotations

import dataclasses
import reprlib
from collections.abc import Mapping
from typing import Any

from flask import Flask, Response, g, request

from serving.backends.base import ModelVersion
from serving.gateway.asked.catalog import Catalog
from serving.gateway.asked.options import MEDIA_TYPES, OF_MODEL, OPTIONS
from serving.gateway.asked.parameters import Parameter, read_query, text
from serving.gateway.asked.uploads import Uploads
from serving.gateway.guards.admission import Admission
from serving.gateway.guards.door import ModelDoor
from serving.gateway.pictures.encoding import encode
from serving.gateway.pictures.finishing import to_picture
from serving.gateway.pictures.framing import Framing
from serving.gateway.problems import Problem
from serving.gateway.routes.answering import model_headers
from serving.gateway.routes.seeing import see

_DOMAINS = [
    Parameter("source", text(), "What to translate from.", "mars"),
    Parameter("target", text(), "What to translate to.", "earth"),
]
_MODEL, *_VERSION = OF_MODEL
PARAMETERS = [
    dataclasses.replace(_MODEL, description="Translator, instead of `source` and `target`.", example="cyclegan"),
    *_VERSION,
    *_DOMAINS,
    OPTIONS["size"],
    OPTIONS["format"],
]


def add_translation_routes(
    app: Flask, door: ModelDoor, catalog: Catalog, uploads: Uploads, admission: Admission
) -> None:
    """Adds `POST /v1/translate`. The answer has the model's shape: the picture is framed as `Framing` tells."""

    @app.post("/v1/translate")
    def translate() -> Response:
        asked = read_query(request.args, PARAMETERS)
        translator = catalog.find(_name(asked, catalog), asked["version"], label=asked["label"], task="translate")
        with admission.place(g.expires):
            upload = uploads.read()
            image = see(translator, Framing(upload.picture), door, g.expires)["image"]
            with g.timings.stage("encode"):
                file = encode(to_picture(image, asked["size"]), asked["format"])
        response = Response(file, content_type=MEDIA_TYPES[asked["format"]])
        response.headers.update(model_headers(translator))
        response.headers["Cache-Control"] = "no-store"
        return response


def _name(asked: Mapping[str, Any], catalog: Catalog) -> str | None:
    """The model asked for, by its name or by what it translates; None if any will do."""
    domains = {one.name: asked[one.name] for one in _DOMAINS if asked[one.name] is not None}
    if not domains:
        return asked["model"]
    if asked["model"] is not None:
        raise Problem(422, "Give either model, or source and target, not both.", parameter="model")
    translators = catalog.available("translate")
    for model in translators:
        if all(model.card[name] == wanted for name, wanted in domains.items()):
            return model.name
    words = {"source": "from", "target": "to"}
    wanted = " ".join(f"{words[name]} {reprlib.repr(value)}" for name, value in domains.items())
    served = ", ".join(f"{_domains(model)} ({model.name})" for model in translators) or "none"
    raise Problem(404, f"No model translates {wanted}; those served: {served}.", parameter=next(iter(domains)))


def _domains(model: ModelVersion) -> str:
    return f"{model.card['source']} to {model.card['target']}"
