"""What the gateway writes on stderr."""

from __future__ import annotations

import contextlib
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest

from serving.gateway import create_app
from serving.gateway.guards.logs import configure_logging
from tests.serving.fake_backend import FakeBackend


@contextlib.contextmanager
def log(style: str) -> Iterator[None]:
    """Logs as a process of its own would within the block: pytest's handlers are away meanwhile."""
    root, access = logging.getLogger(), logging.getLogger("serving.gateway.access")
    handlers, level = root.handlers[:], access.level
    root.handlers.clear()
    try:
        configure_logging(style)
        yield
    finally:
        for handler in root.handlers:
            handler.close()
        root.handlers[:] = handlers
        access.setLevel(level)


def entries(lines: list[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in lines]


def test_json_tells_each_request_in_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    with log("json"):
        client = create_app(FakeBackend()).test_client()
        response = client.get("/v1/planets/42.png?size=32", headers={"X-Request-Id": "abc-1"})
        client.head("/v1/planets/42.png")
        client.get("/no%0Awhere")
    first, head, nowhere = entries(capsys.readouterr().err.splitlines())
    assert first.pop("time").endswith("Z")
    assert first.pop("seconds") > 0
    assert first == {
        "level": "INFO",
        "logger": "serving.gateway.access",
        "remote": "127.0.0.1",
        "request_id": "abc-1",
        "method": "GET",
        "path": "/v1/planets/42.png",
        "route": "/v1/planets/<anything:file>",
        "status": 200,
        "bytes": len(response.data),
        "model": "fake",
    }
    assert (head["method"], head["status"], head["bytes"]) == ("HEAD", 200, 0)
    assert (nowhere["path"], nowhere["route"], nowhere["model"]) == ("/no%0Awhere", "none", None)


def test_other_answers_name_their_model_too(capsys: pytest.CaptureFixture[str]) -> None:
    with log("json"):
        create_app(FakeBackend()).test_client().post("/v1/planets", json={"count": 2})
    assert entries(capsys.readouterr().err.splitlines())[0]["model"] == "fake"


def test_unexpected_error_is_told_in_the_log_alone(capsys: pytest.CaptureFixture[str]) -> None:
    with log("json"):
        client = create_app(FakeBackend(error=RuntimeError("the secret"))).test_client()
        response = client.get("/v1/planets/1.png", headers={"X-Request-Id": "abc-1"})
    assert "secret" not in response.text
    error, access = entries(capsys.readouterr().err.splitlines())
    assert error["level"] == "ERROR"
    assert "abc-1" in error["message"]
    assert "RuntimeError: the secret" in error["traceback"]
    assert (access["request_id"], access["status"]) == ("abc-1", 500)


def test_text(capsys: pytest.CaptureFixture[str]) -> None:
    with log("text"):
        create_app(FakeBackend()).test_client().get("/health/live", headers={"X-Request-Id": "abc-1"})
    [line] = capsys.readouterr().err.splitlines()
    assert "127.0.0.1 abc-1 GET /health/live /health/live 200 " in line


def test_none_keeps_warnings(capsys: pytest.CaptureFixture[str]) -> None:
    with log("none"):
        create_app(FakeBackend()).test_client().get("/health/live")
        logging.getLogger("anything").warning("Look out.")
    [line] = capsys.readouterr().err.splitlines()
    assert line.endswith("WARNING anything: Look out.")
