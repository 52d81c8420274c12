"""Worlds through the gateway, drawn by a real (tiny) SavedModel, in the process and over gRPC."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from flask.testing import FlaskClient
from PIL import Image, ImageSequence
from werkzeug.test import TestResponse

from serving.backends.base import Backend
from serving.gateway import GatewayConfig, create_app
from serving.gateway.asked.catalog import Catalog
from serving.latents import latents, parse_seed
from tests.serving.fake_backend import FakeBackend, LateBackend, fake_version
from tests.serving.serving_double import backend_of
from tests.serving.tiny_model import LATENT_SIZE, write_tiny_generator, write_tiny_world
from tests.serving.whole_backend import WholeBackend

_PINNED = {"model": "tiny_world", "version": "1"}
_NOON = {"sun": "0,0", "size": "32"}


@pytest.fixture(scope="module")
def worlds_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the world `tiny_world`, older than its namesake `an_older_world`, and `flat`, which is none."""
    folder = tmp_path_factory.mktemp("worlds")
    write_tiny_world(folder, "tiny_world", 1, created="2025-01-02")
    write_tiny_world(folder, "an_older_world", 1, created="2025-01-01")
    write_tiny_generator(folder, "flat", 1)
    return folder


@pytest.fixture(scope="module", params=["embedded", "tfserving"])
def backend(request: pytest.FixtureRequest, worlds_dir: Path) -> Iterator[Backend]:
    with backend_of(request.param, worlds_dir) as backend:
        yield backend


@pytest.fixture(scope="module")
def client(backend: Backend) -> FlaskClient:
    return create_app(backend).test_client()


def picture(response: TestResponse) -> Image.Image:
    assert response.status_code == 200, response.text
    return Image.open(io.BytesIO(response.data))


def middle(response: TestResponse) -> np.ndarray:
    """The color in the middle of a picture, or of its first frame."""
    pixels = np.asarray(picture(response).convert("RGBA"))
    return pixels[len(pixels) // 2, len(pixels) // 2].astype(int)


def test_a_world_is_drawn_from_its_latent_view_and_sun(client: FlaskClient, backend: Backend) -> None:
    query = {**_PINNED, "kind": "mars", "lon": "30", "lat": "-45", "roll": "10", "sun": "90,30", "size": "32"}
    query["background"] = "transparent"
    response = client.get("/v1/worlds/orion/7/3.png", query_string=query)
    seed = parse_seed("orion/7/3")
    sun = np.float32([[np.cos(np.pi / 6), 0.5, 0]])
    inputs = {"latent": latents([seed], LATENT_SIZE), "kind": np.float32([[0, 1]]), "sun": sun}
    inputs["view"] = np.float32([[30, -45, 10]])
    expected = backend.predict("tiny_world", inputs, signature="render_32", version=1)["image"][0]
    np.testing.assert_array_equal(np.asarray(picture(response)), expected)
    headers = response.headers
    assert headers["X-Planet-Seed"] == str(seed)
    assert (headers["X-Planet-Model"], headers["X-Planet-Version"], headers["X-Planet-Kind"]) == (
        "tiny_world",
        "1",
        "mars:1",
    )
    about = picture(response).text
    assert (about["address"], about["view"], about["sun"]) == ("orion/7/3", "30,-45,10", "90,30")
    assert about["model"] == "tiny_world"


def test_the_sun_stands_where_it_was_asked_for(client: FlaskClient) -> None:
    noon, evening, night = (middle(client.get(f"/v1/worlds/1.png?sun={sun}")) for sun in ("0,0", "60,0", "180,0"))
    np.testing.assert_allclose(evening[:3], noon[:3] / 2, atol=1)
    assert not night[:3].any()
    np.testing.assert_allclose(middle(client.get("/v1/worlds/1.png?sun=0,60")), evening, atol=1)
    usual = middle(client.get("/v1/worlds/1.png"))
    np.testing.assert_allclose(usual[:3], noon[:3] * np.cos(np.radians(22)) * np.cos(np.radians(17)), atol=1)


def test_a_whole_turn_is_the_same_file(client: FlaskClient) -> None:
    urls = [
        f"/v1/worlds/1.png?lon={lon}&roll={roll}&sun={sun},5" for lon, roll, sun in ((10, -20, 30), (370, 340, -330))
    ]
    first, second = (client.get(url) for url in urls)
    assert first.headers["ETag"] == second.headers["ETag"]
    assert first.data == second.data
    assert client.get("/v1/worlds/1.png?lon=11&roll=-20&sun=30,5").headers["ETag"] != first.headers["ETag"]


@pytest.mark.parametrize(("query", "side"), [("", 32), ("?size=16", 16), ("?size=20", 20), ("?size=1024", 1024)])
def test_size(client: FlaskClient, query: str, side: int) -> None:
    assert picture(client.get(f"/v1/worlds/1.png{query}")).size == (side, side)


def test_background(client: FlaskClient) -> None:
    black = picture(client.get("/v1/worlds/1.png", query_string=_NOON))
    clear = picture(client.get("/v1/worlds/1.png", query_string={**_NOON, "background": "transparent"}))
    assert (black.mode, clear.mode) == ("RGB", "RGBA")
    np.testing.assert_array_equal(np.asarray(black), np.asarray(clear)[..., :3] * (np.asarray(clear)[..., 3:] == 255))
    assert (np.asarray(clear)[..., 3] == 0).any()
    assert picture(client.get("/v1/worlds/1.webp", query_string={**_NOON, "background": "transparent"})).mode == "RGBA"


def test_maps(client: FlaskClient) -> None:
    colors, normals = (client.get(f"/v1/worlds/a/b/{which}.png", query_string=_PINNED) for which in ("map", "normal"))
    assert picture(colors).size == (16, 8)
    assert colors.headers["X-Planet-Seed"] == normals.headers["X-Planet-Seed"] == str(parse_seed("a/b"))
    assert colors.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert np.asarray(picture(colors))[0, 0].tolist() == [*middle(client.get("/v1/worlds/a/b.png?sun=0,0"))[:1], 0, 0]
    assert np.asarray(picture(normals))[3, 3].tolist() == [128, 128, 255]
    assert picture(colors).text["axes"] == "1,0.5,0.75"
    assert "axes" not in picture(normals).text
    assert colors.headers["ETag"] != normals.headers["ETag"]


def test_spin_is_a_full_turn_that_loops(client: FlaskClient) -> None:
    url = "/v1/worlds/orion/spin.webp"
    response = client.get(url, query_string={**_PINNED, **_NOON, "frames": "8", "fps": "10", "lon": "45"})
    assert response.content_type == "image/webp"
    frames = [np.asarray(frame.convert("RGBA")) for frame in ImageSequence.Iterator(picture(response))]
    assert (picture(response).info["loop"], len(frames)) == (0, 8)
    green = [int(frame[16, 16, 1]) for frame in frames]
    np.testing.assert_allclose(green, 127.5 + 127.5 * np.cos(np.radians(45 - 45 * np.arange(8))), atol=12)
    assert frames[0][0, 0, 3] == 0
    assert frames[0][16, 16, 3] == 255
    assert response.headers["X-Planet-Seed"] == str(parse_seed("orion"))
    tag = response.headers["ETag"]
    for change in ({"frames": "9"}, {"fps": "11"}, {"lon": "46"}):
        query = {**_PINNED, **_NOON, "frames": "8", "fps": "10", "lon": "45", **change}
        assert client.get(url, query_string=query).headers["ETag"] != tag


def test_gif_spins_on_black(client: FlaskClient) -> None:
    response = client.get("/v1/worlds/orion/spin.gif?frames=4&size=16")
    assert response.content_type == "image/gif"
    assert picture(response).info["loop"] == 0
    assert middle(response)[3] == 255
    refused = client.get("/v1/worlds/orion/spin.gif?frames=4&background=transparent")
    assert (refused.status_code, refused.get_json(force=True)["parameter"]) == (400, "background")


@pytest.mark.parametrize(
    ("path", "address"),
    [
        ("map.png", "map"),
        ("spin.webp", "spin"),
        ("/map.png", "/map"),
        ("orion/map.webp", "orion/map"),
        ("orion/spin.png", "orion/spin"),
        ("map/map.png", "map"),
        ("a//b.png", "a//b"),
        ("%C3%BC/7.png", "ü/7"),
    ],
)
def test_which_addresses_paths_mean(client: FlaskClient, path: str, address: str) -> None:
    assert client.get(f"/v1/worlds/{path}").headers["X-Planet-Seed"] == str(parse_seed(address))


def test_pinned_pictures_are_kept_and_revalidated(client: FlaskClient) -> None:
    query = {**_PINNED, "lon": "77"}
    first, second = (client.get("/v1/worlds/9.png", query_string=query) for _ in range(2))
    assert first.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert "cache" in second.headers["Server-Timing"]
    assert second.data == first.data
    again = client.get("/v1/worlds/9.png", query_string=query, headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.headers["X-Planet-Seed"]) == (304, "9")
    assert client.get("/v1/worlds/9.png").headers["Cache-Control"] == "no-cache"


def test_the_newest_world_is_the_default_and_a_planet_too(client: FlaskClient) -> None:
    assert client.get("/v1/worlds/1.png").headers["X-Planet-Model"] == "tiny_world"
    assert picture(client.get("/v1/planets/1.png?model=tiny_world")).size == (16, 16)


def test_temperature_and_kind_are_heard(client: FlaskClient) -> None:
    tag = client.get("/v1/worlds/1.png?kind=mars").headers["ETag"]
    assert client.get("/v1/worlds/1.png?kind=earth").headers["ETag"] != tag
    assert middle(client.get("/v1/worlds/1.png?temperature=0&sun=0,0"))[0] == 128


@pytest.mark.parametrize(
    ("url", "parameter", "sentence"),
    [
        ("1.png?lon=NaN", "lon", "lon is 'NaN'; it must be a number of -36000..36000."),
        ("1.png?lon=inf", "lon", "of -36000..36000"),
        ("1.png?lon=1e99", "lon", "of -36000..36000"),
        ("1.png?lat=1000", "lat", "lat is '1000'; it must be a number of -90..90."),
        ("1.png?lat=--1", "lat", "of -90..90"),
        ("1.png?roll=left", "roll", "of -36000..36000"),
        ("1.png?size=7", "size", "of 16..1024"),
        ("1.png?size=2000", "size", "of 16..1024"),
        ("1.png?sun=", "sun", "sun is ''; it must be its azimuth and elevation in degrees, such as 22,17."),
        ("1.png?sun=0", "sun", "azimuth and elevation"),
        ("1.png?sun=0,0,0", "sun", "sun is '0,0'; it must be a number of -90..90."),
        ("1.png?sun=nan,0", "sun", "of -36000..36000"),
        ("1.png?sun=0,91", "sun", "of -90..90"),
        ("1.png?lon=1&lon=2", "lon", "given 2 times"),
        ("1.png?zoom=2", "zoom", "allowed: lon, lat, roll, sun, model"),
        ("1.jpg", "format", "one of .png, .webp"),
        ("1", "format", "one of .png, .webp"),
        ("-1.png", "seed", "out of range"),
        ("1.png?kind=krypton", "kind", "its kinds: earth, mars"),
        (
            "1.png?model=flat",
            "model",
            "The model flat does not draw worlds; models that do: an_older_world, tiny_world.",
        ),
        ("1/map.png?size=64", "size", "no parameter 'size'"),
        ("1/map.png?lon=3", "lon", "no parameter 'lon'"),
        ("1/spin.webp?frames=10000", "frames", "of 2..96"),
        ("1/spin.webp?frames=1", "frames", "of 2..96"),
        ("1/spin.webp?fps=31", "fps", "of 1..30"),
        ("1/spin.webp?frames=37&size=512", "frames", "37 frames of 512 px are too many; ask for at most 36"),
        ("1/spin.webp?frames=10&size=1024", "frames", "ask for at most 9, or a smaller size"),
    ],
)
def test_hostile_questions_get_one_sentence(client: FlaskClient, url: str, parameter: str, sentence: str) -> None:
    response = client.get(f"/v1/worlds/{url}")
    assert (response.status_code, response.content_type) == (422, "application/problem+json")
    document = response.get_json(force=True)
    assert document["parameter"] == parameter
    assert sentence in document["detail"]


def test_unknown_model_and_no_world_at_all(client: FlaskClient) -> None:
    assert client.get("/v1/worlds/1.png?model=nothing").status_code == 404
    none = create_app(FakeBackend()).test_client().get("/v1/worlds/1.png")
    assert none.status_code == 503
    assert none.get_json(force=True)["detail"].startswith("No model can draw worlds now. None is known")
    away = create_app(FakeBackend([fake_version(state="UNAVAILABLE", world={"sizes": [16], "map": [8, 16]})]))
    assert "The fake is out." in away.test_client().get("/v1/worlds/1.png").get_json(force=True)["detail"]


def test_a_turn_past_the_deadline_is_given_up(backend: Backend) -> None:
    client = create_app(LateBackend(backend), GatewayConfig(deadline_s=0.2)).test_client()
    assert client.get("/v1/worlds/1/spin.webp?size=16").status_code == 504


def test_the_default_is_the_newest_world_that_has_a_shader() -> None:
    """The page draws with it."""
    shader = {"glsl": "void surface(vec3 point, float footprint, out vec3 albedo, out float height) { }", "radius": 0.9}
    world = {"sizes": [16], "map": [8, 16]}
    versions = [
        fake_version("old", world=world, shader=shader, created="2025-01-01"),
        fake_version("new", world=world, shader=shader, created="2025-02-01"),
        fake_version("newest", world=world, created="2025-03-01"),
    ]
    for known, expected in ((versions, "new"), (versions[2:], "newest")):
        catalog = Catalog(FakeBackend(known), GatewayConfig())
        assert catalog.default_name("world") == expected


def test_a_turn_is_drawn_by_what_draws_turns_where_the_model_has_it(monkeypatch: pytest.MonkeyPatch) -> None:
    backend, asked = WholeBackend(), []

    def predict(name, inputs, *, signature="serving_default", **options):
        asked.append((signature, len(inputs["latent"])))
        return WholeBackend.predict(backend, name, inputs, signature=signature, **options)

    monkeypatch.setattr(backend, "predict", predict)
    client = create_app(backend).test_client()
    query = {"model": "world", "version": "1", "size": "32"}
    for path in ("7.png", "7/spin.webp"):
        assert client.get(f"/v1/worlds/{path}", query_string=query).status_code == 200
    assert asked == [("render_32", 1), ("spin_32", 3)]
    assert client.get("/v1/worlds/7/spin.webp", query_string={**query, "frames": "30"}).status_code == 200
    assert asked.pop() == ("spin_32", 3)
    del backend.versions[-1].card["world"]["spins"]
    assert client.get("/v1/worlds/8/spin.webp", query_string=query).status_code == 200
    assert {signature for signature, _ in asked[2:]} == {"render_32"}
