"""`/docs`: the OpenAPI document as a page to read. It is made here, once, and needs no script and no other host."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import jinja2
from flask import Blueprint, Flask, Response, json, send_from_directory
from markupsafe import Markup, escape

from serving.gateway.asked.options import MAX_VERSION
from serving.gateway.guards.pages import protect_page

_FOLDER = Path(__file__).parent


def add_docs_page(app: Flask, document: Mapping[str, Any]) -> None:
    """Adds `GET /docs` and its style sheet."""
    page = render(document)
    routes = Blueprint("docs", __name__)

    @routes.get("/docs")
    def docs() -> Response:
        return Response(page, content_type="text/html; charset=utf-8")

    @routes.get("/docs/style.css")
    def style() -> Response:
        return send_from_directory(_FOLDER, "page.css")

    routes.after_request(protect_page)
    app.register_blueprint(routes)


def render(document: Mapping[str, Any]) -> str:
    """The page of an OpenAPI document, as HTML."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_FOLDER), autoescape=True, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters["json"] = lambda value: json.dumps(value, indent=2)
    environment.filters["prose"] = _prose
    chapters = [{**tag, "operations": list(_operations(document, tag["name"]))} for tag in document["tags"]]
    return environment.get_template("page.html").render(document=document, chapters=chapters)


def _operations(document: Mapping[str, Any], tag: str) -> Iterator[dict[str, Any]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            if tag in operation["tags"]:
                yield {
                    **operation,
                    "method": method.upper(),
                    "path": path,
                    "command": operation["x-codeSamples"][0]["source"],
                    "responses": [_response(document, *told) for told in operation["responses"].items()],
                    "limits": {one["name"]: _limits(one["schema"]) for one in operation.get("parameters", [])},
                }


def _response(document: Mapping[str, Any], status: str, response: Mapping[str, Any]) -> dict[str, Any]:
    if "$ref" in response:
        response = document["components"]["responses"][response["$ref"].rpartition("/")[2]]
    example = next((one["example"] for one in response.get("content", {}).values() if "example" in one), None)
    return {**response, "status": status, "example": example}


def _prose(text: str) -> Markup:
    """Text whose parts between backticks are code."""
    return Markup(
        "".join(f"<code>{escape(part)}</code>" if i % 2 else escape(part) for i, part in enumerate(text.split("`")))
    )


def _limits(schema: Mapping[str, Any]) -> str:
    """What a value may be, in a few words."""
    if "enum" in schema:
        told = " · ".join(schema["enum"])
    elif schema.get("maximum") == MAX_VERSION:
        told = f"{schema['minimum']} or more"
    elif "minimum" in schema:
        told = f"{schema['minimum']}..{schema['maximum']}"
    else:
        told = "text"
    return f"{told}; {schema['default']} if left out" if "default" in schema else told
