"""`/openapi.json` and `/docs`: what the gateway can do, for programs and for people."""

from __future__ import annotations

from flask import Flask, Response, json

from serving.gateway.config import GatewayConfig
from serving.gateway.openapi.document import document
from serving.gateway.openapi.page import add_docs_page


def add_openapi_routes(app: Flask, config: GatewayConfig) -> None:
    """Adds `GET /openapi.json` and `GET /docs`."""
    described = document(config)
    as_json = json.dumps(described)

    @app.get("/openapi.json")
    def openapi() -> Response:
        return Response(as_json, content_type="application/json")

    add_docs_page(app, described)
