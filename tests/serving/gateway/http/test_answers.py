"""HEAD, Range and what else HTTP has beyond a plain GET."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from serving.gateway import create_app
from tests.serving.fake_backend import FakeBackend
from tests.serving.whole_backend import WholeBackend

_FILES = [
    "/v1/planets/7.png",
    "/v1/planets/orion/7/3.webp?size=32",
    "/v1/morph.webp?from=1&to=2&frames=2",
    "/v1/sheet.png?seed=1&count=2",
    "/v1/sheet.json?seed=1&count=2",
    "/v1/worlds/9.png",
    "/v1/worlds/9/map.png",
    "/v1/worlds/9/spin.webp?frames=2&size=16",
]


@pytest.fixture(scope="module")
def client() -> FlaskClient:
    return create_app(WholeBackend()).test_client()


@pytest.mark.parametrize(
    "path", [*_FILES, "/", "/static/app.js", "/v1/models", "/health/live", "/openapi.json", "/docs"]
)
def test_head_is_get_without_its_body(client: FlaskClient, path: str) -> None:
    head, get = client.head(path), client.get(path)
    assert (head.status_code, get.status_code) == (200, 200)
    assert head.data == b""
    assert int(head.headers["Content-Length"]) == len(get.data) > 0
    own = {"X-Request-Id", "Server-Timing", "Date"}
    assert {name: value for name, value in head.headers if name not in own} == {
        name: value for name, value in get.headers if name not in own
    }


def test_what_head_has_drawn_get_does_not_draw_again() -> None:
    backend = FakeBackend()
    client = create_app(backend).test_client()
    client.head("/v1/planets/1.png")
    assert "cache;desc=hit" in client.get("/v1/planets/1.png").headers["Server-Timing"]
    assert len(backend.calls) == 1


@pytest.mark.parametrize("path", _FILES)
def test_pictures_come_whole_and_say_so(client: FlaskClient, path: str) -> None:
    whole, part = client.get(path), client.get(path, headers={"Range": "bytes=0-3"})
    assert part.status_code == 200
    assert part.data == whole.data
    assert part.headers["Accept-Ranges"] == "none"


def test_files_of_the_page_come_in_parts_too(client: FlaskClient) -> None:
    whole = client.get("/static/app.js").data
    part = client.get("/static/app.js", headers={"Range": "bytes=4-7"})
    assert part.status_code == 206
    assert part.data == whole[4:8]
    assert part.headers["Content-Range"] == f"bytes 4-7/{len(whole)}"
    beyond = client.get("/static/app.js", headers={"Range": f"bytes={len(whole)}-"})
    assert beyond.status_code == 416
    assert beyond.content_type == "application/problem+json"
    assert beyond.headers["Content-Range"] == f"bytes */{len(whole)}"
