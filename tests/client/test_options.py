"""What the client and the page can ask for, against what `/openapi.json` tells."""

from __future__ import annotations

import argparse
import inspect
import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from client import PlanetClient
from client.assets import ASSETS
from client.options import PlanetOptions
from client.shell.arguments import parser
from serving.gateway.config import GatewayConfig
from serving.gateway.openapi.document import document
from tests.client.page_visits import Visit, browser, needs_chromium, studio, studio_url, visit

__all__ = ["browser", "studio", "studio_url", "visit"]  # fixtures

WEB = Path(__file__).resolve().parents[2] / "client/web"
PATHS = document(GatewayConfig())["paths"]
PYTHON_NAMES = {"from": "start", "to": "end", "seed": "seed_or_address"}
CALLS = {
    "planet": "/v1/planets/{seed}.{format}",
    "morph": "/v1/morph.{format}",
    "sheet": "/v1/sheet.{format}",
    "world": "/v1/worlds/{seed}.{format}",
    "world_map": "/v1/worlds/{seed}/map.png",
    "world_normal": "/v1/worlds/{seed}/normal.png",
    "world_height": "/v1/worlds/{seed}/height.png",
    "world_spin": "/v1/worlds/{seed}/spin.{format}",
    "world_facts": "/v1/worlds/{seed}.json",
    "classify": "/v1/classify",
    "translate": "/v1/translate",
}
COMMANDS = {"generate": ["planet"], "world": ["world", "world_map", "world_spin"]}  # others are named as their call
SUBCOMMANDS = next(
    action.choices for action in parser("planets")._actions if isinstance(action, argparse._SubParsersAction)
)
NAMED = set(PlanetOptions.__annotations__) - {"extra_query"}
NO_ARGUMENT = {"format", "loop"}  # told by the file's ending, and by --once


def told(call: str) -> dict[str, dict[str, Any]]:
    """The parameters of a call's route by the name that Python has for them."""
    [operation] = PATHS[CALLS[call]].values()
    return {PYTHON_NAMES.get(one["name"], one["name"]): one for one in operation["parameters"]}


def taken(call: str) -> set[str]:
    """The parameters of a call."""
    names = set(inspect.signature(getattr(PlanetClient, call)).parameters) - {"self"}
    return (names - {"options"}) | NAMED if "options" in names else names


@pytest.mark.parametrize("call", CALLS)
def test_a_call_takes_what_its_route_takes(call: str) -> None:
    is_map = call in ("world_map", "world_normal", "world_height", "world_facts")
    refused = told("planet").keys() - told(call).keys() if is_map else set()  # the server says why
    takes = taken(call) - refused - {"picture"}
    assert takes <= told(call).keys()
    more = told(call).keys() - takes
    assert not more or (takes >= NAMED - refused and more <= told("planet").keys())  # these go by `extra_query`


def test_files_of_worlds_are_those_that_there_are_and_take_what_their_routes_take() -> None:
    paths = {f"/v1/worlds/{{seed}}{'/' if '.' in file else '.'}{file}": names for file, names in ASSETS.items()}
    others = {"/v1/worlds/{seed}.{format}", "/v1/worlds/{seed}/spin.{format}"}
    shaders = {path for path in PATHS if path.endswith(("shader.json", ".bin"))}
    assert paths.keys() | others | shaders == {path for path in PATHS if path.startswith("/v1/worlds/")}
    refused = {"size", "background"}
    for path, names in paths.items():
        told = {one["name"] for one in PATHS[path]["get"]["parameters"]} - {"seed"}
        assert told == NAMED - refused | set(names)
    taken = set(inspect.signature(PlanetClient.world_asset).parameters) - {"self", "seed_or_address", "file", "options"}
    assert taken == {name for names in ASSETS.values() for name in names}


def test_bodies_and_queries_have_the_same_options() -> None:
    order = document(GatewayConfig())["components"]["schemas"]["Order"]["properties"]
    assert order.keys() - {"seeds", "count", "seed"} == told("planet").keys() - {"seed_or_address"}


@pytest.mark.parametrize("command", ["generate", "morph", "sheet", "world", "classify", "translate"])
def test_a_command_has_an_argument_for_each_parameter(command: str) -> None:
    arguments = {action.dest: action for action in SUBCOMMANDS[command]._actions}
    for call in COMMANDS.get(command, [command]):
        for name, one in told(call).items():
            name = "seed" if name == "seed_or_address" else name
            if name in NO_ARGUMENT:
                continue
            assert name in arguments or "extra_query" in arguments, f"{command} has no --{name}"
            if "enum" in one["schema"] and name in arguments:
                assert list(arguments[name].choices) == one["schema"]["enum"]


def test_the_page_knows_what_python_calls_by_name() -> None:
    [names] = re.findall(r"CLIENT_OPTIONS = new Set\((\[.*\])\)", (WEB / "lib/snippets.js").read_text())
    assert set(json.loads(names)) == NAMED


@needs_chromium
def test_the_page_has_every_option_and_carries_one_it_was_not_written_for(visit: Visit) -> None:
    """The server tells of one more option; the page makes a control of what is told."""
    more = {"name": "halo", "in": "query", "description": "Hue.", "schema": {"type": "string", "enum": ["red", "blue"]}}

    def with_more(route: Any) -> None:
        answer = route.fetch()
        changed = answer.json()
        changed["paths"][CALLS["planet"]]["get"]["parameters"].append(more)
        route.fulfill(response=answer, body=json.dumps(changed))

    visit.page.route("**/openapi.json", with_more)
    visit.page.route("**/v1/planets/**", lambda route: route.continue_(url=route.request.url.replace("&halo=red", "")))
    query = {name: one["example"] for name, one in told("planet").items() if one["in"] == "query" and "example" in one}
    query |= {"model": "tinter", "halo": "red"}
    visit.open(f"#generate?seed=a&{urlencode(query)}")
    visit.wait_for_planets()
    assert visit.page.input_value("select[name=halo]") == "red"
    href = visit.page.get_attribute("#plate-download", "href")
    asked = dict(pair.split("=") for pair in href.partition("?")[2].split("&"))
    assert asked.keys() == query.keys()
    assert asked["halo"] == "red"
    visit.page.click(".code summary")
    assert 'extra_query={"halo": "red"}' in visit.page.inner_text("[aria-label='Python code']")
    assert "size=256" in visit.page.inner_text("[aria-label='Python code']")
    visit.page.select_option("select[name=halo]", "")
    visit.page.wait_for_url(lambda url: "halo=" not in url)
    visit.wait_for_planets()
    assert visit.complaints == []
