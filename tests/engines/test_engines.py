"""The examples in their engines: alike, lit from where the sun is, and turning."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator

import flask
import pytest
from PIL import Image

from tests.client.servers import running
from tests.engines import godot, web
from tests.engines.engines import ENGINES, REFERENCE
from tests.engines.pictures import compare, drift, flank_faults, flanks
from tests.engines.worlds import FLANK, WORLDS, gateway, glb_of, hill_glb

TURNED = 27  # px of 256 in the middle, of 0.2 radians, in 2 s
CLOUDS_TURNED = 32  # clouds get ahead of the ground by a fifth
Drawn = Callable[[str, str, str], Image.Image]


def need(*reasons: str | None) -> None:
    """Skips a test for which something isn't here."""
    for reason in filter(None, reasons):
        pytest.skip(reason)


@pytest.fixture(scope="module")
def app() -> Iterator[flask.Flask]:
    with gateway() as app:
        yield app


@pytest.fixture(scope="module")
def drawn(app: flask.Flask) -> Drawn:
    """A world of a kind, with a mesh, in an engine."""
    planet = functools.cache(lambda kind, mesh: glb_of(app, kind, mesh))
    return functools.cache(lambda engine, kind, mesh: ENGINES[engine].draw(planet(kind, mesh)))


@pytest.mark.slow
@pytest.mark.parametrize("engine", [name for name in ENGINES if name != REFERENCE])
@pytest.mark.parametrize(("kind", "mesh"), WORLDS)
def test_worlds_look_alike(engine: str, kind: str, mesh: str, drawn: Drawn) -> None:
    need(ENGINES[engine].missing(), ENGINES[REFERENCE].missing())
    assert compare(drawn(engine, kind, mesh), drawn(REFERENCE, kind, mesh)).faults() == []


@pytest.mark.slow
@pytest.mark.parametrize("engine", ENGINES)
def test_a_hill_is_bright_where_the_sun_is(engine: str) -> None:
    need(ENGINES[engine].missing())
    bare = ENGINES[engine].draw(hill_glb("sphere", height=0.0))
    found = {
        mesh: flank_faults(flanks(ENGINES[engine].draw(hill_glb(mesh)), bare, FLANK)) for mesh in ("sphere", "cube")
    }
    assert found == {"sphere": [], "cube": []}


@pytest.mark.slow
@pytest.mark.parametrize("example", ["threejs", "babylon"])
def test_a_gateways_planet_turns_to_the_east_in_the_browser(example: str, app: flask.Flask) -> None:
    need(web.missing(example))
    with running(app) as url:
        before, after = (web.draw(example, url, seconds) for seconds in (0, 2))
    assert TURNED - 3 <= drift(before, after) <= CLOUDS_TURNED + 3


@pytest.mark.slow
def test_a_planet_turns_to_the_east_in_godot(app: flask.Flask) -> None:
    need(godot.missing())
    bare, clouded = (glb_of(app, kind, "sphere") for kind in ("mars", "earth"))
    assert drift(godot.draw(bare), godot.draw(bare, 2)) == pytest.approx(TURNED, abs=3)
    assert TURNED - 3 <= drift(godot.draw(clouded), godot.draw(clouded, 2)) <= CLOUDS_TURNED + 3
