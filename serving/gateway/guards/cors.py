"""Which other sites' pages may use the API: cross-origin resource sharing."""

from __future__ import annotations

from flask import Flask, Response, request

from serving.gateway.config import GatewayConfig

_EXPOSED = (
    "ETag, Retry-After, Server-Timing, WWW-Authenticate, X-Planet-Kind, X-Planet-Model, X-Planet-Seed, "
    "X-Planet-Version, X-Request-Id"
)
_ALLOWED_HEADERS = "Authorization, Content-Type, If-None-Match, X-Request-Id"
_PREFLIGHT_AGE_S = 3600


def allow_origins(app: Flask, config: GatewayConfig) -> None:
    """Lets pages of `config.cors_origins` read the answers of `/v1`, errors included, and send what it accepts."""
    if not config.cors_origins:
        return
    any_origin = "*" in config.cors_origins

    @app.after_request
    def share(response: Response) -> Response:
        if not request.path.startswith("/v1/"):
            return response
        if not any_origin:
            response.vary.add("Origin")
        origin = request.headers.get("Origin")
        if origin is None or not (any_origin or origin in config.cors_origins):
            return response
        headers = response.headers
        headers["Access-Control-Allow-Origin"] = "*" if any_origin else origin
        headers["Access-Control-Expose-Headers"] = _EXPOSED
        headers["Cross-Origin-Resource-Policy"] = "cross-origin"
        if request.method == "OPTIONS" and "Access-Control-Request-Method" in request.headers:
            headers["Access-Control-Allow-Methods"] = headers.get("Allow", "")
            headers["Access-Control-Allow-Headers"] = _ALLOWED_HEADERS
            headers["Access-Control-Max-Age"] = str(_PREFLIGHT_AGE_S)
        return response
