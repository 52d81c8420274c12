"""The OpenAPI 3.1 document: what the gateway can do.

`tests/serving/gateway/openapi/test_document.py` compares what it says with what the gateway does.
"""

from __future__ import annotations

from serving.gateway.config import GatewayConfig
from serving.gateway.openapi.parts import HEADERS, Part, problem_responses
from serving.gateway.openapi.paths import paths
from serving.gateway.openapi.samples import with_samples
from serving.gateway.openapi.schemas import schemas
from serving.gateway.openapi.system_paths import system_paths
from serving.gateway.openapi.world_paths import world_paths

_VERSION = "1.0.0"  # of the API
_DESCRIPTION = (
    "Planets for open-world games. A seed is a whole number of 0..2^64-1; any other text is an address, such as "
    "`orion/7/3`, whose seed is hashed from it. Failures are `application/problem+json` (RFC 9457)."
)
_TAGS = {
    "Planets": "Pictures of planets.",
    "Motion and sheets": "Several planets in one file.",
    "Worlds": "Planets with a surface all around, from any side under any sun.",
    "Star systems": "Stars with planets and moons on their orbits.",
    "Pictures in": "What a picture shows, and how it would look elsewhere.",
    "Models": "What is served.",
    "Operations": "Probes, metrics and documentation; they need no key.",
}


def document(config: GatewayConfig) -> Part:
    """The OpenAPI document of a gateway with these settings."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Planet Generator",
            "version": _VERSION,
            "description": _DESCRIPTION,
            "license": {"name": "Apache 2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "tags": [{"name": name, "description": description} for name, description in _TAGS.items()],
        "security": [{"key": []}] if config.api_keys is not None else [],
        "paths": with_samples({**paths(config), **world_paths(), **system_paths()}),
        "components": {
            "securitySchemes": {"key": {"type": "http", "scheme": "bearer", "description": "An API key."}},
            "headers": HEADERS,
            "schemas": schemas(config),
            "responses": problem_responses(),
        },
    }
