"""Maps of worlds whose model draws all of them in one call, in the process and over gRPC."""

from __future__ import annotations

import io
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from flask.testing import FlaskClient
from PIL import Image
from werkzeug.test import TestResponse

from serving.backends.base import Backend, BackendError
from serving.gateway import create_app
from tests.serving.fake_backend import CountingBackend
from tests.serving.serving_double import backend_of
from tests.serving.tiny_model import write_tiny_world


@pytest.fixture(scope="module")
def worlds_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the world `whole`, and `flat`, which has no heights."""
    folder = tmp_path_factory.mktemp("worlds")
    write_tiny_world(folder, "whole", 1, world={"sizes": [16, 32], "map": [8, 16], "heights": True})
    write_tiny_world(folder, "flat", 1)
    return folder


@pytest.fixture(scope="module", params=["embedded", "tfserving"])
def backend(request: pytest.FixtureRequest, worlds_dir: Path) -> Iterator[Backend]:
    with backend_of(request.param, worlds_dir) as backend:
        yield backend


@pytest.fixture
def counted(backend: Backend) -> CountingBackend:
    return CountingBackend(backend)


@pytest.fixture
def client(counted: CountingBackend) -> FlaskClient:
    return create_app(counted).test_client()  # type: ignore[arg-type]


def get(client: FlaskClient, which: str, seed: str = "a/b", model: str = "whole") -> TestResponse:
    return client.get(f"/v1/worlds/{seed}/{which}.png?model={model}")


def picture(response: TestResponse) -> Image.Image:
    assert response.status_code == 200, response.text
    return Image.open(io.BytesIO(response.data))


def test_the_maps_of_a_world_take_one_call(client: FlaskClient, counted: CountingBackend) -> None:
    colors, normals, heights = (picture(get(client, which)) for which in ("map", "normal", "height"))
    assert counted.calls == ["map"]
    assert (colors.mode, colors.size, colors.text["axes"]) == ("RGB", (16, 8), "1,0.5,0.75")
    assert np.asarray(normals)[3, 3].tolist() == [128, 128, 255]
    assert heights.mode == "I;16"
    np.testing.assert_array_equal(np.asarray(heights).ravel(), np.arange(128) * 500)
    assert heights.text["heights"] == "-0.02,0.03"
    assert get(client, "height", "other").status_code == 200
    assert counted.calls == ["map", "map"]


def test_requests_side_by_side_take_one_call(client: FlaskClient, counted: CountingBackend) -> None:
    counted.gate.clear()
    with ThreadPoolExecutor(3) as pool:
        asked = [pool.submit(get, client.application.test_client(), which) for which in ("map", "normal", "height")]
        counted.gate.set()
        assert [answer.result().status_code for answer in asked] == [200, 200, 200]
    assert counted.calls == ["map"]


def test_what_failed_is_drawn_again(client: FlaskClient, counted: CountingBackend) -> None:
    counted.error = BackendError("The model server is away.")
    assert get(client, "map").status_code >= 500
    counted.error = None
    assert get(client, "normal").status_code == 200
    assert counted.calls == ["map", "map"]


def test_a_model_without_heights_says_so(client: FlaskClient) -> None:
    answer = get(client, "height", model="flat")
    assert answer.status_code == 404
    assert answer.json is not None
    assert answer.json["detail"] == "The model flat has no map of heights; GET /v1/models lists the models."
    assert picture(get(client, "normal", model="flat")).size == (16, 8)
