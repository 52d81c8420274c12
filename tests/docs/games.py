"""Code of games in other languages, which asks a gateway."""

from __future__ import annotations

import re

from serving.gateway.config import GatewayConfig
from serving.gateway.openapi.document import document as openapi


def check_game(text: str) -> None:
    """The routes that it asks for, and what it tells them, are in the OpenAPI document."""
    paths = openapi(GatewayConfig())["paths"]
    routes = set(re.findall(r"/v1/\w+", text))
    asked = {path: one["get"] for path, one in paths.items() if "get" in one and path.startswith(tuple(routes))}
    assert routes <= {re.match(r"/\w+/\w+|.*", path)[0] for path in asked}
    told = set(re.findall(r"\b([a-z_]+)=(?=[%{$\w])", text))
    for listed in re.findall(r"URLSearchParams\(\{(.*?)\}\)", text, re.DOTALL):
        told.update(re.findall(r"(\w+):", listed))
    assert told <= {parameter["name"] for one in asked.values() for parameter in one["parameters"]}
