"""`/v1/classify`: what a picture shows, and how real it looks."""

from __future__ import annotations

import dataclasses
from typing import Any

from flask import Flask, Response, g, jsonify, request

from serving.backends.base import ModelVersion
from serving.gateway.asked.catalog import Catalog
from serving.gateway.asked.options import OF_MODEL
from serving.gateway.asked.parameters import Parameter, read_query, text
from serving.gateway.asked.uploads import Uploads
from serving.gateway.guards.admission import Admission
from serving.gateway.guards.door import ModelDoor
from serving.gateway.pictures.framing import Framing
from serving.gateway.routes.answering import model_headers
from serving.gateway.routes.seeing import see

_MODEL, *_VERSION = OF_MODEL
PARAMETERS = [
    dataclasses.replace(_MODEL, description="Classifier; the gateway's default if left out.", example="classifier"),
    *_VERSION,
    Parameter(
        "discriminator", text(), "Model that tells how real it looks; the first by name if left out.", "discriminator"
    ),
]


def add_recognition_routes(
    app: Flask, door: ModelDoor, catalog: Catalog, uploads: Uploads, admission: Admission
) -> None:
    """Adds `POST /v1/classify`."""

    @app.post("/v1/classify")
    def classify() -> Response:
        asked = read_query(request.args, PARAMETERS)
        classifier = catalog.find(asked["model"], asked["version"], label=asked["label"], task="classify")
        discriminator = _discriminator(asked["discriminator"], catalog)
        with admission.place(g.expires):
            upload = uploads.read()
            picture = Framing(upload.picture)
            outputs = see(classifier, picture, door, g.expires)
            answer = _recognized(classifier, outputs["probabilities"].tolist())
            answer["realness"] = None
            if discriminator is not None:
                realness = float(see(discriminator, picture, door, g.expires)["realness"])
                answer["realness"] = {**_named(discriminator), "value": round(realness, 6)}
        answer["picture"] = {
            "width": upload.width,
            "height": upload.height,
            "format": upload.format,
            "frames": upload.frames,
        }
        response = jsonify(answer)
        response.headers.update(model_headers(classifier))
        response.headers["Cache-Control"] = "no-store"
        return response


def _discriminator(name: str | None, catalog: Catalog) -> ModelVersion | None:
    """The one asked for; else the first by name, if any is served."""
    if name is not None:
        return catalog.find(name, task="discriminate", parameter="discriminator")
    return next(iter(catalog.available("discriminate")), None)


def _recognized(classifier: ModelVersion, probabilities: list[float]) -> dict[str, Any]:
    """The likeliest kind, None where the classifier is too unsure to name one, and all probabilities, descending."""
    named = zip(classifier.card["class_names"], probabilities, strict=True)
    ranked = dict(sorted(named, key=lambda pair: -pair[1]))
    kind = next(iter(ranked))
    unknown_below = classifier.card.get("unknown_below")
    return {
        **_named(classifier),
        "kind": None if unknown_below is not None and ranked[kind] < unknown_below else kind,
        "probabilities": {name: round(probability, 6) for name, probability in ranked.items()},
        "unknown_below": unknown_below,
    }


def _named(model: ModelVersion) -> dict[str, Any]:
    return {"model": model.name, "version": model.version}
