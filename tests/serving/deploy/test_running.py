"""What running servers have taken, by a file and by a gateway, and the label moves that they would refuse."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from wsgiref.simple_server import WSGIRequestHandler, make_server

import pytest

from serving.backends.rollout import RolloutError
from serving.backends.tfserving import TFServingBackend
from serving.deploy.files import MODELS_FILE, render, write
from serving.deploy.rollout import ServedModel
from serving.deploy.running import RunningModel, refused_moves, taken_by_file, taken_by_gateway
from serving.gateway.app import create_app
from tests.serving.serving_double import ServingDouble

_PLANET = {"tiny_planet": RunningModel(frozenset({1, 2}), {"stable": 1, "canary": 2})}


class _Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        """Nothing."""


@pytest.fixture
def double(saved_models_dir: Path) -> Iterator[ServingDouble]:
    with ServingDouble(saved_models_dir, labels={"tiny_planet": {"stable": 1, "canary": 2}}) as server:
        yield server


@pytest.fixture
def url(saved_models_dir: Path, double: ServingDouble) -> Iterator[str]:
    """A gateway before the double."""
    backend = TFServingBackend(saved_models_dir, double.target)
    with make_server("127.0.0.1", 0, create_app(backend), handler_class=_Quiet) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
        thread.join()
    backend.close()


def test_a_gateway_tells_what_its_servers_have(url: str) -> None:
    taken = taken_by_gateway(url)
    assert taken["tiny_planet"] == _PLANET["tiny_planet"]
    assert taken["tiny_kinds"] == RunningModel(frozenset({1}), {})


@pytest.mark.parametrize("address", ["http://127.0.0.1:1", "nonsense"])
def test_a_gateway_that_is_away_is_told(address: str) -> None:
    with pytest.raises(RolloutError, match=f"No gateway tells at {address}/v1/models what is served"):
        taken_by_gateway(address)


def test_an_answer_that_is_none_is_told(url: str) -> None:
    with pytest.raises(RolloutError, match="with status 404"):
        taken_by_gateway(f"{url}nowhere")


def test_a_file_tells_what_servers_have_that_took_it(tmp_path: Path) -> None:
    models = [ServedModel("planet", (1, 2), {"stable": 2}), ServedModel("moon", (3,), {"stable": 3})]
    write(tmp_path, render(models))
    assert taken_by_file(tmp_path / MODELS_FILE) == {
        "planet": RunningModel(frozenset({1, 2}), {"stable": 2}),
        "moon": RunningModel(frozenset({3}), {"stable": 3}),
    }
    assert taken_by_file(tmp_path / "nothing") == {}


@pytest.mark.parametrize(
    ("labels", "refused"),
    [
        ({"stable": 1, "canary": 2}, []),
        ({"stable": 2}, []),
        ({"stable": 3}, ["stable of 'tiny_planet' from 1 to 3"]),
        ({"stable": 1, "canary": 3}, ["canary of 'tiny_planet' from 2 to 3"]),
    ],
)
def test_a_label_moves_only_to_a_version_that_is_loaded(labels: dict[str, int], refused: list[str]) -> None:
    model = ServedModel("tiny_planet", tuple(sorted(set(labels.values()))), labels)
    assert refused_moves(_PLANET, [model]) == refused
    assert refused_moves({}, [model]) == []
