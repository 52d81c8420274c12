"""`/v1/classify` and `/v1/translate`: which model answers, and what."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from flask.testing import FlaskClient
from PIL import Image
from werkzeug.test import TestResponse

from serving.backends import create_backend
from serving.backends.base import Backend, Overloaded
from serving.gateway import GatewayConfig, create_app
from tests.serving.fake_backend import FakeBackend, SeeingBackend, fake_version
from tests.serving.picture_files import BLUE, RED, file_of, planet
from tests.serving.serving_double import ServingDouble

_RED = file_of(planet(80, 60, RED), "PNG")


@pytest.fixture(scope="module", params=["embedded", "tfserving"])
def served(request: pytest.FixtureRequest, every_task_dir: Path) -> Iterator[FlaskClient]:
    """The gateway over real models, by each backend in turn."""
    if request.param == "embedded":
        backend = create_backend("embedded", saved_models=every_task_dir)
        yield create_app(backend).test_client()
        backend.close()
        return
    with ServingDouble(every_task_dir) as double:
        backend = create_backend("tfserving", saved_models=every_task_dir, target=double.target)
        yield create_app(backend).test_client()
        backend.close()


def client_of(backend: Backend, **config: Any) -> FlaskClient:
    return create_app(backend, GatewayConfig(catalog_age_s=0.0, **config)).test_client()


def post(client: FlaskClient, url: str, file: bytes = _RED) -> TestResponse:
    return client.post(url, data=file, content_type="image/png")


def problem(response: TestResponse, status: int, parameter: str | None) -> str:
    document = response.get_json(force=True)
    assert (response.status_code, document.get("parameter")) == (status, parameter), document
    return document["detail"]


def test_classify_by_each_backend(served: FlaskClient) -> None:
    response = post(served, "/v1/classify")
    answer = response.get_json()

    assert (answer["model"], answer["version"], answer["kind"]) == ("tiny_classifier", 1, "red")
    assert answer["unknown_below"] == 0.5
    assert set(answer["probabilities"]) == {"red", "green", "blue"}
    assert list(answer["probabilities"].values()) == sorted(answer["probabilities"].values(), reverse=True)
    assert sum(answer["probabilities"].values()) == pytest.approx(1, abs=1e-5)
    assert (answer["realness"]["model"], answer["realness"]["version"]) == ("tiny_discriminator", 1)
    assert 0.1 < answer["realness"]["value"] < 0.5
    assert answer["picture"] == {"width": 80, "height": 60, "format": "PNG", "frames": 1}
    assert response.headers["Cache-Control"] == "no-store"
    assert {"decode", "frame", "model", "total"} <= {
        stage.split(";")[0] for stage in response.headers["Server-Timing"].split(", ")
    }


def test_translate_by_each_backend(served: FlaskClient) -> None:
    response = post(served, "/v1/translate")

    assert response.content_type == "image/png"
    assert (response.headers["X-Planet-Model"], response.headers["X-Planet-Version"]) == ("tiny_mars2earth", "1")
    picture = Image.open(io.BytesIO(response.data))
    assert (picture.format, picture.size) == ("PNG", (24, 16))
    assert picture.getpixel((12, 8)) == RED[::-1]
    assert picture.getpixel((1, 1)) == (0, 0, 0)


def test_what_a_translator_gets_is_told_by_what_it_gives_back() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (16, 24, 3), dtype=np.uint8)
    response = post(client_of(SeeingBackend()), "/v1/translate", file_of(Image.fromarray(pixels), "PNG"))

    np.testing.assert_array_equal(np.asarray(Image.open(io.BytesIO(response.data))), pixels[..., ::-1])


@pytest.mark.parametrize(("name", "pillow"), [("png", "PNG"), ("webp", "WEBP"), ("jpg", "JPEG")])
def test_translations_size_and_format(name: str, pillow: str) -> None:
    response = post(client_of(SeeingBackend()), f"/v1/translate?size=120&format={name}")

    picture = Image.open(io.BytesIO(response.data))
    assert (picture.format, picture.size) == (pillow, (120, 80))
    assert "encode;dur" in response.headers["Server-Timing"]


def test_nothing_sure_enough_is_no_kind() -> None:
    answer = post(
        client_of(SeeingBackend()), "/v1/classify", file_of(Image.new("RGB", (9, 9), "gray"), "PNG")
    ).get_json()
    assert answer["kind"] is None
    assert answer["probabilities"]["red"] == pytest.approx(1 / 3, abs=1e-5)

    sure = fake_version("sure", task="classify", image_size={"width": 8, "height": 8}, class_names=["a", "b", "c"])
    answer = post(client_of(SeeingBackend([sure])), "/v1/classify").get_json()
    assert (answer["kind"], answer["unknown_below"], answer["realness"]) == ("a", None, None)


def test_models_may_be_chosen() -> None:
    size = {"image_size": {"width": 8, "height": 8}}
    versions = [
        fake_version("a_critic", task="discriminate", state="UNAVAILABLE", **size),
        fake_version("b_critic", task="discriminate", **size),
        fake_version("c_critic", task="discriminate", **size),
        *[fake_version("d_kinds", n, task="classify", class_names=["a", "b", "c"], **size) for n in (2, 1)],
        fake_version("e_kinds", task="classify", class_names=["d", "e", "f"], **size),
    ]
    client = client_of(SeeingBackend(versions))

    answer = post(client, "/v1/classify").get_json()
    assert (answer["model"], answer["version"], answer["realness"]["model"]) == ("d_kinds", 2, "b_critic")
    answer = post(client, "/v1/classify?model=d_kinds&version=1&discriminator=c_critic").get_json()
    assert (answer["model"], answer["version"], answer["realness"]["model"]) == ("d_kinds", 1, "c_critic")
    configured = post(client_of(SeeingBackend(versions), default_classifier="e_kinds"), "/v1/classify").get_json()
    assert (configured["model"], configured["kind"]) == ("e_kinds", "d")

    sentence = problem(post(client, "/v1/classify?model=b_critic"), 422, "model")
    assert sentence == "The model b_critic does not recognize planets; models that do: d_kinds, e_kinds."
    sentence = problem(post(client, "/v1/classify?discriminator=d_kinds"), 422, "discriminator")
    assert sentence.endswith("models that do: b_critic, c_critic.")
    assert "out" in problem(post(client, "/v1/classify?discriminator=a_critic"), 503, "discriminator")
    assert "no model 'x'" in problem(post(client, "/v1/classify?discriminator=x"), 404, "discriminator")


def test_translators_are_found_by_what_they_translate() -> None:
    size = {"image_size": {"width": 8, "height": 8}}
    pairs = [("earth", "mars"), ("earth", "moon"), ("mars", "earth")]
    versions = [fake_version(f"{a}2{b}", task="translate", source=a, target=b, **size) for a, b in pairs]
    client = client_of(SeeingBackend(versions))

    for query, name in (
        ("", "earth2mars"),
        ("target=moon", "earth2moon"),
        ("source=mars", "mars2earth"),
        ("source=earth&target=moon", "earth2moon"),
        ("model=mars2earth&version=1", "mars2earth"),
    ):
        assert post(client, f"/v1/translate?{query}").headers["X-Planet-Model"] == name

    sentence = problem(post(client, "/v1/translate?source=mars&target=moon"), 404, "source")
    assert sentence == (
        "No model translates from 'mars' to 'moon'; those served: "
        "earth to mars (earth2mars), earth to moon (earth2moon), mars to earth (mars2earth)."
    )
    assert "translates to 'sun'" in problem(post(client, "/v1/translate?target=sun"), 404, "target")
    assert "not both" in problem(post(client, "/v1/translate?model=earth2mars&target=mars"), 422, "model")


@pytest.mark.parametrize(
    ("url", "status", "parameter", "sentence"),
    [
        ("classify?kind=mars", 422, "kind", "no parameter 'kind'; allowed: model, version, label, discriminator"),
        ("classify?model=a&model=b", 422, "model", "given 2 times"),
        ("classify?version=0", 422, "version", "whole number"),
        ("classify?version=7", 404, "version", "no version 7"),
        ("translate?format=gif", 422, "format", "possible: png, webp, jpg"),
        ("translate?size=8", 422, "size", "16..1024"),
        ("translate?source=", 422, "source", "not empty"),
        ("translate?model=colors", 422, "model", "does not translate pictures; models that do: swap"),
    ],
)
def test_bad_queries(url: str, status: int, parameter: str, sentence: str) -> None:
    assert sentence in problem(post(client_of(SeeingBackend()), f"/v1/{url}"), status, parameter)


def test_no_model_for_it() -> None:
    client = client_of(FakeBackend())

    assert "No model can recognize planets now. None is known" in problem(post(client, "/v1/classify"), 503, None)
    assert "No model can translate pictures now" in problem(post(client, "/v1/translate"), 503, None)
    assert "those served: none" in problem(post(client, "/v1/translate?target=mars"), 404, "target")
    loading = client_of(SeeingBackend([fake_version("slow", state="LOADING", task="classify")]))
    assert "The slow is out." in problem(post(loading, "/v1/classify"), 503, None)


def test_backends_trouble_is_told() -> None:
    response = post(client_of(SeeingBackend(error=Overloaded("Full."))), "/v1/classify")

    assert problem(response, 503, None) == "Full."
    assert response.headers["Retry-After"] == "2"


def test_both_models_share_one_deadline() -> None:
    backend = SeeingBackend()
    post(client_of(backend, deadline_s=9.0), "/v1/classify", file_of(planet(color=BLUE), "PNG"))

    [(first, _, _, first_s), (second, _, _, second_s)] = backend.calls
    assert (first, second) == ("colors", "brightness")
    assert 0 < second_s < first_s <= 9.0
