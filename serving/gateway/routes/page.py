"""The page at `/` and its files under `/static/`."""

from __future__ import annotations

from flask import Blueprint, Flask, Response, send_from_directory

from serving.gateway.config import GatewayConfig
from serving.gateway.problems import Problem

_CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)


def add_page_routes(app: Flask, config: GatewayConfig) -> None:
    """Serves `config.web_folder`: its `index.html` at `/`, every file at `/static/{path}`."""
    routes = Blueprint("page", __name__)

    @routes.get("/")
    def index() -> Response:
        if not (config.web_folder / "index.html").is_file():
            raise Problem(404, "This gateway has no page; its API is under /v1.")
        return send_from_directory(config.web_folder, "index.html")

    @routes.get("/static/<path:file>")
    def static_file(file: str) -> Response:
        return send_from_directory(config.web_folder, file)

    routes.after_request(protect_page)
    app.register_blueprint(routes)


def protect_page(response: Response) -> Response:
    """Lets a page use nothing but files of this server, and no other site's page frame it."""
    response.headers["Content-Security-Policy"] = _CONTENT_SECURITY_POLICY
    response.headers["Referrer-Policy"] = "same-origin"
    response.headers["Cross-Origin-Opener-Policy"] = "same-origin"
    response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    return response
