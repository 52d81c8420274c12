from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from client import (
    AccessDenied,
    DeadlineExceeded,
    Health,
    InvalidAnswer,
    InvalidRequest,
    NotFound,
    PlanetClient,
    ServerError,
)
from tests.client.servers import Stub, failure, picture


def test_planet_holds_the_picture_and_what_makes_it_again(client: PlanetClient, stub: Stub) -> None:
    planet = client.planet("orion/7/3", model="stub", version=3, size=12, format="webp")

    assert (planet.seed, planet.address, planet.model, planet.version) == (7, "orion/7/3", "stub", 3)
    assert (planet.format, planet.width, planet.height) == ("webp", 12, 12)
    assert planet.kind == {"dwarf moon": 0.25, "mars": 0.75}
    assert planet.to_pil().size == (12, 12)
    assert stub.requests == [("GET", "/v1/planets/orion/7/3.webp?model=stub&version=3&size=12", None)]


def test_looks_travel_by_url_and_by_body(client: PlanetClient, stub: Stub) -> None:
    look = {"label": "canary", "kind": "earth:0.6,mars:0.4", "background": "transparent", "temperature": 0.5}
    client.planet("a", **look | {"kind": {"earth": 0.6, "mars": 0.4}, "model": None})
    client.planets(seeds=["a"], **look)

    (_, url, _), (_, _, body) = stub.requests
    options = "label=canary&kind=earth%3A0.6%2Cmars%3A0.4&background=transparent&temperature=0.5"
    assert url == f"/v1/planets/a.png?{options}"
    assert body == {"seeds": ["a"], "format": "png", **look}


@pytest.mark.parametrize("temperature", [-0.1, 2.1, float("nan"), float("inf")])
def test_a_temperature_has_bounds(client: PlanetClient, stub: Stub, temperature: float) -> None:
    for call in (
        lambda: client.planet(1, temperature=temperature),
        lambda: client.planets(count=1, temperature=temperature),
    ):
        with pytest.raises(InvalidRequest, match=r"A temperature of .* choose 0 to 2"):
            call()
    assert stub.requests == []


def test_an_option_that_there_is_not_is_a_mistake_of_the_program(client: PlanetClient, stub: Stub) -> None:
    with pytest.raises(TypeError, match="There is no option 'sise'; choose from model, version, label, kind, size"):
        client.planet(1, sise=64)
    assert stub.requests == []


def test_an_option_of_a_newer_server_goes_by_extra_query(client: PlanetClient, stub: Stub) -> None:
    client.planet(1, size=12, extra_query={"tint": "red"})
    client.planets(seeds=["a"], extra_query={"tint": "red"})
    (_, url, _), (_, _, body) = stub.requests
    assert url == "/v1/planets/1.png?tint=red&size=12"
    assert body == {"seeds": ["a"], "format": "png", "tint": "red"}


@pytest.mark.parametrize("seed", [7, "7", "007", "+7"])
def test_a_number_has_no_address(client: PlanetClient, seed: int | str) -> None:
    assert client.planet(seed).address is None


@pytest.mark.parametrize("address", ["a b?c#d%2Fe", "月/1", "a//b", "x.png"])
def test_any_text_arrives_as_it_was_given(client: PlanetClient, stub: Stub, address: str) -> None:
    assert client.planet(address).address == address

    [(method, path, _)] = stub.requests
    assert (method, path) == ("GET", f"/v1/planets/{address}.png")


@pytest.mark.parametrize("address", ["../models", "a/./b", "a/../b"])
def test_what_a_url_would_lose_travels_in_a_body(client: PlanetClient, stub: Stub, address: str) -> None:
    assert client.planet(address).address == address

    assert stub.requests == [("POST", "/v1/planets", {"seeds": [address], "format": "png"})]


def test_planets_come_in_chunks_of_64_and_in_order(client: PlanetClient, stub: Stub) -> None:
    planets = client.planets(count=130, seed="007", kind="mars")

    assert [planet.address for planet in planets] == [f"7/{i}" for i in range(130)]
    assert [len(body["seeds"]) for _, _, body in stub.requests] == [64, 64, 2]
    assert {body["kind"] for _, _, body in stub.requests} == {"mars"}


@pytest.mark.parametrize(("size", "chunks"), [(256, [64, 6]), (300, [36, 34]), (1024, [9] * 7 + [7])])
def test_large_planets_come_in_smaller_chunks(client: PlanetClient, stub: Stub, size: int, chunks: list[int]) -> None:
    assert len(client.planets(count=70, size=size)) == 70
    client.planets(seeds=range(70), size=size)
    assert [len(body.get("seeds", ())) or body["count"] for _, _, body in stub.requests] == 2 * chunks


def test_planets_without_a_seed_are_the_servers_choice(client: PlanetClient, stub: Stub) -> None:
    assert len(client.planets(count=70)) == 70
    assert [body["count"] for _, _, body in stub.requests] == [64, 6]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({}, "either `seeds` or a `count`"),
        ({"seeds": ["a"], "count": 1}, "either `seeds` or a `count`"),
        ({"seeds": ["a"], "seed": "b"}, "either `seeds` or a `count`"),
        ({"count": 0}, "A count of 0 makes no planet"),
        ({"count": 1, "seed": 2**64}, "18446744073709551616 is not a seed"),
        ({"count": 1, "seed": "18446744073709551616"}, "18446744073709551616 is not a seed"),
        ({"seeds": [-1]}, "-1 is not a seed"),
        ({"seeds": ["a"], "format": "bmp"}, "'bmp' is not a picture format"),
    ],
)
def test_what_cannot_be_is_refused_before_it_is_sent(
    client: PlanetClient, stub: Stub, arguments: dict, sentence: str
) -> None:
    with pytest.raises(InvalidRequest, match=sentence):
        client.planets(**arguments)
    assert stub.requests == []


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (400, InvalidRequest),
        (401, AccessDenied),
        (404, NotFound),
        (422, InvalidRequest),
        (500, ServerError),
        (504, DeadlineExceeded),
    ],
)
def test_a_problem_becomes_a_typed_error_at_once(
    client: PlanetClient, stub: Stub, waits: list[float], status: int, error: type[Exception]
) -> None:
    stub.failures = [failure("It is so.", status)]

    with pytest.raises(error, match=r"^It is so\.$") as caught:
        client.planet(1)
    assert type(caught.value) is error
    assert (caught.value.status, caught.value.request_id) == (status, "r-1")
    assert waits == []


@pytest.mark.parametrize(
    "call",
    [
        lambda c: c.planet(1),
        lambda c: c.planets(count=1),
        lambda c: c.models(),
        lambda c: c.health(),
        lambda c: c.morph(1, 2),
        lambda c: c.sheet(1, 2),
        lambda c: c.classify(b"x"),
        lambda c: c.translate(b"x"),
    ],
)
def test_another_server_is_recognized(client: PlanetClient, stub: Stub, call) -> None:
    stub.failures = [(200, {"Content-Type": "text/html"}, "<html>Welcome to nginx</html>")]

    with pytest.raises(InvalidAnswer, match="not a planet server"):
        call(client)


@pytest.mark.parametrize("url", ["", "127.0.0.1:8000", "ftp://x", "http://"])
def test_a_url_must_be_one(url: str) -> None:
    with pytest.raises(InvalidRequest, match="is not a server's URL"):
        PlanetClient(url)


def test_models_say_which_is_the_default(client: PlanetClient) -> None:
    models = client.models()

    assert [(m.name, m.version, m.default) for m in models] == [
        ("stub", 3, True),
        ("stub", 2, True),
        ("other", 1, False),
    ]
    assert models[0].card["description"] == "Paints discs."


def test_health_asks_once(client: PlanetClient, stub: Stub, waits: list[float]) -> None:
    assert client.health() == Health(True, "stub", 3)
    stub.failures = [failure("Still loading.", 503, **{"Retry-After": "2"})]
    assert client.health() == Health(False, reason="Still loading.")
    assert waits == []


def test_against_the_true_gateway(gateway_url: str, tmp_path: Path) -> None:
    with PlanetClient(gateway_url) as client:
        assert client.health() == Health(True, "painter", 1)
        [model] = client.models()
        assert (model.name, model.version, model.state, model.default) == ("painter", 1, "AVAILABLE", True)

        three = client.planets(count=3, seed="orion/7", size=48, format="png")
        for i, planet in enumerate(three):
            alone = client.planet(f"orion/7/{i}", model="painter", version=1, size=48)
            assert alone == planet
            assert alone.save(tmp_path) == tmp_path / f"orion_7_{i}.png"
        assert len({planet.bytes for planet in three}) == 3
        assert (three[0].width, three[0].height) == (48, 48)

        dotted = client.planet("../x//y")  # a URL would lose it
        assert dotted.address == "../x//y"
        assert client.planet(2**64 - 1).seed == 2**64 - 1

        cut = client.planet(1, background="transparent", size=48).to_pil()
        assert (cut.mode, cut.getpixel((0, 0)), cut.getpixel((24, 24))[3]) == ("RGBA", (0, 0, 0, 0), 255)
        with pytest.raises(InvalidRequest, match="JPEG pictures cannot be transparent") as refused:
            client.planet(1, background="transparent", format="jpg")
        assert (refused.value.status, refused.value.parameter) == (400, "background")

        with pytest.raises(InvalidRequest, match="18446744073709551616") as refused:
            client.planet("18446744073709551616")
        assert refused.value.request_id
        with pytest.raises(NotFound, match="no model 'nobody'"):
            client.planet(1, model="nobody")
        with pytest.raises(InvalidRequest, match="knows no kinds"):
            client.planets(count=1, kind="mars")


@pytest.fixture
def seeing(seeing_url: str) -> Iterator[PlanetClient]:
    with PlanetClient(seeing_url) as client:
        yield client


def test_classify_says_what_a_picture_shows(seeing: PlanetClient, tmp_path: Path) -> None:
    red = Image.new("RGB", (40, 20), "red")
    red.save(tmp_path / "red.gif")

    found = seeing.classify(tmp_path / "red.gif")
    assert found.kind == next(iter(found.probabilities)) == "red"
    assert sum(found.probabilities.values()) == pytest.approx(1, abs=1e-5)
    assert (found.model, found.version, found.unknown_below) == ("colors", 1, 0.5)
    assert (found.realness.model, found.realness.version) == ("brightness", 1)
    assert found.realness.value == pytest.approx(1 / 3, abs=0.01)
    assert (found.width, found.height, found.format, found.frames) == (40, 20, "GIF", 1)

    for same in (str(tmp_path / "red.gif"), (tmp_path / "red.gif").read_bytes()):
        assert seeing.classify(same) == found
    for mode in ("RGB", "RGBA", "CMYK", "F"):
        assert seeing.classify(red.convert(mode)).format == "PNG"
    assert seeing.classify(picture(8, "png")).kind is None  # gray


def test_translate_gives_a_picture(seeing: PlanetClient, tmp_path: Path) -> None:
    earth = seeing.translate(Image.new("RGB", (40, 20), "red"), source="mars", target="earth", size=48, format="webp")

    assert (earth.model, earth.version, earth.format, earth.width, earth.height) == ("swap", 1, "webp", 48, 32)
    red, _, blue = earth.to_pil().getpixel((24, 16))
    assert blue > 200 > 50 > red
    assert earth.save(tmp_path).name == "swap.webp"
    assert "bytes" not in repr(earth)


def test_what_cannot_be_seen_is_told(seeing: PlanetClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InvalidRequest, match="no picture that can be read") as caught:
        seeing.classify(b"Dear sirs")
    assert (caught.value.status, caught.value.parameter) == (415, "image")
    with pytest.raises(InvalidRequest, match="models that do: colors") as caught:
        seeing.classify(b"Dear sirs", model="swap")
    assert caught.value.parameter == "model"
    with pytest.raises(NotFound, match="those served: mars to earth"):
        seeing.translate(picture(8, "png"), target="sun")
    with pytest.raises(InvalidRequest, match="not a picture format"):
        seeing.translate(picture(8, "png"), format="gif")
    with pytest.raises(FileNotFoundError):
        seeing.classify(tmp_path / "missing.png")
    monkeypatch.setattr("client.sending._MOST_BYTES", 3)
    with pytest.raises(InvalidRequest, match="4 bytes, more than the 3") as caught:
        seeing.classify(b"four")
    assert caught.value.parameter == "image"
