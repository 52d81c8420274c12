from __future__ import annotations

import os
import re

import numpy as np
import pytest
from PIL import Image

from datasets.bodies import body_of_map
from datasets.capture import Options, capture, main, place
from datasets.errors import RequestError
from datasets.manifest import load_manifest
from datasets.maps import find_maps, load_map
from datasets.prepare import prepare

SMALL = Options(width=96, height=64, views=10)


@pytest.fixture
def maps(tmp_path):
    """A folder with maps of Mars, brown, and the Sun, yellow, and what isn't a map."""
    folder = tmp_path / "maps"
    folder.mkdir()
    Image.new("RGB", (64, 32), (150, 90, 60)).save(folder / "mars.png")
    Image.new("RGB", (64, 32), (250, 220, 90)).save(folder / "sun.jpg")
    Image.new("L", (32, 32), 200).save(folder / "halo.png")
    return folder


def written(out):
    return sorted(path.relative_to(out).as_posix() for path in out.rglob("*.png"))


def test_views_go_around_the_equator_then_north_then_south():
    places = [place(view, 100) for view in range(100)]
    assert [latitude for latitude, _ in places] == [0] * 50 + [49] * 30 + [-54] * 20
    assert [longitude for _, longitude in places[:3]] == pytest.approx([0, 7.2, 14.4])
    assert len(set(places)) == 100
    assert [place(view, 3)[0] for view in range(3)] == [0, 0, -54]
    assert place(0, 1) == (0, 0)


def test_prepare_takes_over(maps, tmp_path):
    report = capture(maps, tmp_path / "out", SMALL, workers=1)
    assert (report.kinds, report.written, report.rejected) == (("mars", "sun"), 20, ())
    assert written(tmp_path / "out")[:2] == ["mars/mars_000.png", "mars/mars_001.png"]
    assert Image.open(tmp_path / "out/mars/mars_000.png").size == (96, 64)
    prepare(tmp_path / "out", tmp_path / "data", sizes=(32,), workers=1)
    manifest = load_manifest(tmp_path / "data")
    assert {picture.treatment.method for picture in manifest.pictures} == {"planet"}
    assert [p.sight for p in manifest.pictures if p.classes == ("mars",)][7:] == [
        (49.0, 1.0),
        (-54.0, 0.4),
        (-54.0, 0.4),
    ]
    assert {p.sight.light for p in manifest.pictures if p.classes == ("sun",)} == {1.0}
    assert (len(manifest.pictures), manifest.rejected) == (20, ())


def test_southern_views_are_darker_but_for_the_sun(maps, tmp_path):
    capture(maps, tmp_path / "out", SMALL, workers=1)
    mean = {
        (body, view): np.asarray(Image.open(tmp_path / f"out/{body}/{body}_{view:03d}.png")).mean()
        for body in ("mars", "sun")
        for view in (0, 9)
    }
    assert mean["mars", 9] < 0.8 * mean["mars", 0]
    assert mean["sun", 9] == pytest.approx(mean["sun", 0], rel=0.01)


def test_second_run_draws_only_what_is_missing_or_changed(maps, tmp_path):
    out = tmp_path / "out"
    capture(maps, out, SMALL, workers=2)
    before = {name: os.stat(out / name).st_mtime_ns for name in written(out)}
    (out / "mars/mars_003.png").unlink()
    assert capture(maps, out, SMALL, workers=1).written == 1
    assert [name for name, time in before.items() if os.stat(out / name).st_mtime_ns != time] == ["mars/mars_003.png"]

    Image.new("RGB", (64, 32), (60, 90, 150)).save(maps / "mars.png")
    assert capture(maps, out, SMALL, workers=1).written == 10
    assert capture(maps, out, Options(96, 64, views=4), workers=1).written == 8
    assert len(written(out)) == 8
    assert not [path for path in out.rglob("*") if path.name.endswith(".part")]


def test_pictures_of_others_are_not_touched(maps, tmp_path):
    (tmp_path / "out/mars").mkdir(parents=True)
    (tmp_path / "out/mars/mars_000.png").write_bytes(b"mine")
    with pytest.raises(RequestError, match="not captured from maps"):
        capture(maps, tmp_path / "out", SMALL, workers=1)
    assert (tmp_path / "out/mars/mars_000.png").read_bytes() == b"mine"


def test_names_of_maps(maps):
    assert [body_of_map(name) for name in ("Mars", "mars_viking", "earth-clouds", "moon_4k", "io")] == [
        "mars", "mars", "earth", "moon", "io",
    ]  # fmt: skip
    for name in ("moon", "moon_4k", "moon_normals", "earth_cmap", "earth-clouds", "mars_viking"):
        Image.new("RGB", (64, 32)).save(maps / f"{name}.png")
    names = {body: path.name for body, path in find_maps(maps).items()}
    assert names == {"earth": "earth-clouds.png", "mars": "mars.png", "moon": "moon_4k.png", "sun": "sun.jpg"}


@pytest.mark.parametrize("mode", ["L", "LA", "P", "RGBA", "I;16"])
def test_maps_of_all_modes(tmp_path, mode):
    gray = np.full((32, 64), 188, np.uint8)
    image = Image.fromarray(gray.astype(np.uint16) * 257) if mode == "I;16" else Image.fromarray(gray).convert(mode)
    image.save(tmp_path / "mars.png")
    light = load_map(tmp_path / "mars.png", 32)
    assert (light.shape, light.dtype) == ((16, 32, 3), np.float32)
    np.testing.assert_allclose(light, 0.503, atol=0.01)


def test_fine_maps_are_averaged(tmp_path):
    checkers = (np.indices((128, 256)).sum(axis=0) % 2 * 255).astype(np.uint8)
    Image.fromarray(checkers).save(tmp_path / "mars.png")
    assert np.ptp(load_map(tmp_path / "mars.png", 32)) < 0.02


def test_broken_maps_are_reported_and_the_rest_done(maps, tmp_path, capsys):
    (maps / "venus.png").write_bytes(b"no picture")
    Image.new("RGB", (64, 40)).save(maps / "earth.png")
    size = ["--width", "64", "--height", "64", "--views", "2", "--workers", "1"]
    assert main([str(maps), str(tmp_path / "out"), *size]) == 1
    errors = capsys.readouterr().err
    assert "earth.png: It is 64x40 pixels: expected a map in equirectangular projection" in errors
    assert "venus.png: It can't be decoded" in errors
    assert len(written(tmp_path / "out")) == 4


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--bodies", "mars,pluto"], r"no map of pluto: name files such as pluto\.png"),
        (["--views", "0"], "number of views of 0 is out of range: expected 1 to 1000"),
        (["--width", "9999"], "width of 9999"),
        (["--sun", "120", "0"], "sun's angle to the right of 120"),
        (["--workers", "0"], "number of workers of 0"),
    ],
)
def test_bad_requests(maps, tmp_path, capsys, arguments, message):
    assert main([str(maps), str(tmp_path / "out"), *arguments]) == 2
    assert re.search(message, capsys.readouterr().err)
    assert not (tmp_path / "out").exists()


def test_unreadable_maps_end_in_one_sentence(maps, tmp_path, capsys, monkeypatch):
    def refuse(folder):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(type(maps), "iterdir", refuse)
    assert main([str(maps), str(tmp_path / "out")]) == 2
    assert capsys.readouterr().err == f"{maps} can't be read: Permission denied.\n"
