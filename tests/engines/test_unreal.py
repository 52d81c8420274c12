"""The example for Unreal, which is not here: the script is run with a recorder in the place of its module `unreal`."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from unittest import mock

import pytest

from serving.gateway import create_app
from tests.client.servers import running
from tests.docs.card_backend import CardBackend

SCRIPT = Path(__file__).parents[2] / "examples/unreal/planet.py"


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with running(create_app(CardBackend({}))) as url:
        yield url


def run(url: str, saved: Path, *arguments: str) -> mock.MagicMock:
    """What the script asks Unreal for."""
    unreal = mock.MagicMock()
    unreal.DirectionalLight = type("DirectionalLight", (), {})
    unreal.Paths.convert_relative_path_to_full.return_value = str(saved)
    code = compile(SCRIPT.read_text().replace("http://127.0.0.1:8000", url), str(SCRIPT), "exec")
    with mock.patch.dict(sys.modules, unreal=unreal), mock.patch.object(sys, "argv", [str(SCRIPT), *arguments]):
        exec(code, {"__name__": "__main__"})
    return unreal


def imported(unreal: mock.MagicMock) -> Path:
    manager = unreal.InterchangeManager.get_interchange_manager_scripted()
    return Path(manager.create_source_data.call_args.args[0])


def test_it_hands_the_gateways_planet_to_unreal(url: str, tmp_path: Path) -> None:
    unreal = run(url, tmp_path, "orion/7/3", "mars")
    assert not unreal.log_error.called
    assert imported(unreal).read_bytes().startswith(b"glTF")
    assert list((tmp_path / "Planets").iterdir()) == [imported(unreal)]
    assert unreal.get_editor_subsystem().spawn_actor_from_class.call_args.args[0] is unreal.DirectionalLight


def test_it_fetches_a_planet_once(url: str, tmp_path: Path) -> None:
    file = imported(run(url, tmp_path, "orion/7/3"))
    file.write_bytes(b"kept")
    assert imported(run(url, tmp_path, "orion/7/3")) == file
    assert file.read_bytes() == b"kept"


def test_it_tells_what_the_gateway_refuses(url: str, tmp_path: Path) -> None:
    unreal = run(url, tmp_path, "orion/7/3", "cheese")
    [[sentence], _] = unreal.log_error.call_args
    assert sentence.startswith("No planet orion/7/3: ")
    assert "cheese" in sentence
    assert list(tmp_path.iterdir()) == []


def test_it_tells_that_there_is_no_gateway(tmp_path: Path) -> None:
    unreal = run("http://127.0.0.1:9", tmp_path)
    [[sentence], _] = unreal.log_error.call_args
    assert "make run" in sentence
