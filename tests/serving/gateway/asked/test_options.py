"""Every option of `/openapi.json` makes another answer, under another tag, wherever it is taken."""

from __future__ import annotations

import dataclasses
import itertools
from typing import Any

import pytest
from flask.testing import FlaskClient

from serving.gateway import create_app
from serving.gateway.asked.options import OPTIONS, PictureOptions
from serving.gateway.config import GatewayConfig
from serving.gateway.openapi.document import document
from serving.gateway.pictures.cache import PictureCache
from serving.gateway.routes.answering import Answers
from tests.serving.whole_backend import WholeBackend

PATHS = {
    path: [one for one in methods["get"]["parameters"] if one["in"] == "query"]
    for path, methods in document(GatewayConfig())["paths"].items()
    if path.startswith("/v1/") and "parameters" in methods.get("get", {}) and "304" in methods["get"]["responses"]
}
WHICH_MODEL = ("model", "version", "label")  # the backend below has one of a kind
NOT_DRAWN = ("lon", "lat", "roll", "sun")  # nor does it turn its worlds or light them
NOT_OF_ATLAS = ("kind", "temperature")  # an atlas tells where planets stand, whatever they look like
# Nor have its worlds clouds on their map, or a relief of their own to tell in figures.
NOT_SHOWN = {"map.png": ("clouds",), "{seed}.json": ("temperature",)}
TEXTS = {"kind": ["earth", "mars"], "to_kind": ["earth", "mars"], "sun": ["0,0", "60,10"], "system": ["orion/7"]}
TAKEN = [
    pytest.param(path, one, id=f"{path} {one['name']}")
    for path, parameters in PATHS.items()
    for one in parameters
    if one["name"] not in WHICH_MODEL and not (path.endswith("sheet.json") and one["name"] in NOT_OF_ATLAS)
]


@pytest.fixture(scope="module")
def client() -> FlaskClient:
    return create_app(WholeBackend()).test_client()


def values(one: dict[str, Any]) -> list[Any]:
    """Values of a parameter that differ."""
    schema = one["schema"]
    if "enum" in schema:
        return schema["enum"]
    if schema["type"] == "string":
        return TEXTS.get(one["name"], ["orion", "vega"])
    return [schema["minimum"], schema["minimum"] + 1]


@pytest.mark.parametrize(("path", "one"), TAKEN)
def test_an_option_is_used_wherever_it_is_taken(client: FlaskClient, path: str, one: dict[str, Any]) -> None:
    url = path.replace("{seed}", "orion/7/3").replace("{format}", "webp" if "{format}" in path else "png")
    needed = {other["name"]: other["example"] for other in PATHS[path] if other.get("required")}
    if any(other["name"] == "frames" for other in PATHS[path]):
        needed["frames"] = 3
    if one["name"] == "clouds":
        needed["kind"] = "earth"  # which has some
    same = NOT_DRAWN + NOT_SHOWN.get(path.rpartition("/")[2], ())
    answers = [client.get(url, query_string={**needed, one["name"]: value}) for value in values(one)]
    assert {answer.status_code for answer in answers} == {200}, answers[0].text
    for first, second in itertools.combinations(answers, 2):
        assert first.headers["ETag"] != second.headers["ETag"]
        assert first.data != second.data or one["name"] in same


def test_a_tag_is_of_every_field_but_those_whose_outcome_is_told() -> None:
    answers = Answers(None, PictureCache(0), GatewayConfig())
    rows = {row.name: row for row in dataclasses.fields(PictureOptions)}
    usual = answers._identity(PictureOptions())
    others = {name: PictureOptions(**{name: "another"}) for name in rows}
    told = {name: answers._identity(other) != usual for name, other in others.items()}
    assert told == {name: not row.metadata["resolved"] for name, row in rows.items()}
    assert {name for name in rows if not told[name]} == {"model", "version", "label", "kind"}  # told by the order
    assert list(OPTIONS) == list(rows)
