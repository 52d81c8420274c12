"""`/v1/translate`: a picture as it would look in another domain."""

from __future__ import annotations

import reprlib
from collections.abc import Mapping
from typing import Any

from flask import Flask, Response, g, request

from serving.backends.base import Backend, ModelVersion
from serving.gateway.asked.catalog import Catalog
from serving.gateway.asked.options import parse_query
from serving.gateway.asked.uploads import Uploads
from serving.gateway.guards.admission import Admission
from serving.gateway.pictures.pictures import MEDIA_TYPES, encode, to_picture
from serving.gateway.problems import Problem
from serving.gateway.routes.asking import ask, model_headers

_DOMAINS = ("source", "target")


def add_translation_routes(
    app: Flask, backend: Backend, catalog: Catalog, uploads: Uploads, admission: Admission
) -> None:
    """Adds `POST /v1/translate`. The answer has the model's shape: the picture is framed as `framing.frame` tells."""

    @app.post("/v1/translate")
    def translate() -> Response:
        given = parse_query(request.args, ["model", "version", "label", *_DOMAINS, "size", "format"])
        name, version, label = _name(given, catalog), given.get("version"), given.get("label")
        translator = catalog.find(name, version, label=label, task="translate")
        picture_format = given.get("format", "png")
        with admission.place(g.expires):
            upload = uploads.read()
            image = ask(backend, translator, upload.picture, g.expires)["image"]
            with g.timings.stage("encode"):
                file = encode(to_picture(image, given.get("size")), picture_format)
        response = Response(file, content_type=MEDIA_TYPES[picture_format])
        response.headers.update(model_headers(translator))
        response.headers["Cache-Control"] = "no-store"
        return response


def _name(given: Mapping[str, Any], catalog: Catalog) -> str | None:
    """The model asked for, by its name or by what it translates; None if any will do."""
    domains = {name: given[name] for name in _DOMAINS if name in given}
    if not domains:
        return given.get("model")
    if "model" in given:
        raise Problem(422, "Give either model, or source and target, not both.", parameter="model")
    translators = catalog.available("translate")
    for model in translators:
        if all(model.card[name] == wanted for name, wanted in domains.items()):
            return model.name
    asked = " ".join(
        f"{word} {reprlib.repr(given[name])}"
        for name, word in zip(_DOMAINS, ("from", "to"), strict=True)
        if name in given
    )
    served = ", ".join(f"{_domains(model)} ({model.name})" for model in translators) or "none"
    raise Problem(404, f"No model translates {asked}; those served: {served}.", parameter=next(iter(domains)))


def _domains(model: ModelVersion) -> str:
    return f"{model.card['source']} to {model.card['target']}"
