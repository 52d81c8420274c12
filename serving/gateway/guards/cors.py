"""Which other sites' pages may use the API: cross-origin resource sharing."""

from __future__ import annotations

import ipaddress
import re
from urllib.parse import urlsplit

from flask import Flask, Response, request

from serving.gateway.config import GatewayConfig

_EXPOSED = (
    "ETag, Retry-After, Server-Timing, WWW-Authenticate, X-Planet-Kind, X-Planet-Model, X-Planet-Seed, "
    "X-Planet-Version, X-Request-Id"
)
_ALLOWED_HEADERS = "Authorization, Content-Type, If-None-Match, Traceparent, X-Request-Id"
_PREFLIGHT_AGE_S = 3600

_DEFAULT_PORTS = {"http": 80, "https": 443}
_HOST = re.compile(r"[a-z0-9_-]+(\.[a-z0-9_-]+)*\.?")


def allow_origins(app: Flask, config: GatewayConfig) -> None:
    """Lets pages of `config.cors_origins` read the answers of `/v1`, errors included, and send what it accepts."""
    if not config.cors_origins:
        return
    origins = set(map(parse_origin, config.cors_origins))
    any_origin = "*" in origins

    @app.after_request
    def share(response: Response) -> Response:
        if not request.path.startswith("/v1/"):
            return response
        if not any_origin:
            response.vary.add("Origin")
        origin = request.headers.get("Origin")
        if origin is None or not (any_origin or origin in origins):
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


def parse_origin(text: str) -> str:
    """An origin as browsers write it, in lower case and without its scheme's own port, or `*`.

    Raises:
        ValueError: No browser sends such an origin; one clause.
    """
    fault = f"{text!r} is not an origin such as https://game.example, or *"
    if text == "*":
        return text
    if not text.isascii():
        raise ValueError(
            f"{text!r} has letters beyond ASCII: write its host as browsers send it, such as xn--bcher-kva"
        )
    try:
        parts = urlsplit(text)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise ValueError(fault) from None
    if text.lower() != f"{parts.scheme}://{parts.netloc}".lower() or not parts.scheme or "@" in parts.netloc:
        raise ValueError(fault)
    if ":" in host:
        host = f"[{_address(host, fault)}]"
    elif not _HOST.fullmatch(host):
        raise ValueError(fault)
    elif host.rstrip(".").rpartition(".")[2].isdigit():
        host = _address(host, fault)
    is_told = port is not None and port != _DEFAULT_PORTS.get(parts.scheme)
    return f"{parts.scheme}://{host}:{port}" if is_told else f"{parts.scheme}://{host}"


def _address(host: str, fault: str) -> str:
    try:
        return ipaddress.ip_address(host).compressed
    except ValueError:
        raise ValueError(fault) from None
