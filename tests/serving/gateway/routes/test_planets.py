"""Planets through the gateway, drawn by real (tiny) SavedModels."""

from __future__ import annotations

import base64
import io
import json
import zipfile
from typing import Any
from urllib.parse import quote

import numpy as np
import pytest
from flask.testing import FlaskClient
from PIL import Image
from werkzeug.test import TestResponse

from serving.backends import create_backend
from serving.backends.base import Backend
from serving.gateway import GatewayConfig, create_app
from serving.latents import kind_index, latents, parse_seed
from tests.serving.fake_backend import FakeBackend, fake_version

_PINNED = {"model": "tiny_planet", "version": "1"}


@pytest.fixture(scope="module")
def client(embedded_backend: Backend) -> FlaskClient:
    return create_app(embedded_backend, GatewayConfig(default_model="tiny_planet")).test_client()


def pixels(file: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(file)).convert("RGB"))


def problem(response: TestResponse, status: int, parameter: str | None = None) -> str:
    """Checks that the response is a problem document and returns its sentence."""
    assert response.status_code == status, response.text
    assert response.content_type == "application/problem+json"
    document = response.get_json(force=True)
    assert document["status"] == status
    assert document["request_id"] == response.headers["X-Request-Id"]
    assert document.get("parameter") == parameter
    return document["detail"]


def test_get_draws_the_models_picture_of_the_seed(client: FlaskClient, embedded_backend: Backend) -> None:
    response = client.get("/v1/planets/42.png", query_string=_PINNED)
    assert response.status_code == 200
    assert response.content_type == "image/png"
    expected = embedded_backend.predict("tiny_planet", {"latent": latents([42], 8)}, version=1)["image"][0]
    np.testing.assert_array_equal(pixels(response.data), expected)
    assert response.headers["X-Planet-Seed"] == "42"
    assert response.headers["X-Planet-Model"] == "tiny_planet"
    assert response.headers["X-Planet-Version"] == "1"
    assert "X-Planet-Kind" not in response.headers
    stages = [part.split(";dur=") for part in response.headers["Server-Timing"].split(", ")]
    assert [name for name, _ in stages] == ["model", "decode", "encode", "total"]
    assert all(float(milliseconds) >= 0 for _, milliseconds in stages)


@pytest.mark.parametrize("extension", ["png", "webp", "jpg"])
def test_same_url_same_bytes_even_after_a_restart(client: FlaskClient, saved_models_dir: Any, extension: str) -> None:
    url = f"/v1/planets/orion/7/3.{extension}"
    first, second = (client.get(url, query_string=_PINNED).data for _ in range(2))
    restarted = create_backend("embedded", saved_models=saved_models_dir)
    third = create_app(restarted).test_client().get(url, query_string=_PINNED).data
    restarted.close()
    assert first == second == third


@pytest.mark.parametrize(
    ("extension", "name", "levels"), [("webp", "WEBP", 40), ("jpg", "JPEG", 40), ("png", "PNG", 0)]
)
def test_formats_show_the_same_planet(client: FlaskClient, extension: str, name: str, levels: int) -> None:
    query = {**_PINNED, "size": "256"}
    truth = pixels(client.get("/v1/planets/1.png", query_string=query).data).astype(int)
    response = client.get(f"/v1/planets/1.{extension}", query_string=query)
    assert Image.open(io.BytesIO(response.data)).format == name
    assert abs(pixels(response.data) - truth).mean() <= levels / 4


def test_a_png_tells_what_it_shows() -> None:
    backend = FakeBackend([fake_version(class_names=["earth", "mars"])])
    client = create_app(backend).test_client()
    url = "/v1/planets/größe/惑星.png?kind=mars:1,earth:3&temperature=0.5"
    seed = str(parse_seed("größe/惑星"))
    about = {"seed": seed, "address": "größe/惑星", "model": "fake", "version": "1", "kind": "earth:0.75,mars:0.25"}
    about |= {"temperature": "0.5", "Software": "Planet Generator"}
    assert Image.open(io.BytesIO(client.get(url).data)).text == about
    body = {"seeds": ["größe/惑星"], "kind": "earth:3,mars", "temperature": 0.5}
    [planet] = client.post("/v1/planets", json=body).get_json()["planets"]
    assert base64.b64decode(planet["image"]) == client.get(url).data
    by_number = client.get(url.replace("größe/惑星", seed)).data  # not the cached file of the address
    assert Image.open(io.BytesIO(by_number)).text == {name: about[name] for name in about if name != "address"}


@pytest.mark.parametrize(("size", "sides"), [("16", (8, 16)), ("17", (8, 17)), ("1024", (512, 1024))])
def test_size_is_the_longer_side(size: str, sides: tuple[int, int]) -> None:
    response = create_app(FakeBackend()).test_client().get(f"/v1/planets/1.png?size={size}")
    assert Image.open(io.BytesIO(response.data)).size == sides


@pytest.mark.parametrize(
    "address",
    ["orion/7/3", "/orion", "a//b", "orion.7", "größe/惑星", "a?b#c&d=e", "a+b", "100%", "..x", "a b", "name.png"],
)
def test_any_address_in_the_path(client: FlaskClient, address: str) -> None:
    response = client.get(f"/v1/planets/{quote(address)}.png", query_string=_PINNED)
    assert response.headers["X-Planet-Seed"] == str(parse_seed(address))


def test_newest_version_of_the_default_model_unless_told(client: FlaskClient) -> None:
    response = client.get("/v1/planets/42.png")
    assert response.headers["X-Planet-Model"] == "tiny_planet"
    assert response.headers["X-Planet-Version"] == "2"
    assert response.headers["Cache-Control"] == "no-cache"
    assert response.data != client.get("/v1/planets/42.png?version=1").data


def test_pinned_planet_is_cacheable_for_ever_and_revalidated_without_drawing() -> None:
    backend = FakeBackend()
    client = create_app(backend).test_client()
    url = "/v1/planets/42.png?model=fake&version=1"
    response = client.get(url)
    assert response.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    again = client.get(url, headers={"If-None-Match": response.headers["ETag"]})
    assert again.status_code == 304
    assert again.data == b""
    assert again.headers["ETag"] == response.headers["ETag"]
    assert again.headers["Cache-Control"] == response.headers["Cache-Control"]
    assert len(backend.calls) == 1


def test_entity_tags_tell_planets_apart(client: FlaskClient) -> None:
    urls = [
        "/v1/planets/1.png",
        "/v1/planets/2.png",
        "/v1/planets/1.webp",
        "/v1/planets/1.png?size=32",
        "/v1/planets/1.png?temperature=0.5",
        "/v1/planets/1.png?version=1",
        "/v1/planets/1.png?model=tiny_kinds&kind=mars",
        "/v1/planets/1.png?model=tiny_kinds&kind=sun",
    ]
    assert len({client.get(url).headers["ETag"] for url in urls}) == len(urls)


def test_head(client: FlaskClient) -> None:
    get, head = client.get("/v1/planets/42.png"), client.head("/v1/planets/42.png")
    assert head.status_code == 200
    assert head.data == b""
    for name in ("Content-Length", "Content-Type", "ETag", "X-Planet-Seed"):
        assert head.headers[name] == get.headers[name]


def test_kind_steers_a_conditional_model(client: FlaskClient, embedded_backend: Backend) -> None:
    response = client.get("/v1/planets/5.png?model=tiny_kinds&kind=mars:1,earth:3")
    assert response.headers["X-Planet-Kind"] == "earth:0.75,mars:0.25"
    inputs = {"latent": latents([5], 8), "kind": np.float32([[0.75, 0.25, 0]])}
    np.testing.assert_array_equal(pixels(response.data), embedded_backend.predict("tiny_kinds", inputs)["image"][0])


def test_archetype_is_a_mix_of_kinds(client: FlaskClient) -> None:
    url = "/v1/planets/5.png?model=tiny_kinds&kind="
    desert = client.get(url + "desert")
    assert desert.headers["X-Planet-Kind"] == "mars:0.5,sun:0.5"
    assert pixels(desert.data).tolist() == pixels(client.get(url + "mars,sun").data).tolist()
    mixed = client.get(url + "desert:0.5,earth:0.25,mars:0.25")
    assert mixed.headers["X-Planet-Kind"] == "earth:0.25,mars:0.5,sun:0.25"


def test_temperature_scales_the_latent(client: FlaskClient, embedded_backend: Backend) -> None:
    usual = client.get("/v1/planets/5.png", query_string=_PINNED)
    for temperature in ("1", "1.0", "10e-1"):
        same = client.get("/v1/planets/5.png", query_string={**_PINNED, "temperature": temperature})
        assert (same.data, same.headers["ETag"]) == (usual.data, usual.headers["ETag"])
    for temperature in (0, 0.5, 2):
        scaled = {"latent": latents([5], 8) * np.float32(temperature)}
        expected = embedded_backend.predict("tiny_planet", scaled, version=1)["image"][0]
        alone = client.get("/v1/planets/5.png", query_string={**_PINNED, "temperature": temperature})
        np.testing.assert_array_equal(pixels(alone.data), expected)
        body = {"seeds": ["5"], "temperature": temperature, "model": "tiny_planet", "version": 1}
        [together] = client.post("/v1/planets", json=body).get_json()["planets"]
        np.testing.assert_array_equal(pixels(base64.b64decode(together["image"])), expected)


class _DiscBackend(FakeBackend):
    """Draws discs of radius 20 px on a black sky."""

    def predict(self, name: str, inputs: Any, **arguments: Any) -> dict[str, np.ndarray]:
        super().predict(name, inputs, **arguments)
        y, x = np.mgrid[-31.5:32, -31.5:32]
        disc = np.clip(20.5 - np.hypot(x, y), 0, 1)[None, :, :, None] * [200, 100, 50]
        return {"image": np.rint(disc).astype(np.uint8).repeat(len(inputs["latent"]), axis=0)}


@pytest.mark.parametrize("extension", ["png", "webp"])
def test_transparent_background_leaves_the_planet(extension: str) -> None:
    client = create_app(_DiscBackend([fake_version(image_size={"width": 64, "height": 64})])).test_client()
    url = f"/v1/planets/1.{extension}?size=128&background="
    cut, black = (client.get(url + background) for background in ("transparent", "black"))
    assert cut.headers["ETag"] != black.headers["ETag"]
    assert Image.open(io.BytesIO(black.data)).mode == "RGB"
    picture = Image.open(io.BytesIO(cut.data))
    assert (picture.mode, picture.size) == ("RGBA", (128, 128))
    alpha = np.asarray(picture)[..., 3] / 255
    assert alpha.sum() == pytest.approx(np.pi * 40**2, rel=0.01)
    off = abs(np.asarray(picture)[alpha > 0][:, :3].astype(int) - [200, 100, 50])
    assert off.max() <= (2 if extension == "png" else 30)
    assert off.mean() <= 2

    body = {"seeds": ["1", "1"], "size": 128, "format": extension, "background": "transparent"}
    for planet in client.post("/v1/planets", json=body).get_json()["planets"]:
        assert base64.b64decode(planet["image"]) == cut.data


def test_kind_comes_from_the_seed_unless_told(client: FlaskClient) -> None:
    chosen = ["earth", "mars", "sun"][kind_index(5, 3)]
    response = client.get("/v1/planets/5.png?model=tiny_kinds")
    assert response.headers["X-Planet-Kind"] == f"{chosen}:1"
    assert response.data == client.get(f"/v1/planets/5.png?model=tiny_kinds&kind={chosen}").data


@pytest.mark.parametrize(
    ("url", "status", "parameter", "sentence"),
    [
        ("42.gif", 422, "format", "one of .png, .webp, .jpg"),
        ("42", 422, "format", "one of .png, .webp, .jpg"),
        (".png", 422, "seed", "is empty"),
        ("18446744073709551616.png", 422, "seed", "out of range 0..2^64-1"),
        ("-1.png", 422, "seed", "out of range"),
        ("a%0Ab.png", 422, "seed", "control character"),
        ("1.png?model=nope", 404, "model", "no model 'nope'; models served: tiny_kinds, tiny_planet"),
        ("1.png?model=", 422, "model", "not empty"),
        ("1.png?version=9", 404, "version", "no version 9; its versions: 2, 1"),
        ("1.png?version=0", 422, "version", "whole number"),
        ("1.png?version=latest", 422, "version", "whole number"),
        ("1.png?size=15", 422, "size", "of 16..1024"),
        ("1.png?size=1025", 422, "size", "of 16..1024"),
        ("1.png?size=6.4e1", 422, "size", "of 16..1024"),
        ("1.png?size=64&size=65", 422, "size", "given 2 times"),
        ("1.png?background=pink", 422, "background", "possible: black, transparent"),
        ("1.jpg?background=transparent", 400, "background", "JPEG pictures cannot be transparent"),
        ("1.png?background=transparent", 422, "background", "'1' by tiny_planet shows no planet on a black sky"),
        ("1.png?temperature=-0.1", 422, "temperature", "temperature is '-0.1'; it must be a number of 0..2"),
        ("1.png?temperature=2.01", 422, "temperature", "of 0..2"),
        ("1.png?temperature=nan", 422, "temperature", "of 0..2"),
        ("1.png?temperature=1e999", 422, "temperature", "of 0..2"),
        ("1.png?temperature=", 422, "temperature", "of 0..2"),
        ("1.png?sise=64", 422, "sise", "allowed: model, version, label, kind, size, background, temperature"),
        ("1.png?format=png", 422, "format", "no parameter 'format'"),
        ("1.png?kind=mars", 422, "kind", "model tiny_planet knows no kinds"),
        ("1.png?model=tiny_kinds&kind=krypton", 422, "kind", "no kind 'krypton'; its kinds: earth, mars, sun, desert"),
        ("1.png?model=tiny_kinds&kind=mars:-1", 422, "kind", "above 0"),
        ("1.png?model=tiny_kinds&kind=mars:nan", 422, "kind", "above 0"),
        ("1.png?model=tiny_kinds&kind=mars:1_0", 422, "kind", "above 0"),
        ("1.png?model=tiny_kinds&kind=mars:%D9%A3", 422, "kind", "above 0"),
        ("1.png?model=tiny_kinds&kind=mars:inf", 422, "kind", "above 0"),
        ("1.png?model=tiny_kinds&kind=mars:1,mars:2", 422, "kind", "given twice"),
        ("1.png?model=tiny_kinds&kind=mars,,sun", 422, "kind", "no name"),
    ],
)
def test_bad_get(client: FlaskClient, url: str, status: int, parameter: str | None, sentence: str) -> None:
    assert sentence in problem(client.get(f"/v1/planets/{url}"), status, parameter)


def test_path_that_is_not_utf_8(client: FlaskClient) -> None:
    response = client.get("/v1/planets/a.png", environ_overrides={"PATH_INFO": "/v1/planets/\xff.png"})
    assert "The path is not UTF-8" in problem(response, 400)


@pytest.mark.parametrize(
    "query",
    ["seed=%E9&count=1", "seed=%C0%AF&count=1", "seed=%ED%A0%80&count=1", "seed=\xe9&count=1", "%FF", "a=%F0%9F"],
)
@pytest.mark.parametrize("path", ["/v1/sheet.png", "/v1/sheet.json", "/v1/planets/1.png", "/health/live", "/none"])
def test_query_that_is_not_utf_8(client: FlaskClient, path: str, query: str) -> None:
    response = client.get(path, environ_overrides={"QUERY_STRING": query})
    assert "The query is not UTF-8" in problem(response, 400)


@pytest.mark.parametrize("query", ["seed=%C3%A9&count=1", "seed=\xc3\xa9&count=1", "count=1&seed=%c3%a9"])
def test_query_in_utf_8_is_the_address_it_reads(client: FlaskClient, query: str) -> None:
    answer = client.get("/v1/sheet.json", environ_overrides={"QUERY_STRING": query})
    assert list(answer.get_json()["frames"]) == [str(parse_seed("é/0"))]


def test_post_of_seeds(client: FlaskClient) -> None:
    body = {"seeds": ["42", "orion/7/3", "007", 7], **_PINNED, "size": 32}
    response = client.post("/v1/planets", json=body)
    assert response.status_code == 200
    assert response.headers["Cache-Control"] == "no-store"
    answer = response.get_json()
    assert {name: answer[name] for name in ("model", "version", "format")} == {
        "model": "tiny_planet",
        "version": 1,
        "format": "png",
    }
    planets = answer["planets"]
    assert [planet["seed"] for planet in planets] == ["42", str(parse_seed("orion/7/3")), "7", "7"]
    assert [planet["address"] for planet in planets] == [None, "orion/7/3", None, None]
    assert all((planet["width"], planet["height"]) == (32, 32) for planet in planets)
    for planet in planets:
        alone = client.get(f"/v1/planets/{planet['seed']}.png", query_string={**_PINNED, "size": "32"})
        together = pixels(base64.b64decode(planet["image"]))
        assert abs(together.astype(int) - pixels(alone.data)).max() <= 1


def test_post_of_a_count_from_a_seed_is_reproducible_one_by_one(client: FlaskClient) -> None:
    first, second = (
        client.post("/v1/planets", json={"count": 3, "seed": seed, "format": "webp"}).get_json() for seed in ("07", 7)
    )
    assert [planet["address"] for planet in first["planets"]] == ["7/0", "7/1", "7/2"]
    assert first == second
    for planet in first["planets"]:
        alone = client.get(f"/v1/planets/{planet['address']}.webp")
        assert alone.headers["X-Planet-Seed"] == planet["seed"]


def test_post_of_a_count_alone_draws_new_planets_each_time(client: FlaskClient) -> None:
    answers = [client.post("/v1/planets", json={"count": 8}).get_json() for _ in range(2)]
    assert len({planet["seed"] for answer in answers for planet in answer["planets"]}) == 16
    assert all(planet["address"] is None for answer in answers for planet in answer["planets"])


def test_post_of_a_mix_and_of_kinds_by_seed(client: FlaskClient) -> None:
    body = {"seeds": ["1", "2", "3"], "model": "tiny_kinds"}
    mixed = client.post("/v1/planets", json={**body, "kind": "earth:0.6,mars:0.4"}).get_json()["planets"]
    assert [planet["kind"] for planet in mixed] == [{"earth": 0.6, "mars": 0.4}] * 3
    chosen = client.post("/v1/planets", json=body).get_json()["planets"]
    names = ["earth", "mars", "sun"]
    assert [planet["kind"] for planet in chosen] == [{names[kind_index(seed, 3)]: 1.0} for seed in (1, 2, 3)]


def test_post_answers_with_a_zip_if_asked(client: FlaskClient) -> None:
    body = {"count": 2, "seed": "base", "format": "jpg"}
    response = client.post("/v1/planets", json=body, headers={"Accept": "application/zip"})
    assert response.content_type == "application/zip"
    archive = zipfile.ZipFile(io.BytesIO(response.data))
    manifest = json.loads(archive.read("manifest.json"))
    as_json = client.post("/v1/planets", json=body).get_json()
    for entry, planet in zip(manifest["planets"], as_json["planets"], strict=True):
        assert archive.read(entry.pop("file")) == base64.b64decode(planet.pop("image"))
    assert manifest == as_json
    assert client.post("/v1/planets", json=body, headers={"Accept": "application/zip"}).data == response.data


@pytest.mark.parametrize("accept", ["*/*", "application/json, application/zip", "application/zip;q=0.5, */*"])
def test_post_answers_with_json_otherwise(client: FlaskClient, accept: str) -> None:
    assert client.post("/v1/planets", json={"count": 1}, headers={"Accept": accept}).content_type == "application/json"


def test_post_refuses_to_answer_with_what_it_does_not_make(client: FlaskClient) -> None:
    response = client.post("/v1/planets", json={"count": 1}, headers={"Accept": "image/png"})
    assert "application/zip" in problem(response, 406)


@pytest.mark.parametrize(
    ("body", "parameter", "sentence"),
    [
        ([], None, "must be a JSON object"),
        ({}, None, 'either "seeds"'),
        ({"count": None}, None, 'either "seeds"'),
        ({"count": 2, "seeds": ["1"]}, None, 'either "seeds"'),
        ({"count": 0}, "count", "count is 0; it must be a whole number of 1..64"),
        ({"count": 10_000}, "count", "of 1..64"),
        ({"count": True}, "count", "of 1..64"),
        ({"count": 1.5}, "count", "of 1..64"),
        ({"seeds": []}, "seeds", "1..64 seeds"),
        ({"seeds": ["1"] * 65}, "seeds", "1..64 seeds"),
        ({"seeds": "1"}, "seeds", "1..64 seeds"),
        ({"seeds": [2**53]}, "seeds[0]", "2^53-1"),
        ({"seeds": ["1", 1.0]}, "seeds[1]", "must be text"),
        ({"seeds": ["1", "2", None]}, "seeds[2]", "must be text"),
        ({"seeds": ["1", str(2**64)]}, "seeds[1]", "out of range"),
        ({"seeds": ["1", ""]}, "seeds[1]", "is empty"),
        ({"seeds": ["\ud800"]}, "seeds[0]", "surrogate"),
        ({"seeds": ["a\0"]}, "seeds[0]", "control character"),
        ({"count": 1, "seed": "\ud800"}, "seed", "surrogate"),
        ({"count": 1, "seed": "a\0"}, "seed", "control character"),
        ({"count": 1, "seed": [1]}, "seed", "must be text"),
        ({"count": 1, "kind": "\ud800"}, "kind", "knows no kinds"),
        ({"seeds": ["1"], "seed": "1"}, "seed", "only"),
        ({"count": 1, "seed": "x" * 256}, "seed", "258 characters"),
        ({"count": 1, "format": "gif"}, "format", "possible: png, webp, jpg"),
        ({"count": 1, "format": ["png"]}, "format", "possible: png, webp, jpg"),
        ({"count": 1, "kind": {"mars": 1}}, "kind", "must be text"),
        ({"count": 1, "size": "9" * 100_000}, "size", "...9999999999999'; it must be"),
        ({"count": 1, "temperature": True}, "temperature", "of 0..2"),
        ({"count": 1, "temperature": float("nan")}, "temperature", "temperature is nan"),
        ({"count": 1, "temperature": [1]}, "temperature", "of 0..2"),
        ({"seeds": ["a/b"], "background": "transparent"}, "background", "'a/b' by tiny_planet shows no planet"),
        ({"count": 1, "a\ud800": 1}, "a\\ud800", "no parameter 'a\\ud800'"),
        ({"count": 1, "cuont": 1}, "cuont", "allowed: seeds, count, seed, model"),
    ],
)
def test_bad_post(client: FlaskClient, body: Any, parameter: str | None, sentence: str) -> None:
    assert sentence in problem(client.post("/v1/planets", json=body), 422, parameter)


@pytest.mark.parametrize("body", [b"", b"{", b"count=1", b"\xff", b"[" * 100_000])
def test_body_that_is_no_json(client: FlaskClient, body: bytes) -> None:
    assert "not JSON" in problem(client.post("/v1/planets", data=body, content_type="application/json"), 400)


@pytest.mark.parametrize(
    ("body", "name"),
    [(b'{"count": 1, "seed": "a", "seed": "b"}', "seed"), (b'{"count": 1, "kind": {"a": 1, "a": 2}}', "a")],
)
def test_body_that_gives_a_name_twice(client: FlaskClient, body: bytes, name: str) -> None:
    response = client.post("/v1/planets", data=body, content_type="application/json")
    assert "is given 2 times; give it once" in problem(response, 422, name)


def test_body_of_another_type(client: FlaskClient) -> None:
    assert "application/json" in problem(client.post("/v1/planets", data={"count": "1"}), 415)


def test_body_too_large(client: FlaskClient) -> None:
    body = b" " * (256 * 1024 + 1)
    response = client.post("/v1/planets", data=body, content_type="application/json")
    assert "larger than 262144 bytes" in problem(response, 413)


def test_many_planets_are_drawn_in_batches_within_one_deadline() -> None:
    backend = FakeBackend()
    client = create_app(backend, GatewayConfig(batch_size=3, deadline_s=9.0)).test_client()
    assert len(client.post("/v1/planets", json={"count": 7}).get_json()["planets"]) == 7
    assert [batch for _, _, batch, _ in backend.calls] == [3, 3, 1]
    deadlines = [deadline for _, _, _, deadline in backend.calls]
    assert 9.0 >= deadlines[0] > deadlines[1] > deadlines[2]
