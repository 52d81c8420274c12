"""Facts about worlds: those of the bodies of systems, and of worlds that are none."""

from __future__ import annotations

import hashlib
import json

import pytest

from serving.latents import parse_seed
from serving.systems.atmospheres import air_of
from serving.systems.rings import profile_of
from serving.systems.system import system_of
from serving.systems.worlds import mix_of, world_of

AS_IN_SYSTEMS = (
    "name",
    "class",
    "radius_km",
    "mass_earth",
    "gravity_g",
    "temperature_k",
    "day_h",
    "tilt_deg",
    "clouds",
)
KINDS = ("ceres", "earth", "eris", "haumea", "jupiter", "makemake", "mars", "mercury", "moon", "pluto", "venus")


def bodies(address: str) -> list[dict]:
    system = system_of(parse_seed(address), address)
    return [body for planet in system["planets"] for body in (planet, *planet["moons"])]


@pytest.mark.parametrize("address", ["orion/7", "vega", "42"])
def test_a_body_of_a_system_is_told_as_the_system_tells_it(address: str) -> None:
    star = system_of(parse_seed(address), address)["star"]
    for body in bodies(address):
        told = world_of(body["address"], mix_of(body["kind"]))
        assert told["system"] == address
        assert {name: told[name] for name in AS_IN_SYSTEMS} == {name: body[name] for name in AS_IN_SYSTEMS}
        assert told["orbit"] == body["orbit"]
        assert told["star"] == star
        assert (told["atmosphere"] is None) == (body["atmosphere"] == "none")
        rings = body.get("rings")
        assert told["rings"] == (rings and {**rings, "profile": told["rings"]["profile"]})


def test_a_world_of_another_kind_is_no_body_of_the_system_there() -> None:
    [first, *_] = bodies("orion/7")
    other = "mars" if "mars" not in first["kind"] else "earth"
    told = world_of(first["address"], {other: 1.0})
    assert told["system"] is None
    assert world_of(first["address"], {other: 1.0}, "orion/7")["radius_km"] == first["radius_km"]  # if that is wanted


@pytest.mark.parametrize("kind", KINDS)
def test_a_world_alone_has_the_properties_of_its_kind(kind: str) -> None:
    told = world_of("a world alone", {kind: 1.0})
    expected = {
        "jupiter": {"gas giant"}, "earth": {"ocean", "terran"}, "venus": {"venusian"}, "mars": {"desert"},
        "mercury": {"rock"}, "moon": {"rock"},
    }.get(kind, {"ice", "dwarf"})  # fmt: skip
    assert told["class"] in expected
    assert told["system"] is None
    assert told == world_of("a world alone", {kind: 1.0})
    assert told["light"]["insolation"] > 0


def test_a_world_without_a_kind_is_the_body_that_is_there() -> None:
    [first, *_] = bodies("orion/7")
    assert world_of(first["address"], {})["name"] == first["name"]
    assert world_of("nowhere", {})["system"] is None


def test_an_archetype_named_gas_giant_is_one() -> None:
    assert world_of("x", {"jupiter": 0.5, "venus": 0.5})["class"] == "gas giant"


def test_a_sun_is_the_star_of_the_system_at_its_address() -> None:
    told, system = world_of("orion/7", {"sun": 1.0}), system_of(parse_seed("orion/7"), "orion/7")
    assert (told["system"], told["name"], told["class"]) == ("orion/7", system["name"], system["star"]["class"])
    assert told["light"] is told["atmosphere"] is told["orbit"] is None
    assert told["radius_km"] == round(695700 * system["star"]["radius"])


def test_the_earths_light_and_air_are_the_earths() -> None:
    """Against figures of the engines' own defaults, which are the earth's."""
    body = {"atmosphere": "n2-o2", "temperature_k": 288.0, "gravity_g": 1.0, "radius_km": 6371.0}
    air = air_of(body)
    assert air["scale_height_km"] == pytest.approx(8.4, abs=0.1)
    assert air["density_kg_m3"] == pytest.approx(1.21, abs=0.02)
    assert air["unreal"]["RayleighScatteringScale"] == pytest.approx(0.0331)
    assert air["unreal"]["RayleighScattering"] == [0.1753, 0.4096, 1.0]
    assert air["unreal"]["OtherAbsorptionScale"] == 0.001881
    assert air["unity"]["airDensityB"] == pytest.approx(0.2326, abs=0.015)
    assert air["unity"]["airMaximumAltitude"] == pytest.approx(55262, rel=0.06)
    assert air["unity"]["aerosolMaximumAltitude"] == pytest.approx(8289, rel=0.001)
    assert air["three"] == {"rayleigh": 1.0, "turbidity": 2.0, "mieCoefficient": 0.005, "mieDirectionalG": 0.8}
    red, green, blue = bytes.fromhex(air["color"][1:])
    assert red < green < blue == 255
    assert air_of({**body, "atmosphere": "none"}) is None


def test_air_of_dust_is_red_and_of_less_gravity_is_higher() -> None:
    mars = air_of({"atmosphere": "thin co2", "temperature_k": 210.0, "gravity_g": 0.38, "radius_km": 3390.0})
    assert bytes.fromhex(mars["color"][1:])[0] == 255
    assert mars["scale_height_km"] == pytest.approx(10.8, abs=0.5)
    assert mars["density_kg_m3"] == pytest.approx(0.015, abs=0.003)


def test_light_is_the_suns_at_the_earths_distance() -> None:
    for text in ("a", "b", "c"):
        told = world_of(text, {"earth": 1.0})
        a_au, star = told["orbit"].get("a_au"), told["star"]
        if a_au is not None:
            assert told["light"]["insolation"] == pytest.approx(star["luminosity"] / a_au**2, rel=1e-3)
            assert told["light"]["illuminance_lux"] == pytest.approx(133000 * told["light"]["insolation"], rel=1e-3)
            expected = 0.533 * star["radius"] / a_au
            assert told["light"]["angular_diameter_deg"] == pytest.approx(expected, rel=5e-3)


def test_rings_are_as_opaque_as_the_system_tells() -> None:
    for address in ("a", "b", "orion/7/5"):
        profile = profile_of(address, 0.3)
        assert len(profile) == 64
        assert sum(profile) / 64 == pytest.approx(0.3, abs=0.05)
        assert max(profile) > 1.3 * min(profile)
        assert profile == profile_of(address, 0.3)
    assert all(0 <= level <= 1 for level in profile_of("a", 0.9))


@pytest.mark.parametrize("text", ["orion/7/99", "orion/8/1", "orion", "7"])
def test_who_is_no_body_of_a_named_system_is_told(text: str) -> None:
    with pytest.raises(ValueError, match="'orion/7' has no body at the address"):
        world_of(text, {"earth": 1.0}, "orion/7")


def test_facts_do_not_change() -> None:
    """Answers for a model and its version may be kept for ever: other rules need another number."""
    told = [world_of(f"golden/{number}", {kind: 1.0}) for number in range(4) for kind in (*KINDS, "sun")]
    told += [world_of(body["address"], mix_of(body["kind"])) for body in bodies("orion/7")]
    assert {one["rules"] for one in told} == {1}
    digest = hashlib.sha256(json.dumps(told).encode()).hexdigest()
    assert digest == "c9ec1c01764c7496ac825d1974e325b4e90a0d41322fecd20887d5f0121b553d"


def test_addresses_of_any_form_are_worlds() -> None:
    for text in ("/", "/1", "a//1", "007/3", "99999999999999999999/3", "a/³", "x" * 256):
        assert world_of(text, {"mars": 1.0})["radius_km"] > 0
