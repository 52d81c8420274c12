"""Star systems by the client and the command line, from the true gateway."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from client import InvalidRequest, NotFound, PlanetClient
from client.__main__ import main
from serving.gateway import create_app
from serving.latents import parse_seed
from serving.systems.system import system_of
from tests.client.servers import running
from tests.serving.fake_backend import FakeBackend, fake_version


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with running(create_app(FakeBackend([fake_version("globe", 1, world={"sizes": [64], "map": [8, 16]})]))) as url:
        yield url


def test_a_system_is_what_the_server_tells(url: str) -> None:
    with PlanetClient(url) as client:
        found = client.system("orion/7", model="globe", version=1)
    expected = system_of(parse_seed("orion/7"), "orion/7")
    assert (found["name"], found["star"]) == (expected["name"], expected["star"])
    assert "model=globe&version=1" in found["planets"][0]["links"]["map"]


def test_what_is_no_system_is_told(url: str) -> None:
    with PlanetClient(url) as client:
        with pytest.raises(InvalidRequest, match="from 0 to"):
            client.system(2**64)
        with pytest.raises(InvalidRequest, match="URL"):
            client.system("a/../b")
        with pytest.raises(NotFound):
            client.system("orion/7", model="nobody")


def test_the_command_shows_a_table(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["system", "orion/7", "--url", url]) == 0
    lines = capsys.readouterr().out.splitlines()
    system = system_of(parse_seed("orion/7"), "orion/7")
    moons = sum(len(planet["moons"]) for planet in system["planets"])
    assert len(lines) == 3 + len(system["planets"]) + moons + len(system["belts"])
    assert lines[0].startswith(f"{system['name']}, {system['star']['class']}: ")
    assert lines[3].split()[-1] == "orion/7/1"
    assert max(map(len, lines)) < 150


def test_the_command_gives_json(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["system", "orion/7", "--url", url, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["address"] == "orion/7"
