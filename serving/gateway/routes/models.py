"""`/v1/models`: what is served, with cards and states."""

from __future__ import annotations

import dataclasses

from flask import Flask, Response, jsonify

from serving.gateway.asked.catalog import Catalog


def add_model_routes(app: Flask, catalog: Catalog) -> None:
    """Adds `GET /v1/models` and `GET /v1/models/{name}`."""

    @app.get("/v1/models")
    def all_models() -> Response:
        versions = [dataclasses.asdict(version) for version in catalog.versions()]
        return jsonify(default=catalog.default_name(), models=versions)

    @app.get("/v1/models/<name>")
    def one_model(name: str) -> Response:
        return jsonify(name=name, versions=[dataclasses.asdict(version) for version in catalog.of_model(name)])
