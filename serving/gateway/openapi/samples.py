"""Command lines that try the operations of the OpenAPI document, as its `x-codeSamples`."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from serving.gateway.openapi.parts import Part


def with_samples(paths: Part) -> Part:
    """The paths, each operation with a sample: an example even where the answer is a picture."""
    return {
        path: {
            method: {**operation, "x-codeSamples": [_sample(method, path, operation)]}
            for method, operation in methods.items()
        }
        for path, methods in paths.items()
    }


def _sample(method: str, path: str, operation: Mapping[str, Any]) -> Part:
    return {"lang": "sh", "label": "curl", "source": _command(method, path, operation)}


def _command(method: str, path: str, operation: Mapping[str, Any]) -> str:
    """A command line that tries the operation, on the gateway at its usual place."""
    parameters = operation.get("parameters", [])
    for one in parameters:
        path = path.replace(f"{{{one['name']}}}", one["example"]) if one["in"] == "path" else path
    needed = [one for one in parameters if one["in"] == "query" and one.get("required")]
    query = "&".join(f"{one['name']}={quote(str(one['example']), safe='/')}" for one in needed)
    url = f"http://127.0.0.1:8000{path}{query and f'?{query}'}"
    content = operation.get("requestBody", {}).get("content", {})
    words = ["curl"]
    if "application/json" in content:
        example = next(iter(content["application/json"]["examples"].values()))["value"]
        words += ["-H", "Content-Type: application/json", "-d", json.dumps(example)]
    elif content:
        words += ["-F", "image=@planet.png"]
    answer = operation["responses"]["200"].get("content", {})
    if any(media_type.startswith("image/") for media_type in answer):
        words += ["-o", f"{operation['operationId']}.{path.rpartition('.')[2] if method == 'get' else 'png'}"]
    return shlex.join([*words, url])
