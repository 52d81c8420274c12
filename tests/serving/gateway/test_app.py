"""The gateway's models, health, errors and page; faults come from a fake backend."""

from __future__ import annotations

import dataclasses
import logging
import shutil
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from serving.backends import create_backend
from serving.backends.base import (
    Backend,
    BackendError,
    BackendUnavailable,
    DeadlineExceeded,
    InvalidInput,
    ModelNotFound,
    ModelVersion,
    Overloaded,
)
from serving.gateway import GatewayConfig, create_app
from tests.serving.fake_backend import FakeBackend, LateBackend, fake_version


@pytest.fixture
def web(tmp_path: Path) -> Path:
    (tmp_path / "index.html").write_text("<h1>Planets</h1>", encoding="utf-8")
    (tmp_path / "app.js").write_text("start()", encoding="utf-8")
    return tmp_path


def client_of(backend: Backend, **config: object) -> FlaskClient:
    return create_app(backend, GatewayConfig(**{"catalog_age_s": 0.0, **config})).test_client()


def detail(response: TestResponse, status: int) -> str:
    assert response.status_code == status, response.text
    assert response.content_type == "application/problem+json"
    document = response.get_json(force=True)
    assert set(document) >= {"type", "title", "status", "detail", "request_id"}
    return document["detail"]


def test_models(embedded_backend: Backend) -> None:
    client = client_of(embedded_backend)
    answer = client.get("/v1/models").get_json()
    assert answer["default"] == "tiny_kinds"
    assert [(one["name"], one["version"], one["state"]) for one in answer["models"]] == [
        ("tiny_kinds", 1, "AVAILABLE"),
        ("tiny_planet", 2, "AVAILABLE"),
        ("tiny_planet", 1, "AVAILABLE"),
    ]
    one = client.get("/v1/models/tiny_planet").get_json()
    assert one == {"name": "tiny_planet", "versions": answer["models"][1:]}
    assert one["versions"][0]["card"]["latent_size"] == 8
    assert "no model 'nope'" in detail(client.get("/v1/models/nope"), 404)


def test_half_written_version_harms_nobody(saved_models_dir: Path, tmp_path: Path) -> None:
    shutil.copytree(saved_models_dir / "tiny_planet" / "1", tmp_path / "tiny_planet" / "1")
    shutil.copytree(saved_models_dir / "tiny_planet" / "2", tmp_path / "tiny_planet" / "2")
    (tmp_path / "tiny_planet" / "2" / "saved_model.pb").write_bytes(b"half a mod")
    backend = create_backend("embedded", saved_models=tmp_path)
    client = client_of(backend)
    newest, older = client.get("/v1/models").get_json()["models"]
    assert (newest["version"], newest["state"]) == (2, "UNAVAILABLE")
    assert newest["error"]
    assert older["state"] == "AVAILABLE"
    assert client.get("/v1/planets/1.png").headers["X-Planet-Version"] == "1"
    assert newest["error"] in detail(client.get("/v1/planets/1.png?version=2"), 503)
    assert client.get("/health/ready").status_code == 200
    backend.close()


def test_default_model_is_the_first_by_name_that_can_draw() -> None:
    versions = [
        fake_version("a_classifier", task="classify"),
        fake_version("b_broken", state="UNAVAILABLE"),
        fake_version("c_good"),
        fake_version("d_good"),
    ]
    client = client_of(FakeBackend(versions))
    assert client.get("/v1/models").get_json()["default"] == "c_good"
    assert client.get("/v1/planets/1.png").headers["X-Planet-Model"] == "c_good"
    assert "models that do: c_good, d_good" in detail(client.get("/v1/planets/1.png?model=a_classifier"), 422)
    assert client_of(FakeBackend(versions), default_model="d_good").get("/v1/models").get_json()["default"] == "d_good"


def test_the_newest_world_is_the_default_model_first_of_those_that_draw_planets_at_any_size() -> None:
    world = {"sizes": [16], "map": [8, 16]}
    sights = {**world, "sights": True}
    versions = [
        fake_version("a_good", created="2025-04-01"),
        fake_version("at_one_size", world=world, created="2025-03-01"),
        fake_version("newer", world=sights, created="2025-02-01"),
        fake_version("older", world=sights, created="2025-01-01"),
    ]
    client = client_of(FakeBackend(versions))
    assert client.get("/v1/models").get_json()["default"] == "newer"
    assert client.get("/v1/planets/1.png").headers["X-Planet-Model"] == "newer"
    for place, expected in ((2, "older"), (3, "at_one_size"), (1, "a_good")):
        versions[place] = dataclasses.replace(versions[place], state="UNAVAILABLE")
        assert client_of(FakeBackend(versions)).get("/v1/models").get_json()["default"] == expected


def test_list_of_models_is_reused_for_a_while() -> None:
    backend = FakeBackend()
    client = client_of(backend, catalog_age_s=1000.0)
    assert client.get("/health/ready").status_code == 200
    backend.versions = []
    assert client.get("/health/ready").status_code == 200


def test_a_list_that_takes_long_holds_up_one_request_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    backend = FakeBackend()
    client = client_of(backend)
    assert client.get("/v1/planets/1.png").status_code == 200
    asked, gate = threading.Event(), threading.Event()

    def hang() -> list[ModelVersion]:
        asked.set()
        assert gate.wait(20)
        return []

    monkeypatch.setattr(backend, "models", hang)
    with ThreadPoolExecutor(1) as threads:
        held_up = threads.submit(client.application.test_client().get, "/v1/planets/1.png")
        assert asked.wait(20)
        assert client.get("/v1/planets/1.png").status_code == 200
        gate.set()
        assert held_up.result(20).status_code == 503


def test_health_follows_the_models() -> None:
    backend = FakeBackend([fake_version(state="LOADING")])
    client = client_of(backend)
    assert client.get("/health/live").get_json() == {"status": "live"}
    response = client.get("/health/ready")
    assert "The fake is out." in detail(response, 503)
    assert response.headers["Retry-After"] == "2"
    assert "it is LOADING" in detail(client.get("/v1/planets/1.png?model=fake"), 503)
    backend.versions = [fake_version()]
    assert client.get("/health/ready").get_json() == {"status": "ready", "model": "fake", "version": 1}


def test_no_model_at_all() -> None:
    client = client_of(FakeBackend([]))
    assert client.get("/health/live").status_code == 200
    assert client.get("/v1/models").get_json() == {"default": None, "models": []}
    assert "put one into the folder" in detail(client.get("/health/ready"), 503)
    assert "models served: none" in detail(client.get("/v1/planets/1.png?model=x"), 404)


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (Overloaded("Full."), 503),
        (BackendUnavailable("Away."), 503),
        (DeadlineExceeded("Late."), 504),
        (ModelNotFound("Gone."), 404),
        (InvalidInput("Odd."), 422),
        (BackendError("Strange."), 502),
    ],
)
def test_backend_errors(error: BackendError, status: int) -> None:
    response = client_of(FakeBackend(error=error), retry_after_s=7).get("/v1/planets/1.png")
    assert detail(response, status) == str(error)
    assert response.headers.get("Retry-After") == ("7" if status == 503 else None)
    assert response.headers["Cache-Control"] == "no-store"


def test_unexpected_error_shows_nothing_and_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    client = client_of(FakeBackend(error=RuntimeError("the secret")))
    with caplog.at_level(logging.ERROR):
        response = client.get("/v1/planets/1.png", headers={"X-Request-Id": "abc-1"})
    sentence = detail(response, 500)
    assert "abc-1" in sentence
    assert "secret" not in response.text
    assert "Traceback" not in response.text
    assert "abc-1" in caplog.text
    assert "the secret" in caplog.text


def test_deadline_passes_between_batches() -> None:
    client = client_of(LateBackend(FakeBackend()), deadline_s=0.2, batch_size=1)
    assert "took longer" in detail(client.post("/v1/planets", json={"seed": 1, "count": 2}), 504)


@pytest.mark.parametrize(
    ("method", "path", "status", "sentence"),
    [
        ("GET", "/nowhere", 404, "nothing at /nowhere"),
        ("DELETE", "/v1/planets/1.png", 405, "allowed: GET, HEAD, OPTIONS"),
        ("GET", "/v1/planets", 405, "allowed: OPTIONS, POST"),
    ],
)
def test_no_such_route_or_method(method: str, path: str, status: int, sentence: str) -> None:
    response = client_of(FakeBackend()).open(path, method=method)
    assert sentence in detail(response, status)
    assert ("Allow" in response.headers) == (status == 405)


@pytest.mark.parametrize("given", ["a-b_c.9", "x" * 64])
def test_sane_request_id_is_kept(given: str) -> None:
    response = client_of(FakeBackend()).get("/health/live", headers={"X-Request-Id": given})
    assert response.headers["X-Request-Id"] == given


@pytest.mark.parametrize("given", ["", "x" * 65, "a b", "<script>", "ä"])
def test_other_request_ids_are_replaced(given: str) -> None:
    response = client_of(FakeBackend()).get("/health/live", headers={"X-Request-Id": given})
    assert response.headers["X-Request-Id"] != given
    assert len(response.headers["X-Request-Id"]) == 32


def test_page(web: Path) -> None:
    client = client_of(FakeBackend(), web_folder=web)
    for path, content_type in (("/", "text/html"), ("/static/app.js", "text/javascript")):
        response = client.get(path)
        assert response.status_code == 200
        assert response.content_type.startswith(content_type)
        assert response.headers["Content-Security-Policy"].startswith("default-src 'none'; script-src 'self';")
        assert response.headers["Cross-Origin-Resource-Policy"] == "same-origin"
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        assert client.get(path, headers={"If-None-Match": response.headers["ETag"]}).status_code == 304


@pytest.mark.parametrize("path", ["/static/none.js", "/static/../secret.txt", "/static/%2e%2e/secret.txt", "/static/"])
def test_no_file_outside_the_page(web: Path, path: str) -> None:
    (web.parent / "secret.txt").write_text("secret", encoding="utf-8")
    assert "nothing at /static/" in detail(client_of(FakeBackend(), web_folder=web).get(path), 404)


def test_missing_page_leaves_the_api(tmp_path: Path) -> None:
    client = client_of(FakeBackend(), web_folder=tmp_path / "none")
    assert "no page" in detail(client.get("/"), 404)
    assert client.get("/v1/planets/1.png").status_code == 200
