from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from client import InvalidRequest, PlanetClient


@pytest.fixture
def true_client(gateway_url: str) -> Iterator[PlanetClient]:
    with PlanetClient(gateway_url) as client:
        yield client


def test_morph_is_an_animation_between_two_planets(true_client: PlanetClient, tmp_path: Path) -> None:
    morph = true_client.morph("orion/7/3", 42, frames=4, fps=10, size=16, model="painter")

    assert (morph.start, morph.end, morph.model, morph.version) == ("orion/7/3", "42", "painter", 1)
    assert (morph.format, morph.width, morph.height) == ("webp", 16, 16)
    assert morph.to_pil().n_frames == 6  # there and back
    assert morph.save(tmp_path) == tmp_path / "orion_7_3-to-42.webp"
    assert "bytes" not in repr(morph)
    assert true_client.morph(1, 2, frames=4, loop=False, format="gif").to_pil().n_frames == 4


def test_what_no_morph_can_be_is_refused(true_client: PlanetClient) -> None:
    with pytest.raises(InvalidRequest, match="'png' is not a picture format: choose one of webp, gif"):
        true_client.morph(1, 2, format="png")
    with pytest.raises(InvalidRequest, match="frames is '1'") as caught:
        true_client.morph(1, 2, frames=1)
    assert caught.value.parameter == "frames"
    with pytest.raises(InvalidRequest, match="knows no kinds"):
        true_client.morph(1, 2, to_kind="mars")


def test_sheet_is_a_picture_and_its_atlas(true_client: PlanetClient, tmp_path: Path) -> None:
    sheet = true_client.sheet("orion", 5, columns=2, size=16)

    assert (sheet.seed, sheet.model, sheet.version, sheet.width, sheet.height) == ("orion", "painter", 1, 32, 48)
    picture = np.asarray(sheet.to_pil())
    for planet in true_client.planets(seed="orion", count=5, size=16):
        frame = sheet.atlas["frames"][str(planet.seed)]["frame"]
        place = picture[frame["y"] :, frame["x"] :][: frame["h"], : frame["w"]]
        np.testing.assert_array_equal(place, np.asarray(planet.to_pil()))

    file = sheet.save(tmp_path / "game" / "sprites.png")
    atlas = json.loads((tmp_path / "game" / "sprites.json").read_text())
    assert atlas["meta"]["image"] == "sprites.png"  # as an engine looks for it: beside the atlas
    assert atlas["frames"] == sheet.atlas["frames"]
    with Image.open(file) as saved:
        assert saved.size == (32, 48)


def test_what_no_sheet_can_be_is_refused(true_client: PlanetClient) -> None:
    with pytest.raises(InvalidRequest, match="'jpg' is not a picture format: choose one of png, webp"):
        true_client.sheet(1, 4, format="jpg")
    with pytest.raises(InvalidRequest, match=r"must be a whole number of 1\.\.64"):
        true_client.sheet(1, 65)
