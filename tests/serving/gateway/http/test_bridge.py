"""Bodies on their way to the app, while there is no room for them."""

from __future__ import annotations

import http.client
import json
import resource
import tempfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from serving.gateway import create_app
from tests.client.servers import running
from tests.serving.fake_backend import SeeingBackend
from tests.serving.picture_files import file_of, planet

LARGE = bytes(3_000_000)


@pytest.fixture
def connection() -> Iterator[http.client.HTTPConnection]:
    with running(create_app(SeeingBackend())) as url:
        connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=20)
        yield connection
        connection.close()


@pytest.fixture(params=["no folder", "no room"])
def no_room(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """Temporary files cannot be made, or hold no more than half a megabyte."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    if request.param == "no folder":
        monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "none"))
    else:
        resource.setrlimit(resource.RLIMIT_FSIZE, (500_000, limits[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, limits)


@pytest.mark.usefixtures("no_room")
@pytest.mark.parametrize("body", [LARGE, [LARGE[:1_000_000]] * 3, [LARGE[:1_048_577]]], ids=["whole", "chunks", "rest"])
@pytest.mark.parametrize("path", ["/v1/classify", "/v1/translate", "/v1/planets", "/none"])
def test_a_body_that_there_is_no_room_for(
    connection: http.client.HTTPConnection, path: str, body: bytes | list[bytes]
) -> None:
    headers = {"Content-Type": "image/png"}
    if isinstance(body, list):
        headers["Transfer-Encoding"] = "chunked"
    connection.request("POST", path, body, headers, encode_chunked=isinstance(body, list))
    response = connection.getresponse()
    problem = json.loads(response.read())

    assert response.status == problem["status"] == 503
    assert response.headers["Content-Type"] == "application/problem+json"
    assert response.headers["Retry-After"] == "2"
    assert problem["detail"].startswith("The gateway has no room for so large a body now;")
    assert problem["request_id"] == response.headers["X-Request-Id"]

    connection.auto_open = False  # the same connection goes on
    connection.request("POST", "/v1/classify", file_of(planet(), "PNG"), {"Content-Type": "image/png"})
    assert json.loads(connection.getresponse().read())["kind"] == "red"
