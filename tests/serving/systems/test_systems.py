"""Star systems: the same for ever and in any language, and such as nature allows."""

from __future__ import annotations

import hashlib
import json
import math
import re
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from serving.latents import MAX_TEXT_LENGTH, parse_seed
from serving.systems.draws import Draws, lookup, rounded
from serving.systems.rules import RULES
from serving.systems.stars import color_of
from serving.systems.system import system_of

GOLDEN = json.loads(Path(__file__).with_name("golden_systems.json").read_text("utf-8"))
ROOT = Path(__file__).parents[3]
PORTS = ROOT / "examples/systems"


def system_at(address: str) -> dict[str, Any]:
    return system_of(parse_seed(address), address)


@pytest.fixture(scope="module")
def systems() -> list[dict[str, Any]]:
    return [system_at(f"test/{number}") for number in range(1000)]


@pytest.fixture(scope="module")
def planets(systems: list[dict[str, Any]]) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    return [(system, planet) for system in systems for planet in system["planets"]]


def bodies(systems: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for system in systems:
        for planet in system["planets"]:
            yield planet
            yield from planet["moons"]


@pytest.mark.parametrize("golden", GOLDEN["systems"], ids=lambda one: one["address"])
def test_systems_never_change(golden: dict[str, Any]) -> None:
    """By a file: whoever changes a rule makes `rules: 2` beside it."""
    assert system_at(golden["address"]) == golden


def test_no_system_ever_changes(systems: list[dict[str, Any]]) -> None:
    text = json.dumps(systems, sort_keys=True, ensure_ascii=False)
    assert hashlib.sha256(text.encode()).hexdigest() == GOLDEN["sha256"]


def same(port: Sequence[str | Path], count: int) -> None:
    """Whether a port's command prints the same systems, one a line."""
    addresses = [*(f"port/{number}" for number in range(count)), "42", "18446744073709551615", "Ünïcode/星"]
    lines = subprocess.run([*port, *addresses], capture_output=True, encoding="utf-8", check=True).stdout.splitlines()
    assert len(lines) == len(addresses)
    for address, line in zip(addresses, lines, strict=True):
        assert json.loads(line) == system_at(address), address


@pytest.mark.skipif(shutil.which("node") is None, reason="the port in JavaScript is run by node, which is not here")
@pytest.mark.parametrize("count", [200, pytest.param(10_000, marks=pytest.mark.slow)])
def test_the_port_in_javascript_has_the_same(count: int) -> None:
    same(["node", PORTS / "systems.mjs"], count)


@pytest.mark.skipif(shutil.which("mcs") is None, reason="the port in C# is compiled by Mono's mcs, which is not here")
@pytest.mark.parametrize("count", [200, pytest.param(10_000, marks=pytest.mark.slow)])
def test_the_port_in_c_sharp_has_the_same(count: int, tmp_path: Path) -> None:
    program = tmp_path / "systems.exe"
    libraries = "-r:System.Runtime.Serialization,System.Xml,System.Xml.Linq"
    subprocess.run(["mcs", libraries, f"-out:{program}", *PORTS.glob("*.cs")], check=True)
    same(["mono", program, ROOT / "serving/systems/rules_1.json"], count)


def test_orbits_never_cross(systems: list[dict[str, Any]]) -> None:
    for system in systems:
        for inner, outer in pairwise(one["orbit"] for one in system["planets"]):
            assert inner["a_au"] * (1 + inner["e"]) < outer["a_au"] * (1 - outer["e"]), system["address"]
        for planet in system["planets"]:
            for inner, outer in pairwise(one["orbit"] for one in planet["moons"]):
                assert inner["a_km"] * (1 + inner["e"]) < outer["a_km"] * (1 - outer["e"]), planet["address"]


def test_periods_follow_keplers_third_law(planets: list[tuple[dict[str, Any], dict[str, Any]]]) -> None:
    for system, planet in planets:
        orbit = planet["orbit"]
        expected = 365.25 * math.sqrt(orbit["a_au"] ** 3 / system["star"]["mass"])
        assert orbit["period_d"] == pytest.approx(expected, rel=2e-3, abs=1e-3)
        for moon in planet["moons"]:
            # The moon's month is 27.3 days at 384,400 km of the earth.
            expected = 27.45 * math.sqrt((moon["orbit"]["a_km"] / 384_400) ** 3 / planet["mass_earth"])
            assert moon["orbit"]["period_d"] == pytest.approx(expected, rel=5e-3, abs=1e-3)


def test_bodies_are_as_warm_as_their_place_and_air_allow(planets: list[tuple[dict[str, Any], dict[str, Any]]]) -> None:
    for system, planet in planets:
        # Of a black ball in K: 278.5 at the earth's distance from the sun.
        black = 278.5 * system["star"]["luminosity"] ** 0.25 / math.sqrt(planet["orbit"]["a_au"])
        for body in (planet, *planet["moons"]):
            low, high = RULES["planet"]["greenhouse_k"][body["atmosphere"]]
            assert 0.7 * black + low - 1 <= body["temperature_k"] <= black + high + 1, body["address"]


def test_classes_fit_their_bodies(systems: list[dict[str, Any]]) -> None:
    giants = {"gas dwarf", "ice giant", "gas giant"}
    for body in bodies(systems):
        where = body["address"]
        assert (body["atmosphere"] == "h2-he") == (body["class"] in giants), where
        if body["class"] in ("ocean", "terran"):
            assert 273 <= body["temperature_k"] <= 330, where
        if body["class"] == "lava":
            assert body["temperature_k"] > 1000, where
        if body["class"] == "ice":
            assert body["temperature_k"] < 273, where
        if body["class"] == "venusian":
            assert body["temperature_k"] > 350, where
        if body["class"] == "rock":
            assert (body["atmosphere"], body["clouds"]) == ("none", 0), where
        radius = body["radius_km"] / 6371
        assert body["gravity_g"] == pytest.approx(body["mass_earth"] / radius**2, rel=0.02, abs=6e-4), where
        densest = 4.5 if body["class"] == "gas giant" else 3.0  # of the earth: no heavier one is larger
        assert 0.1 < body["mass_earth"] / radius**3 < densest, where


def test_kinds_are_mixes_that_a_request_takes(systems: list[dict[str, Any]]) -> None:
    for kind in {body["kind"] for body in bodies(systems)}:
        assert re.fullmatch(r"[a-z]+(:0\.[0-9],[a-z]+:0\.[0-9])?(,[a-z]+:0\.[0-9])?", kind)
        shares = [float(one) for one in re.findall(r"[0-9.]+", kind)] or [1.0]
        assert sum(shares) == pytest.approx(1)


def test_zones_belts_and_rings_are_where_they_should_be(systems: list[dict[str, Any]]) -> None:
    for system in systems:
        low, high = system["zones"]["habitable_au"]
        frost = system["zones"]["frost_au"]
        assert 0 < low < high < frost
        for planet in system["planets"]:
            a = planet["orbit"]["a_au"]
            assert planet["zone"] == (
                "hot" if a < low else "habitable" if a <= high else "cold" if a <= frost else "ice"
            )
            if planet["rings"]:
                assert planet["radius_km"] < planet["rings"]["inner_km"] < planet["rings"]["outer_km"]
                assert planet["rings"]["outer_km"] < 2.44 * planet["radius_km"]  # beyond, it would be a moon
            assert all(moon["orbit"]["a_km"] > 2.44 * planet["radius_km"] for moon in planet["moons"])
        for belt in system["belts"]:
            assert belt["inner_au"] < belt["outer_au"]
            for planet in system["planets"]:
                orbit = planet["orbit"]
                near, far = orbit["a_au"] * (1 - orbit["e"]), orbit["a_au"] * (1 + orbit["e"])
                assert far < belt["inner_au"] or near > belt["outer_au"], planet["address"]


def test_bodies_near_what_they_go_around_turn_with_it(systems: list[dict[str, Any]]) -> None:
    seen = set()
    for body in bodies(systems):
        seen.add(body["locked"])
        if body["locked"]:
            assert body["day_h"] == pytest.approx(24 * body["orbit"]["period_d"], abs=0.01)
            assert body["tilt_deg"] == 0
    assert seen == {True, False}


def test_addresses_are_the_systems_with_numbers(systems: list[dict[str, Any]]) -> None:
    for system in systems:
        for number, planet in enumerate(system["planets"], start=1):
            assert planet["address"] == f"{system['address']}/{number}"
            for place, moon in enumerate(planet["moons"], start=1):
                assert moon["address"] == f"{planet['address']}/{place}"
    assert max(len(body["address"]) for body in bodies(systems)) < MAX_TEXT_LENGTH


def test_systems_are_many_and_unlike_each_other(systems: list[dict[str, Any]]) -> None:
    assert len({system["name"] for system in systems}) > 950
    assert {system["star"]["class"][0] for system in systems} == set("BAFGKM")
    assert {body["class"] for body in bodies(systems)} >= set(RULES["kinds"]) - {"rock moon", "ice moon", "gas dwarf"}
    assert all(1 <= len(system["planets"]) <= 14 for system in systems)


@pytest.mark.parametrize(("temperature", "color"), [(3060, "#ffbb71"), (5772, "#fff1ea"), (9700, "#cfdbff")])
def test_stars_have_the_color_of_a_black_body(temperature: int, color: str) -> None:
    """By Planck's law and the fits of Wyman 2013 to the CIE's curves."""
    found, expected = (bytes.fromhex(one[1:]) for one in (color_of(temperature), color))
    assert max(abs(one - other) for one, other in zip(found, expected, strict=True)) <= 1


def test_draws_are_of_the_seeds_own_stream() -> None:
    first, again, other = Draws(7), Draws(7), Draws(8)
    numbers = [first.uniform() for _ in range(2000)]
    assert numbers == [again.uniform() for _ in range(2000)]
    assert numbers[:10] != [other.uniform() for _ in range(10)]
    assert 0 <= min(numbers) < 0.01
    assert 0.99 < max(numbers) < 1


def test_tables_are_linear_between_their_rows_and_still_beyond() -> None:
    table = [[0.0, 1.0], [2.0, 5.0]]
    assert [lookup(table, x) for x in (-1, 0, 1, 2, 3)] == [1, 1, 3, 5, 5]
    assert (rounded(0.125, 2), rounded(2.5, 0), rounded(1.0049, 2)) == (0.13, 3, 1.0)
