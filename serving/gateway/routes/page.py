"""The page at `/` and its files under `/static/`."""

from __future__ import annotations

from flask import Blueprint, Flask, Response, send_from_directory

from serving.gateway.config import GatewayConfig
from serving.gateway.guards.pages import protect_page
from serving.gateway.problems import Problem
from serving.systems.rules import RULES_FILE


def add_page_routes(app: Flask, config: GatewayConfig) -> None:
    """Serves `config.web_folder`: its `index.html` at `/`, every file at `/static/{path}`, and the systems' rules."""
    routes = Blueprint("page", __name__)

    @routes.get("/")
    def index() -> Response:
        if not (config.web_folder / "index.html").is_file():
            raise Problem(404, "This gateway has no page; its API is under /v1.")
        return send_from_directory(config.web_folder, "index.html")

    @routes.get("/static/<path:file>")
    def static_file(file: str) -> Response:
        return send_from_directory(config.web_folder, file)

    @routes.get("/static/systems/rules_1.json")
    def rules() -> Response:
        return send_from_directory(RULES_FILE.parent, RULES_FILE.name)

    routes.after_request(protect_page)
    app.register_blueprint(routes)
