"""Worlds by the client and the command line, from the true gateway over a backend that paints them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
import pytest

from client import InvalidRequest, PlanetClient
from client.__main__ import main
from serving.backends.base import ModelVersion
from serving.gateway import create_app
from serving.latents import parse_seed
from tests.client.servers import running


class WorldBackend:
    """A backend whose one model, `globe` version 1, shows where it was looked at from: as red as the longitude is far
    east, as green as the latitude is north, as blue as the sun is near."""

    def models(self) -> list[ModelVersion]:
        card = {
            "task": "generate",
            "image_size": {"width": 32, "height": 32},
            "latent_size": 4,
            "class_names": ["earth", "mars"],
            "world": {"sizes": [32], "map": [8, 16]},
        }
        return [ModelVersion("globe", 1, "AVAILABLE", card)]

    def predict(
        self, name: str, inputs: Mapping[str, np.ndarray], *, signature: str = "generate", **_: object
    ) -> dict[str, np.ndarray]:
        rows = len(inputs["latent"])
        if signature in ("map", "normal"):
            level = 200 if signature == "map" else 128
            return {"image": np.full((rows, 8, 16, 3), level, np.uint8)}
        view, sun = inputs["view"], inputs["sun"]
        color = np.stack([view[:, 0] / 360 + 0.5, view[:, 1] / 180 + 0.5, sun[:, 2] / 2 + 0.5, np.ones(rows)], axis=-1)
        return {"image": np.tile(np.uint8(255 * color)[:, None, None], (1, 32, 32, 1))}

    def close(self) -> None:
        pass


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with running(create_app(WorldBackend())) as url:
        yield url


@pytest.fixture
def worlds(url: str) -> Iterator[PlanetClient]:
    with PlanetClient(url) as client:
        yield client


def test_a_world_from_a_side_under_a_sun(worlds: PlanetClient, tmp_path: Path) -> None:
    world = worlds.world("orion/7/3", lon=90, lat=-45, sun=(90, 0), kind="mars")
    assert (world.part, world.seed, world.address) == ("view", parse_seed("orion/7/3"), "orion/7/3")
    assert (world.model, world.version, world.format, world.width, world.height) == ("globe", 1, "png", 32, 32)
    assert world.kind == {"mars": 1.0}
    assert world.to_pil().getpixel((16, 16)) == (191, 63, 127)
    assert world.save(tmp_path) == tmp_path / "orion_7_3.png"
    assert "bytes" not in repr(world)
    assert worlds.world(5, format="webp", size=16).width == 16
    assert worlds.world("007").address is None


def test_maps(worlds: PlanetClient, tmp_path: Path) -> None:
    colors, normals = worlds.world_map("orion/7"), worlds.world_normal("orion/7", kind="earth")
    assert (colors.width, colors.height, colors.part, normals.part) == (16, 8, "map", "normal")
    assert (colors.to_pil().getpixel((0, 0)), normals.to_pil().getpixel((0, 0))) == ((200,) * 3, (128,) * 3)
    assert colors.save(tmp_path) == tmp_path / "orion_7-map.png"


def test_spin(worlds: PlanetClient) -> None:
    spin = worlds.world_spin(7, frames=5, fps=10, lat=10, size=32)
    assert (spin.format, spin.width, spin.to_pil().n_frames, spin.filename) == ("webp", 32, 5, "7-spin.webp")
    assert worlds.world_spin(7, frames=3, format="gif").to_pil().format == "GIF"


def test_what_no_world_can_be_is_refused(worlds: PlanetClient) -> None:
    with pytest.raises(InvalidRequest, match=r"lat is '1000\.0'") as caught:
        worlds.world(1, lat=1000.0)
    assert caught.value.parameter == "lat"
    with pytest.raises(InvalidRequest, match="lon is 'nan'"):
        worlds.world(1, lon=float("nan"))
    with pytest.raises(InvalidRequest, match="'jpg' is not a picture format: choose one of png, webp"):
        worlds.world(1, format="jpg")
    with pytest.raises(InvalidRequest, match="cannot be told in a URL"):
        worlds.world("a/../b")
    with pytest.raises(InvalidRequest, match="cannot be told in a URL"):
        worlds.world_map("a/..")
    with pytest.raises(InvalidRequest, match="a part of another world"):
        worlds.world("orion/map")
    assert worlds.world("orion/map", format="webp").seed == parse_seed("orion/map")
    assert worlds.world("map").seed == parse_seed("map")


@pytest.mark.parametrize(
    ("options", "name"),
    [
        (["--lon", "-30", "--sun=-90,10"], "world.png"),
        (["--part", "map"], "map.png"),
        (["--part", "spin", "--frames", "4", "--fps", "8"], "turn.gif"),
    ],
)
def test_command(url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], options: list[str], name: str) -> None:
    out = tmp_path / name
    assert main(["world", "orion/7", "--url", url, "--out", str(out), "--json", *options]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["file"], told["seed"], told["model"]) == (str(out), str(parse_seed("orion/7")), "globe")
    assert out.stat().st_size > 50


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--part", "map", "--lon", "3"], "--lon does not go with --part map; leave it out."),
        (["--frames", "3"], "--frames does not go with --part view"),
        (["--part", "spin"], "must end in one of .webp, .gif"),
        (["--lat", "91"], "lat is '91.0'; it must be a number of -90..90."),
    ],
)
def test_command_that_cannot_be(
    url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], options: list[str], sentence: str
) -> None:
    assert main(["world", "1", "--url", url, "--out", str(tmp_path / "1.png"), *options]) == 2
    assert sentence in capsys.readouterr().err
    assert not list(tmp_path.iterdir())
