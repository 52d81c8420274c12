"""`/health`: is the process alive, and can it draw planets?"""

from __future__ import annotations

from flask import Flask, Response, jsonify

from serving.gateway.asked.catalog import Catalog


def add_health_routes(app: Flask, catalog: Catalog) -> None:
    """Adds `GET /health/live`, always 200, and `GET /health/ready`, 503 until the default model can draw."""

    @app.get("/health/live")
    def live() -> Response:
        return jsonify(status="live")

    @app.get("/health/ready")
    def ready() -> Response:
        model = catalog.find()
        return jsonify(status="ready", model=model.name, version=model.version)
