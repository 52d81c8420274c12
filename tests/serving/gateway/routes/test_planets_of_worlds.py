"""Planets by a model that draws worlds: drawn at the size asked for, from where their latents say."""

from __future__ import annotations

import io
from collections.abc import Iterator

import numpy as np
import pytest
from flask.testing import FlaskClient
from PIL import Image, ImageSequence
from werkzeug.test import TestResponse

from serving.backends.base import Backend
from serving.gateway import create_app
from serving.latents import latents, parse_seed
from tests.serving.fake_backend import FakeBackend, fake_version
from tests.serving.serving_double import backend_of
from tests.serving.tiny_model import LATENT_SIZE, write_tiny_world

WORLD = {"sizes": [16, 32], "map": [8, 16], "sights": True}
EARTH = np.float32([[1, 0]])


@pytest.fixture(scope="module", params=["embedded", "tfserving"])
def backend(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Backend]:
    folder = tmp_path_factory.mktemp("worlds")
    write_tiny_world(folder, "tiny_world", 1, world=WORLD)
    with backend_of(request.param, folder) as backend:
        yield backend


@pytest.fixture(scope="module")
def client(backend: Backend) -> FlaskClient:
    return create_app(backend).test_client()


def pixels(response: TestResponse) -> np.ndarray:
    assert response.status_code == 200, response.text
    return np.asarray(Image.open(io.BytesIO(response.data)))


def seen(backend: Backend, latent: np.ndarray) -> dict[str, np.ndarray]:
    """View and sun of planets, the sun at least 0.9 strong."""
    told = backend.predict("tiny_world", {"latent": latent}, signature="sight")
    return {**told, "sun": np.float32(told["sun"] * np.maximum(1, 0.9 / np.linalg.norm(told["sun"], axis=1)[:, None]))}


def rendered(backend: Backend, address: str, side: int, temperature: float = 1.0) -> np.ndarray:
    """What the model draws of an address's earth from where its latent says, uint8 `(side, side, 4)`."""
    latent = latents([parse_seed(address)], LATENT_SIZE) * np.float32(temperature)
    inputs = {"latent": latent, "kind": EARTH, **seen(backend, latent)}
    return backend.predict("tiny_world", inputs, signature=f"render_{side}")["image"][0]


@pytest.mark.parametrize(("query", "side"), [("", 32), ("&size=16", 16), ("&size=32", 32)])
def test_a_planet_is_drawn_at_its_size(client: FlaskClient, backend: Backend, query: str, side: int) -> None:
    clear = pixels(client.get(f"/v1/planets/orion/7.png?kind=earth&background=transparent{query}"))
    np.testing.assert_array_equal(clear, rendered(backend, "orion/7", side))
    black = pixels(client.get(f"/v1/planets/orion/7.png?kind=earth{query}"))
    np.testing.assert_array_equal(black, clear[..., :3] * (clear[..., 3:] == 255))


def test_a_size_between_is_the_next_larger_one_made_smaller(client: FlaskClient, backend: Backend) -> None:
    clear = pixels(client.get("/v1/planets/orion/7.png?kind=earth&background=transparent&size=24"))
    assert clear.shape == (24, 24, 4)
    expected = rendered(backend, "orion/7", 32)[16, 16]
    np.testing.assert_allclose(clear[12, 12], expected, atol=1)
    # Also where nothing of it shows, so that no filter brings black in.
    np.testing.assert_allclose(clear[..., :3].astype(int), np.tile(expected[:3], (24, 24, 1)), atol=1)
    assert ((clear[..., 3] > 0) & (clear[..., 3] < 255)).any()
    assert clear[0, 0, 3] == 0
    black = pixels(client.get("/v1/planets/orion/7.png?kind=earth&size=24"))
    np.testing.assert_allclose(black, clear[..., :3] * (clear[..., 3:] / 255.0), atol=0.51)


def test_an_address_is_one_world_as_planet_and_as_world(client: FlaskClient, backend: Backend) -> None:
    latent = latents([parse_seed("orion/7")], LATENT_SIZE)
    [[lon, lat, roll]] = backend.predict("tiny_world", {"latent": latent}, signature="sight")["view"]
    planet = client.get("/v1/planets/orion/7.png")
    world = client.get(f"/v1/worlds/orion/7.png?lon={lon}&lat={lat}&roll={roll}")
    for header in ("X-Planet-Seed", "X-Planet-Kind", "X-Planet-Model"):
        assert planet.headers[header] == world.headers[header]
    # Each is under its own sun: of a color's two channels, both grow with the light.
    planet, world = (pixels(answer)[16, 16].astype(float) for answer in (planet, world))
    np.testing.assert_allclose(planet / planet.sum(), world / world.sum(), atol=0.01)


def test_a_dim_sun_is_made_brighter_and_a_bright_one_stays(client: FlaskClient, backend: Backend) -> None:
    names = [f"light/{index}" for index in range(8)]
    told = backend.predict(
        "tiny_world", {"latent": latents([parse_seed(one) for one in names], LATENT_SIZE)}, signature="sight"
    )
    strengths = np.linalg.norm(told["sun"], axis=1)
    assert strengths.min() < 0.8
    assert strengths.max() > 1.1
    for name in names:
        answer = client.get(f"/v1/planets/{name}.png?kind=earth&background=transparent&size=16")
        np.testing.assert_array_equal(pixels(answer), rendered(backend, name, 16))


def test_temperature_is_heard_at_every_size(client: FlaskClient, backend: Backend) -> None:
    for side in (16, 32):
        url = f"/v1/planets/orion/7.png?kind=earth&background=transparent&size={side}&temperature=0.5"
        np.testing.assert_array_equal(pixels(client.get(url)), rendered(backend, "orion/7", side, 0.5))


def test_many_planets_and_sheets_are_the_single_ones(client: FlaskClient) -> None:
    sheet = pixels(client.get("/v1/sheet.png?seed=orion&count=3&columns=3&size=32"))
    atlas = client.get("/v1/sheet.json?seed=orion&count=3&columns=3").get_json()
    assert atlas["meta"]["size"] == {"w": 96, "h": 32}
    answer = client.post("/v1/planets", json={"seed": "orion", "count": 3, "size": 32}).get_json()
    assert [(one["width"], one["height"]) for one in answer["planets"]] == [(32, 32)] * 3
    for index in range(3):
        alone = pixels(client.get(f"/v1/planets/orion/{index}.png?size=32"))
        np.testing.assert_array_equal(sheet[:, 32 * index : 32 * index + 32], alone)


def test_a_morph_turns_steadily_from_one_view_to_the_other(client: FlaskClient, backend: Backend) -> None:
    answer = client.get("/v1/morph.webp?from=a&to=b&kind=earth&frames=9&size=32&loop=0&background=transparent")
    frames = [np.asarray(one.convert("RGBA")) for one in ImageSequence.Iterator(Image.open(io.BytesIO(answer.data)))]
    assert len(frames) == 9
    for frame, address in ((frames[0], "a"), (frames[-1], "b")):
        np.testing.assert_allclose(frame[16, 16].astype(int), rendered(backend, address, 32)[16, 16], atol=8)
    ends = latents([parse_seed(one) for one in "ab"], LATENT_SIZE)
    sights = seen(backend, ends)
    shares = np.linspace(0, 1, 9)[:, None]
    (lon, other), sun = sights["view"][:, :1], sights["sun"]
    sun = (1 - shares) * sun[0] + shares * sun[1]
    turned = lon + shares * ((other - lon + 180) % 360 - 180)  # the shorter way around
    green = 255 * np.maximum(sun[:, 2:], 0) * (0.5 + 0.5 * np.cos(np.radians(turned)))
    np.testing.assert_allclose([frame[16, 16, 1] for frame in frames], np.minimum(green, 255)[:, 0], atol=12)


def test_more_than_can_be_drawn_in_time_is_refused(client: FlaskClient) -> None:
    for answer, parameter, sentence in (
        (
            client.post("/v1/planets", json={"count": 37, "size": 512}),
            "size",
            "37 planets of 512 px are too many; ask for at most 36, or a smaller size.",
        ),
        (client.get("/v1/sheet.json?seed=1&count=10&size=1024"), "size", "10 planets of 1024 px are too many"),
        (
            client.get("/v1/morph.webp?from=1&to=2&frames=37&size=512"),
            "frames",
            "37 frames of 512 px are too many; ask for at most 36, or a smaller size.",
        ),
    ):
        assert answer.status_code == 422
        document = answer.get_json(force=True)
        assert document["parameter"] == parameter
        assert sentence in document["detail"]


def test_worlds_that_tell_no_sights_are_drawn_at_their_own_size_and_resized() -> None:
    backend = FakeBackend([fake_version(world={"sizes": [16], "map": [8, 16]})])
    client = create_app(backend).test_client()
    assert pixels(client.get("/v1/planets/1.png")).shape == (8, 4, 3)
    assert pixels(client.get("/v1/planets/1.png?size=16")).shape == (16, 8, 3)
