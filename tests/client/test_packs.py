"""Worlds for engines in a folder: saved, resumed, repaired."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, Response, request

from client import InvalidAnswer, PlanetClient
from client.__main__ import main
from client.packs import Pack
from serving.gateway import create_app
from tests.client.servers import running
from tests.client.test_assets import SurfaceBackend


@pytest.fixture(scope="module")
def app() -> Flask:
    """The gateway; requests for worlds called `broken` get a ZIP that is cut off, `served` tells what was sent."""
    app = create_app(SurfaceBackend())
    app.extensions["served"] = []

    @app.after_request
    def spoil(response: Response) -> Response:
        if request.path.endswith("engine.zip"):
            app.extensions["served"].append(response.status_code)
            if "broken" in request.path:
                response.set_data(response.get_data()[:2000])
        return response

    return app


@pytest.fixture(scope="module")
def url(app: Flask) -> Iterator[str]:
    with running(app) as url:
        yield url


@pytest.fixture
def served(app: Flask) -> list[int]:
    app.extensions["served"].clear()
    return app.extensions["served"]


def save(url: str, out: Path, *arguments: str, engine: str = "godot") -> int:
    options = ["--url", url, "--engine", engine, "--out", str(out), "--texture-size", "128", "--json"]
    return main(["assets", *options, *arguments])


def test_worlds_are_saved_with_a_manifest(url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert save(url, tmp_path, "orion/7/3", "Vega", "--kind", "earth") == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["saved"], told["kept"], told["failed"]) == (["orion/7/3", "Vega"], [], [])
    assert all(Path(file).is_file() for file in told["files"])
    manifest = json.loads((tmp_path / "manifest.json").read_text())
    world = manifest["worlds"]["orion/7/3"]
    assert (manifest["engine"], world["model"], world["kind"]) == ("godot", "globe", {"earth": 1.0})
    for name, facts in world["files"].items():
        assert name.startswith("orion_7_3/")
        content = (tmp_path / name).read_bytes()
        assert (facts["bytes"], facts["sha256"]) == (len(content), hashlib.sha256(content).hexdigest())
    there = {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file()}
    assert there == {"manifest.json", *(name for one in manifest["worlds"].values() for name in one["files"])}
    assert any(name.endswith(".glb") for name in there)


def test_what_is_whole_is_not_fetched_again(url: str, tmp_path: Path, served: list[int]) -> None:
    assert save(url, tmp_path, "a", "b") == 0
    assert save(url, tmp_path, "a", "b", "c") == 0
    assert served == [200, 200, 304, 304, 200]
    [normal] = (tmp_path / "a").glob("*_normal.png")
    normal.write_bytes(b"half a file")
    (tmp_path / "b/README.txt").unlink()
    assert save(url, tmp_path, "a", "b", "c") == 0
    assert served[5:] == [200, 200, 304]
    assert normal.stat().st_size > 100
    assert save(url, tmp_path, "a", "--kind", "sun") == 0  # asked for in another way
    assert served[8:] == [200]
    assert list((tmp_path / "a").glob("*_emission.png"))
    assert save(url, tmp_path, "a", "--kind", "mars") == 0
    assert not list((tmp_path / "a").glob("*_emission.png"))  # what is no more of it goes


def test_one_that_fails_costs_no_other(url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert save(url, tmp_path, "a", "broken", "b/../c", "d") == 1
    output = capsys.readouterr()
    told = json.loads(output.out)
    assert told["saved"] == ["a", "d"]
    assert [one["seed_or_address"] for one in told["failed"]] == ["broken", "b/../c"]
    assert "broken: The ZIP of broken is broken (" in output.err
    assert "cannot be told in a URL" in output.err
    assert not (tmp_path / "broken").exists()
    assert json.loads((tmp_path / "manifest.json").read_text())["worlds"].keys() == {"a", "d"}


def test_all_bodies_of_a_system(url: str, tmp_path: Path) -> None:
    with PlanetClient(url) as client:
        systems = [client.system(f"s/{number}") for number in range(40)]
    system = min(systems, key=lambda one: len(bodies_of(one)))
    assert save(url, tmp_path, system["address"], "--systems", "--kind", "mars") == 0
    worlds = json.loads((tmp_path / "manifest.json").read_text())["worlds"]
    bodies = bodies_of(system)
    assert list(worlds) == [body["address"] for body in bodies]
    for body in bodies:
        [facts] = (tmp_path / body["address"].replace("/", "_")).glob("*.json")
        assert json.loads(facts.read_text())["name"] == body["name"]


def bodies_of(system: dict[str, Any]) -> list[dict[str, Any]]:
    return [body for planet in system["planets"] for body in (planet, *planet["moons"])]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--model", "nobody"], "no model 'nobody'"),
        (["--texture-size", "5"], "texture_size is '5'"),
        (["--size", "64"], "There is no parameter 'size'"),
    ],
)
def test_who_is_wrong_about_all_is_told_once(
    url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], sentence: str
) -> None:
    assert save(url, tmp_path, "a", "b", *arguments) == 2
    assert capsys.readouterr().err.count(sentence) == 1
    assert not list(tmp_path.iterdir())


def test_a_folder_is_for_one_engine(url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert save(url, tmp_path, "a") == 0
    assert save(url, tmp_path, "a", engine="unity") == 2
    assert "holds worlds for godot; choose another for unity" in capsys.readouterr().err
    (tmp_path / "manifest.json").write_text('{"worlds": {"a": {"files": {"../x/y": {"sha256": ""}}}}}')
    assert save(url, tmp_path, "a") == 2
    assert "no manifest of worlds" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["../evil", "/etc/evil", "a/../../evil", "evil", "a\\..\\evil/b", "a/b/c"])
def test_no_file_is_written_elsewhere(name: str) -> None:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as folder:
        folder.writestr(name, b"x")
    with pytest.raises(InvalidAnswer, match="a place elsewhere"):
        Pack(archive.getvalue(), "godot", 1, None, "globe", 1).files()
