"""What `/openapi.json` says against what the gateway does."""

from __future__ import annotations

import io
import re
import shlex
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from PIL import Image
from werkzeug.exceptions import MethodNotAllowed

from serving.gateway import create_app
from serving.gateway.config import GatewayConfig
from serving.gateway.openapi.document import document
from tests.serving.whole_backend import WholeBackend

DOCUMENT = document(GatewayConfig())
OPERATIONS = [
    pytest.param(path, method, operation, id=f"{method} {path}")
    for path, methods in DOCUMENT["paths"].items()
    for method, operation in methods.items()
]
QUERIES = [param for param in OPERATIONS if any(one["in"] == "query" for one in param.values[2].get("parameters", []))]
PARTS_OF_PAGES = {"/static/<path:file>", "/static/systems/rules_1.json", "/docs/style.css"}  # no part of the API


@pytest.fixture(scope="module")
def app() -> Flask:
    return create_app(WholeBackend())


@pytest.fixture(scope="module")
def http(app: Flask) -> FlaskClient:
    return app.test_client()


def path_of(path: str, operation: dict[str, Any]) -> str:
    """The path with its parameters' examples."""
    for one in operation.get("parameters", []):
        if one["in"] == "path":
            path = path.replace(f"{{{one['name']}}}", "painter" if "models" in path else one["example"])
    assert "{" not in path
    return path


def needed(operation: dict[str, Any]) -> dict[str, Any]:
    """The query without which nothing is answered."""
    asked = (one for one in operation.get("parameters", []) if one["in"] == "query" and one.get("required"))
    return {one["name"]: one["example"] for one in asked}


def body_of(operation: dict[str, Any]) -> dict[str, Any]:
    """A body that is taken, as an argument of the test client."""
    content = operation.get("requestBody", {}).get("content", {})
    if "application/json" in content:
        return {"json": next(iter(content["application/json"]["examples"].values()))["value"]}
    return {"data": png(), "content_type": "image/png"} if content else {}


def png() -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (8, 8), "red").save(file, "PNG")
    return file.getvalue()


def test_every_route_is_told_and_none_besides(app: Flask) -> None:
    routes = app.url_map.bind("localhost")
    told = {
        routes.match(path_of(path, operation), method=method.upper())[0]
        for path, methods in DOCUMENT["paths"].items()
        for method, operation in methods.items()
    }
    there = {rule.endpoint for rule in app.url_map.iter_rules() if rule.rule not in PARTS_OF_PAGES}
    assert told == there


@pytest.mark.parametrize(("path", "method", "operation"), OPERATIONS)
def test_a_route_answers_as_it_tells(http: FlaskClient, path: str, method: str, operation: dict) -> None:
    response = http.open(path_of(path, operation), method=method, query_string=needed(operation), **body_of(operation))

    assert response.status_code == 200, response.text
    told = operation["responses"]["200"]
    assert response.mimetype in told["content"]
    required = {name for name in told["headers"] if DOCUMENT["components"]["headers"][name].get("required")}
    assert required <= set(response.headers.keys())


@pytest.mark.parametrize(("path", "method", "operation"), OPERATIONS)
def test_a_route_has_an_example(path: str, method: str, operation: dict) -> None:
    [sample] = operation["x-codeSamples"]
    command = shlex.split(sample["source"])
    assert command[0] == "curl"
    assert "{" not in command[-1]
    assert re.match(re.sub(r"\\{\w+\\}", ".+", re.escape(f"http://127.0.0.1:8000{path}")), command[-1])
    for one in operation.get("parameters", []):
        assert "example" in one or one["name"] == "label"  # which excludes `version`, whose example is there
    for status, response in operation["responses"].items():
        told = (
            DOCUMENT["components"]["responses"][response["$ref"].rpartition("/")[2]] if "$ref" in response else response
        )
        content = told.get("content", {})
        own = path == "/openapi.json" and status == "200"  # it is its own example
        assert own or all("example" in told for name, told in content.items() if name.endswith("json")), status


@pytest.mark.parametrize(("path", "method", "operation"), QUERIES)
def test_a_route_takes_the_parameters_it_tells_and_none_besides(
    http: FlaskClient, path: str, method: str, operation: dict
) -> None:
    query = {**needed(operation), "nonsense": 1}
    response = http.open(path_of(path, operation), method=method, query_string=query, **body_of(operation))

    assert response.status_code == 422
    allowed = re.fullmatch(r"There is no parameter 'nonsense'; allowed: (.*)\.", response.json["detail"])[1]
    told = [one["name"] for one in operation["parameters"] if one["in"] == "query"]
    assert sorted(allowed.split(", ")) == sorted(told)


BOUNDS = [
    pytest.param(*param.values, one, bound, beyond, id=f"{param.id} {one['name']} {bound}")
    for param in QUERIES
    for one in param.values[2]["parameters"]
    for bound, beyond in (("minimum", -1), ("maximum", 1))
    if bound in one["schema"]
]
SMALL = {"size": 16, "frames": 2, "count": 64}  # so that the most of another parameter costs little


@pytest.mark.parametrize(("path", "method", "operation", "one", "bound", "beyond"), BOUNDS)
def test_numbers_are_bounded_as_told(
    http: FlaskClient, path: str, method: str, operation: dict, one: dict, bound: str, beyond: int
) -> None:
    told = {other["name"] for other in operation["parameters"]}
    small = {name: value for name, value in SMALL.items() if name in told}
    if one["name"] == "size" and "count" in told:
        small["count"] = 1

    def blamed(value: int) -> bool:
        query = {**needed(operation), **small, one["name"]: value}
        response = http.open(path_of(path, operation), method=method, query_string=query, **body_of(operation))
        return response.status_code == 422 and response.json["parameter"] == one["name"]

    assert blamed(one["schema"][bound] + beyond)
    assert not blamed(one["schema"][bound])


def test_bodies_are_bounded_as_told(http: FlaskClient) -> None:
    order = DOCUMENT["components"]["schemas"]["Order"]
    response = http.post("/v1/planets", json={"count": 1, "nonsense": 1})
    allowed = re.search(r"allowed: (.*)\.", response.json["detail"])[1]
    assert sorted(allowed.split(", ")) == sorted(order["properties"])

    assert order["properties"]["count"]["anyOf"][0]["maximum"] == GatewayConfig().max_planets
    assert http.post("/v1/planets", json={"count": 65}).status_code == 422
    assert http.post("/v1/planets", json={"seeds": ["a"] * 64, "size": 16}).status_code == 200


def test_limits_are_those_of_this_gateway() -> None:
    limits = {"max_planets": 5, "max_upload_bytes": 2**20, "max_upload_pixels": 1_000_000}
    config = GatewayConfig(**limits, api_keys=frozenset(["00" * 32]))
    told = create_app(WholeBackend(), config).test_client().get("/openapi.json").json

    [count] = [one for one in told["paths"]["/v1/sheet.json"]["get"]["parameters"] if one["name"] == "count"]
    assert count["schema"]["maximum"] == 5
    assert "at most 1 MiB and 1 megapixels" in told["paths"]["/v1/classify"]["post"]["requestBody"]["description"]
    assert told["security"] == [{"key": []}]
    assert told["paths"]["/health/live"]["get"]["security"] == []
    assert DOCUMENT["security"] == []


def test_failures_are_all_told(http: FlaskClient) -> None:
    for path, query in (
        ("/v1/planets/1.jpg", {"background": "transparent"}),
        ("/v1/planets/1.png", {"model": "nobody"}),
        ("/v1/planets/1.png", {"size": 1}),
    ):
        response = http.get(path, query_string=query)
        told = DOCUMENT["paths"]["/v1/planets/{seed}.{format}"]["get"]["responses"][str(response.status_code)]
        problem = DOCUMENT["components"]["responses"][told["$ref"].rpartition("/")[2]]
        example = problem["content"][response.mimetype]["example"]
        assert set(response.json) <= {*example, "parameter"}
        assert set(problem["headers"]) <= set(response.headers.keys())


def test_the_page_shows_every_route_and_needs_no_other_host(app: Flask, http: FlaskClient) -> None:
    response = http.get("/docs")
    for path, methods in DOCUMENT["paths"].items():
        for operation in methods.values():
            assert path in response.text
            assert f'id="{operation["operationId"]}"' in response.text
    assert "script" not in response.text
    assert set(re.findall(r'(?:src|href)="([^"#]+)"', response.text)) == {
        "/docs/style.css",
        "/static/icon.svg",
        "/openapi.json",
    }
    assert "style=" not in response.text  # which its policy would not let through
    policy = response.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    style = http.get("/docs/style.css")
    assert (style.status_code, style.mimetype) == (200, "text/css")
    assert "url(" not in style.text
    with pytest.raises(MethodNotAllowed):
        app.url_map.bind("localhost").match("/docs", method="POST")
