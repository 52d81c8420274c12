"""Worlds' files for engines by the client and the command line, from the true gateway over a painted world."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
import pytest

from client import InvalidRequest, NotFound, PlanetClient
from client.__main__ import main
from client.assets import ASSETS
from serving.backends.base import ModelVersion
from serving.gateway import create_app
from serving.latents import parse_seed
from tests.client.servers import running

H = 128  # px


class SurfaceBackend:
    """A backend with one model, `globe` version 1, whose worlds are blue in the east and white in the west."""

    def models(self) -> list[ModelVersion]:
        world = {"sizes": [32], "map": [H, 2 * H], "heights": True}
        card = {"task": "generate", "image_size": {"width": 32, "height": 32}, "latent_size": 4, "world": world}
        return [ModelVersion("globe", 1, "AVAILABLE", {**card, "class_names": ["earth", "mars", "sun"]})]

    def predict(self, name: str, inputs: Mapping[str, np.ndarray], **_: object) -> dict[str, np.ndarray]:
        image = np.full((1, H, 2 * H, 3), 240, np.uint8)
        image[:, :, H:] = [20, 50, 120]
        heights = np.linspace(0, 65535, 2 * H * H).reshape(1, H, 2 * H)
        return {
            "image": image,
            "normal": np.full((1, H, 2 * H, 3), [128, 128, 255], np.uint8),
            "height": np.uint16(np.rint(heights)),
            "heights": np.float32([[-0.01, 0.02]]),
            "axes": np.float32([[1, 0.98, 1]]),
        }

    def close(self) -> None:
        pass


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with running(create_app(SurfaceBackend())) as url:
        yield url


@pytest.fixture
def client(url: str) -> Iterator[PlanetClient]:
    with PlanetClient(url) as client:
        yield client


@pytest.mark.parametrize("file", ASSETS)
def test_every_file_of_a_world_is_there_and_has_a_name_of_its_own(client: PlanetClient, file: str) -> None:
    made = client.world_asset("orion/7/3", file, kind="earth")
    assert (made.file, made.seed, made.address) == (file, parse_seed("orion/7/3"), "orion/7/3")
    assert (made.model, made.version, made.kind) == ("globe", 1, {"earth": 1.0})
    assert made.filename == ("orion_7_3-" if "." in file else "orion_7_3.") + file
    assert len(made.bytes) > 100
    assert "bytes" not in repr(made)


def test_facts(client: PlanetClient) -> None:
    facts = client.world_facts("orion/7/3", kind="mars", model="globe", version=1)
    assert (facts["class"], facts["address"]) == ("desert", "orion/7/3")
    assert facts["relief"]["lowest_m"] == pytest.approx(-10 * facts["radius_km"], rel=1e-3)
    body = client.world_facts("orion/7/1", kind="earth", system="orion/7")
    assert body["name"] == client.system("orion/7")["planets"][0]["name"]
    assert facts["links"]["glb"] == "/v1/worlds/orion/7/3.glb?model=globe&version=1&kind=mars:1"


def test_what_there_is_not_is_refused(client: PlanetClient) -> None:
    with pytest.raises(InvalidRequest, match=r"'map\.jpg' is no file of a world: choose one of map\.png, "):
        client.world_asset(1, "map.jpg")
    with pytest.raises(InvalidRequest, match="cannot be told in a URL"):
        client.world_asset("a/../b", "glb")
    with pytest.raises(InvalidRequest, match="no body at the address"):
        client.world_facts("orion/7/99", system="orion/7")
    with pytest.raises(InvalidRequest, match="engine is 'doom'"):
        client.world_asset(1, "cube.zip", engine="doom")
    with pytest.raises(NotFound, match="no model 'nobody'"):
        client.world_facts(1, model="nobody")


@pytest.mark.parametrize(
    ("options", "name"),
    [
        (["--part", "height"], "heights.exr"),
        (["--part", "glb", "--mesh", "cube", "--texture-size", "128"], "planet.glb"),
        (["--part", "glb", "--textures", "webp"], "small.glb"),
        (["--part", "cube", "--engine", "unity"], "faces.zip"),
        (["--part", "json", "--system", "orion/7"], "facts.json"),
        (["--part", "normal", "--green", "down"], "normal.png"),
    ],
)
def test_command(url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], options: list[str], name: str) -> None:
    out = tmp_path / name
    assert main(["world", "orion/7/1", "--url", url, "--out", str(out), "--json", *options]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["file"], told["seed"], told["model"]) == (str(out), str(parse_seed("orion/7/1")), "globe")
    assert out.stat().st_size > 50


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--part", "height", "--out", "h.jpg"], "must end in one of .png, .exr"),
        (["--part", "map", "--engine", "unity", "--out", "map.png"], "--engine does not go with --part map; leave it"),
        (["--part", "height", "--system", "a", "--out", "h.png"], "--system does not go with --part height"),
        (["--part", "glb", "--texture-size", "5", "--out", "a.glb"], "texture_size is '5'"),
    ],
)
def test_command_that_cannot_be(
    url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], options: list[str], sentence: str
) -> None:
    options[-1] = str(tmp_path / options[-1])
    assert main(["world", "1", "--url", url, *options]) == 2
    assert sentence in capsys.readouterr().err
    assert not list(tmp_path.iterdir())
