"""Servers for the tests of the client, on free ports: a stub of the REST contract, a backend for the true gateway."""

from __future__ import annotations

import base64
import io
import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import flask
import numpy as np
from PIL import Image

from serving.backends.base import ModelVersion
from serving.gateway.config import GatewayConfig
from serving.gateway.http.server import Server

PILLOW_FORMATS = {"png": "PNG", "webp": "WEBP", "jpg": "JPEG"}


@contextmanager
def running(app: flask.Flask) -> Iterator[str]:
    """Serves an app, by the gateway's server, while the context lasts; gives its URL."""
    server = Server(app, GatewayConfig())
    with socket.create_server(("127.0.0.1", 0), backlog=128) as listener:
        thread = threading.Thread(target=server.run, args=([listener],))
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()


class Stub:
    """A planet server that records its requests and can be told to fail.

    Attributes:
        app: The Flask app to run.
        failures: Answers to give first, one per request: (status, headers, body).
        failing: Seeds and addresses of GETs that get a 500.
        requests: What was asked so far: (method, path with query, JSON body or None).
        keys: What `Authorization` each of them carried.
    """

    def __init__(self) -> None:
        self.app = flask.Flask("stub", static_folder=None)
        self.app.url_map.merge_slashes = False
        self.failures: list[tuple[int, Mapping[str, str], str]] = []
        self.failing: set[str] = set()
        self.requests: list[tuple[str, str, object]] = []
        self.keys: list[str | None] = []
        self.app.before_request(self._record)
        self.app.get("/v1/planets/<path:file>")(self._planet)
        self.app.post("/v1/planets")(self._planets)
        self.app.get("/v1/models")(self._models)
        self.app.get("/health/ready")(lambda: {"status": "ready", "model": "stub", "version": 3})

    def _record(self) -> tuple[str, int, Mapping[str, str]] | None:
        request = flask.request
        path = request.full_path.rstrip("?")
        self.requests.append((request.method, path, request.get_json() if request.is_json else None))
        self.keys.append(request.headers.get("Authorization"))
        if not self.failures:
            return None
        status, headers, body = self.failures.pop(0)
        return body, status, headers

    def _planet(self, file: str) -> tuple[bytes | str, int, Mapping[str, str]]:
        text, _, extension = file.rpartition(".")
        if text in self.failing:
            return problem("The model stumbled.", 500)
        size = int(flask.request.args.get("size", 8))
        seed = text if text.isdecimal() else "7"
        headers = {"X-Planet-Seed": seed, "X-Planet-Model": "stub", "X-Planet-Version": "3"}
        headers["X-Planet-Kind"] = "dwarf%20moon:0.25,mars:0.75"
        return picture(size, extension), 200, headers

    def _planets(self) -> Mapping[str, object]:
        body = flask.request.get_json()
        seeds = body.get("seeds") or [str(i) for i in range(body["count"])]
        image = base64.b64encode(picture(8, body["format"])).decode()
        planets = [{"seed": "7", "address": text, "width": 8, "height": 8, "image": image} for text in seeds]
        return {"model": "stub", "version": 3, "format": body["format"], "planets": planets}

    def _models(self) -> Mapping[str, object]:
        card = {"image_size": {"width": 8, "height": 8}, "description": "Paints discs."}
        versions = [("stub", 3, "AVAILABLE"), ("stub", 2, "UNAVAILABLE"), ("other", 1, "AVAILABLE")]
        models = [{"name": n, "version": v, "state": s, "card": card, "error": ""} for n, v, s in versions]
        return {"default": "stub", "models": models}


class PaintingBackend:
    """A backend whose one model, `painter` version 1, paints a disc in colors that its latent chooses."""

    def models(self) -> list[ModelVersion]:
        card = {
            "name": "painter",
            "version": 1,
            "description": "Paints discs.",
            "task": "generate",
            "image_size": {"width": 32, "height": 32},
            "latent_size": 4,
            "class_names": [],
        }
        return [ModelVersion("painter", 1, "AVAILABLE", card)]

    def predict(self, name: str, inputs: Mapping[str, np.ndarray], **_: object) -> dict[str, np.ndarray]:
        y, x = np.mgrid[-1:1:32j, -1:1:32j]
        disc = ((x**2 + y**2) < 0.8)[None, :, :, None]  # (1, 32, 32, 1)
        colors = 128 + 100 * np.tanh(inputs["latent"][:, None, None, :3])  # (B, 1, 1, 3)
        return {"image": (disc * colors).astype(np.uint8)}

    def close(self) -> None:
        pass


def picture(size: int, extension: str) -> bytes:
    """An encoded gray square of `size` px."""
    file = io.BytesIO()
    Image.new("RGB", (size, size), "gray").save(file, PILLOW_FORMATS[extension])
    return file.getvalue()


def problem(
    detail: str, status: int, parameter: str | None = None, **headers: str
) -> tuple[str, int, Mapping[str, str]]:
    """An RFC 9457 answer: (body, status, headers)."""
    document = {"title": "No", "status": status, "detail": detail, "request_id": "r-1", "parameter": parameter}
    body = flask.json.dumps(document)
    return body, status, {"Content-Type": "application/problem+json", **headers}


def failure(detail: str, status: int, **headers: str) -> tuple[int, Mapping[str, str], str]:
    """An RFC 9457 answer as `Stub.failures` takes it."""
    body, status, headers = problem(detail, status, **headers)
    return status, headers, body
