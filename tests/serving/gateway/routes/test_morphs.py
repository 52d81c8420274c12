"""Animations from one planet to another."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest
from flask.testing import FlaskClient
from PIL import Image, ImageSequence

from serving.gateway import GatewayConfig, create_app
from serving.gateway.routes import morphs
from serving.latents import kind_index, latents
from serving.morphing import slerp
from tests.serving.fake_backend import FakeBackend, fake_version

_KINDS = ["earth", "mars", "sun"]
_QUERY = {"from": "orion/7/3", "to": "42", "frames": "5"}


class _RecordingBackend(FakeBackend):
    """Keeps the inputs it is given."""

    def __init__(self) -> None:
        super().__init__([fake_version(class_names=_KINDS), fake_version("plain")])
        self.inputs: list[Any] = []

    def predict(self, name: str, inputs: Any, **arguments: Any) -> dict[str, np.ndarray]:
        self.inputs.append(inputs)
        return super().predict(name, inputs, **arguments)

    def input(self, name: str) -> np.ndarray:
        return np.concatenate([inputs[name] for inputs in self.inputs])


@pytest.fixture
def backend() -> _RecordingBackend:
    return _RecordingBackend()


@pytest.fixture
def client(backend: _RecordingBackend) -> FlaskClient:
    return create_app(backend, GatewayConfig(batch_size=2)).test_client()


def animation(file: bytes) -> tuple[list[np.ndarray], list[int]]:
    """Frames, and how long each is shown in ms."""
    picture = Image.open(io.BytesIO(file))
    frames, durations = [], []
    for frame in ImageSequence.Iterator(picture):
        frames.append(np.asarray(frame.convert("RGB")).astype(int))
        durations.append(frame.info["duration"])
    return frames, durations


def test_slerp_turns_steadily_and_is_exact_at_the_ends() -> None:
    start, end = latents([1, 2], 64).astype(np.float64)
    way = slerp(start, end, np.linspace(0, 1, 9))
    assert (way.dtype, way.shape) == (np.float64, (9, 64))
    np.testing.assert_array_equal(way[[0, -1]], [start, end])
    lengths = np.linalg.norm(way, axis=1)
    np.testing.assert_allclose(lengths, np.linspace(lengths[0], lengths[-1], 9))
    cosines = (way[1:] * way[:-1]).sum(axis=1) / lengths[1:] / lengths[:-1]
    np.testing.assert_allclose(cosines, cosines[0])


@pytest.mark.parametrize("end", [[3, 4], [-3, -4], [6, 8], [-3, -4 + 1e-13], [0, 0]])
def test_slerp_of_latents_along_one_line(end: list[float]) -> None:
    way = slerp([3, 4], end, np.linspace(0, 1, 5))
    np.testing.assert_array_equal(way[[0, -1]], [[3, 4], end])
    np.testing.assert_allclose(np.linalg.norm(way, axis=1), np.linspace(5, np.linalg.norm(end), 5))
    assert np.linalg.norm(np.diff(way, axis=0), axis=1).max() < 4


def test_slerp_of_opposite_numbers() -> None:
    np.testing.assert_allclose(slerp([2], [-2], [0, 0.5, 1]), [[2], [0], [-2]], atol=1e-12)


def test_ends_are_the_planets_themselves(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    encoded: list[list[Image.Image]] = []
    monkeypatch.setattr(morphs, "encode_animation", lambda frames, *_: encoded.append(frames) or b"file")
    query = "size=32&temperature=0.7&kind=mars"
    assert client.get(f"/v1/morph.webp?from=a&to=7&to_kind=sun:2,earth&frames=4&{query}").data == b"file"
    [frames] = encoded
    first = client.get(f"/v1/planets/a.png?{query}").data
    last = client.get(f"/v1/planets/7.png?{query.replace('mars', 'sun:2,earth')}").data
    assert len(frames) == 4
    for frame, file in ((frames[0], first), (frames[-1], last)):
        np.testing.assert_array_equal(np.asarray(frame), np.asarray(Image.open(io.BytesIO(file))))


def test_inputs_between_and_batches(client: FlaskClient, backend: _RecordingBackend) -> None:
    assert client.get("/v1/morph.webp?from=1&to=2&frames=5&kind=earth&to_kind=mars&temperature=0.5").status_code == 200
    assert [size for _, _, size, _ in backend.calls] == [1, 2, 1, 1]
    way = slerp(*latents([1, 2], 3), np.linspace(0, 1, 5)).astype(np.float32)
    np.testing.assert_array_equal(backend.input("latent"), way * np.float32(0.5))
    kinds = [[1, 0, 0], [0.75, 0.25, 0], [0.5, 0.5, 0], [0.25, 0.75, 0], [0, 1, 0]]
    np.testing.assert_array_equal(backend.input("kind"), kinds)


def test_kinds_come_from_the_seeds_unless_told(client: FlaskClient, backend: _RecordingBackend) -> None:
    client.get("/v1/morph.webp?from=1&to=2&frames=2")
    assert backend.input("kind").argmax(axis=1).tolist() == [kind_index(seed, 3) for seed in (1, 2)]
    client.get("/v1/morph.webp?from=1&to=2&frames=2&to_kind=sun")
    assert backend.input("kind").argmax(axis=1).tolist()[2:] == [kind_index(1, 3), 2]


@pytest.mark.parametrize(("extension", "name", "milliseconds"), [("webp", "WEBP", 1), ("gif", "GIF", 10)])
def test_loop_goes_there_and_back(client: FlaskClient, extension: str, name: str, milliseconds: int) -> None:
    url = f"/v1/morph.{extension}"
    loop = client.get(url, query_string={**_QUERY, "fps": "30", "size": "64"})
    once = client.get(url, query_string={**_QUERY, "fps": "30", "size": "64", "loop": "0"})
    assert loop.content_type == f"image/{extension}"
    picture = Image.open(io.BytesIO(loop.data))
    assert (picture.format, picture.size, picture.info["loop"]) == (name, (32, 64), 0)
    assert Image.open(io.BytesIO(once.data)).info.get("loop", 1) == 1
    frames, durations = animation(loop.data)
    assert len(frames) == 8
    assert sum(durations) == pytest.approx(8 * 1000 / 30, abs=milliseconds)
    for there, back in ((1, 7), (2, 6), (3, 5)):
        assert abs(frames[there] - frames[back]).mean() < 8
    assert len(animation(once.data)[0]) == 5


def test_cached_revalidated_and_counted(client: FlaskClient, backend: _RecordingBackend) -> None:
    query = {**_QUERY, "model": "fake", "version": "1"}
    first, second = (client.get("/v1/morph.webp", query_string=query) for _ in range(2))
    assert first.data == second.data
    assert first.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert (first.headers["X-Planet-Model"], first.headers["X-Planet-Version"]) == ("fake", "1")
    tag = first.headers["ETag"]
    assert client.get("/v1/morph.webp", query_string=query, headers={"If-None-Match": tag}).status_code == 304
    drawn = len(backend.calls)
    for other in ({"frames": "6"}, {"fps": "13"}, {"loop": "0"}, {"to": "43"}, {"to_kind": "sun:1,mars:2"}):
        assert client.get("/v1/morph.webp", query_string={**query, **other}).headers["ETag"] != tag
    assert drawn == 4
    assert 'route="/v1/morph.<extension>",status="200"} 7.0' in client.get("/metrics").text


@pytest.mark.parametrize(
    ("url", "status", "parameter", "sentence"),
    [
        ("png?from=1&to=2", 422, "format", "one of .webp, .gif"),
        ("webp?to=2", 422, "from", "from is missing"),
        ("webp?from=1", 422, "to", "to is missing"),
        ("webp?from=-1&to=2", 422, "from", "out of range"),
        ("webp?from=1&to=", 422, "to", "is empty"),
        ("webp?from=1&to=2&frames=1", 422, "frames", "of 2..96"),
        ("webp?from=1&to=2&frames=97", 422, "frames", "of 2..96"),
        ("webp?from=1&to=2&fps=31", 422, "fps", "of 1..30"),
        ("webp?from=1&to=2&loop=yes", 422, "loop", "of 0..1"),
        ("webp?from=1&to=2&frames=96&size=1024", 422, "frames", "ask for at most 48, or a smaller size"),
        ("webp?from=1&to=2&to_kind=krypton", 422, "to_kind", "no kind 'krypton'; its kinds: earth, mars, sun"),
        ("webp?from=1&to=2&to_kind=mars:0", 422, "to_kind", "above 0"),
        ("webp?from=1&to=2&to_kind=mars&model=plain", 422, "to_kind", "leave to_kind out"),
        ("webp?from=1&to=2&kind=mars&model=plain", 422, "kind", "leave kind out"),
        ("gif?from=1&to=2&background=transparent", 400, "background", "choose the format webp"),
        ("webp?from=1&to=2&background=transparent", 422, "background", "Frame 1 of 24 by fake shows no planet"),
        ("webp?from=1&to=2&speed=3", 422, "speed", "allowed: from, to, to_kind, frames, fps, loop, model"),
    ],
)
def test_bad_request(client: FlaskClient, url: str, status: int, parameter: str, sentence: str) -> None:
    response = client.get(f"/v1/morph.{url}")
    assert (response.status_code, response.content_type) == (status, "application/problem+json")
    document = response.get_json(force=True)
    assert document["parameter"] == parameter
    assert sentence in document["detail"]
