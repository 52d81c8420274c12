"""A star system: `system_of` makes all of it, the same for ever."""

from __future__ import annotations

import math
from typing import Any

from serving.systems.bodies import body_of
from serving.systems.draws import Draws, lookup, quartic_root, rounded
from serving.systems.names import name_of, roman
from serving.systems.orbits import moons_orbit, planets_orbit
from serving.systems.rules import RULES
from serving.systems.stars import star_of, zones_of

AU_KM = 149597870.7
SUNS_MASS = 332946.0  # of the earth's

_DISK, _PLANET = RULES["disk"], RULES["planet"]
_MOST_PLANETS = 14
_DUST = 3.34  # masses of the earth between 0 and 1 au of the sun's disk, by the root of the distance: Hayashi 1981
_ICE = 4.2  # times as much dust beyond the frost line
_HEAVIEST = 4000.0  # masses of the earth: with more, it would be a brown dwarf
_RING_MASS = 10.0  # of the earth's, from which on rings are usual
_LOCKED_AU = 0.35  # within which a planet of the sun always turns the same side to it
_HOT = 0.03  # share of the systems with giants in which one has wandered in
_ROCHE = 2.44  # radii of a planet, within which a moon breaks


def system_of(seed: int, address: str) -> dict[str, Any]:
    """The system of a seed.

    Accretion goes from the star outwards: as in Dole 1970 (Icarus 13:494), a planet sweeps up the dust that its orbit,
    its pull and the dust's own orbits reach, and a core that is heavy enough draws gas. What air a planet keeps, how
    warm that makes it and how long its day is follows Fogg 1985 (JBIS 38:501) in its ideas; the figures are the tables
    of `rules_1.json`.

    Args:
        seed: In 0..2^64-1.
        address: What it is asked by; that of a planet is this and its number.

    Returns:
        As docs/systems.md tells, but for links.
    """
    draws = Draws(seed)
    name, star = name_of(draws), star_of(draws)
    zones = zones_of(star)
    found, belts = _accreted(draws, star, zones["frost_au"])
    planets = [_planet(draws, number, one, address, name, star, zones) for number, one in enumerate(found, start=1)]
    return {
        "address": address,
        "seed": str(seed),
        "rules": RULES["rules"],
        "name": name,
        "epoch": 0,
        "star": star,
        "zones": zones,
        "belts": belts,
        "planets": planets,
    }


def _accreted(draws: Draws, star: dict[str, Any], frost: float) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Orbits' sizes and forms with masses, from the star outwards, and belts where no planet grew."""
    size = math.sqrt(star["mass"])
    dust = draws.of(_DISK["dust"]) * star["mass"]
    inner = draws.of(_DISK["inner_au"]) * size
    outer = draws.of(_DISK["outer_au"]) * size
    drift = draws.of(_DISK["drift"])  # in some disks pebbles wander in, and what grows there is larger than the earth
    planets: list[dict[str, Any]] = []
    belts: list[dict[str, Any]] = []
    while len(planets) < _MOST_PLANETS:
        e, sweep = rounded(draws.of(_DISK["eccentricity"]), 3), draws.of(_DISK["sweep"])
        kept = draws.of(_DISK["kept"]) * dust
        # How far its pull reaches hangs on its mass, and its mass on how far it reaches.
        pull, mass = 0.03, 0.0
        for _ in range(3):
            a = inner * (1.0 + sweep) / ((1.0 - e) * (1.0 - pull))
            reach = a * (1.0 + e) * (1.0 + pull) / (1.0 - sweep)
            mass = _swept(inner, reach, frost, drift) * kept
            share = mass / SUNS_MASS / star["mass"]
            pull = quartic_root(share / (1.0 + share))
        if a > outer:
            break
        gas, cold = 1.0, a > frost
        if mass > draws.of(_DISK["core"]) * (1.0 if cold else 1.6):
            gas = rounded(draws.of(_DISK["gas"]), 2)
            share = mass * gas / SUNS_MASS / star["mass"]
            pull = quartic_root(share / (1.0 + share))
            reach = max(reach, a * (1.0 + e) * (1.0 + pull) / (1.0 - sweep))
        mass = _significant(min(mass * gas, _HEAVIEST))
        planets.append({"a_au": rounded(a, 4), "e": e, "mass": mass, "gas": gas, "cold": cold})
        if draws.uniform() < (0.35 if a < frost < 2.2 * reach else 0.06):
            wide = reach * draws.of(_DISK["belt_gap"])
            if wide < outer:
                belts.append({"inner_au": rounded(reach * 1.05, 3), "outer_au": rounded(wide * 0.92, 3)})
            inner = wide
        else:
            inner = reach * draws.of(_DISK["gap"])
    return _wandered(draws, planets), belts


def _wandered(draws: Draws, planets: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """With one of the giants, at times, close to the star, where what was within its orbit is gone."""
    chance, place = draws.uniform(), draws.between(0.035, 0.09)
    giants = [i for i, one in enumerate(planets) if one["mass"] >= 50.0 and one["gas"] > 1.0]
    if not giants or chance > _HOT:
        return planets
    hot = {**planets[giants[0]], "a_au": rounded(place, 4), "e": 0.01, "cold": False}
    return [hot, *planets[giants[0] + 1 :]]


def _swept(inner: float, outer: float, frost: float, drift: float) -> float:
    """Dust between two distances, of the disk of a sun with as much as ours had, in masses of the earth."""

    def within(distance: float) -> float:
        root = math.sqrt(distance)
        edge = math.sqrt(frost)
        return drift * root if distance <= frost else drift * edge + _ICE * (root - edge)

    return _DUST * (within(outer) - within(inner))


def _planet(
    draws: Draws,
    number: int,
    found: dict[str, Any],
    address: str,
    system: str,
    star: dict[str, Any],
    zones: dict[str, Any],
) -> dict[str, Any]:
    a_au, mass = found["a_au"], found["mass"]
    insolation = star["luminosity"] / (a_au * a_au)
    orbit = planets_orbit(draws, a_au, found["e"], star["mass"])
    body = body_of(draws, mass, found["gas"], insolation, found["cold"])
    locked = a_au < _LOCKED_AU * lookup(_PLANET["cube_root"], star["mass"])
    day = draws.of(_PLANET["giant_day_h" if found["gas"] > 1.0 else "day_h"])
    tilt = draws.of(_PLANET["tilt_deg"])
    name = f"{system} {roman(number)}"
    planet = {
        "address": f"{address}/{number}",
        "name": name,
        **body,
        "zone": _zone(a_au, zones),
        "orbit": orbit,
        "locked": locked,
        "day_h": rounded(24.0 * orbit["period_d"], 2) if locked else rounded(day, 2),
        "tilt_deg": 0.0 if locked else rounded(tilt, 1),
        "rings": _rings(draws, body),
    }
    hill = a_au * AU_KM * (1.0 - found["e"]) * lookup(_PLANET["cube_root"], mass / (3.0 * SUNS_MASS * star["mass"]))
    return planet | {"moons": _moons(draws, planet, hill, insolation, found)}


def _rings(draws: Draws, body: dict[str, Any]) -> dict[str, float] | None:
    """Within the limit at which a moon breaks, or none."""
    chance, inner, outer, opacity = (draws.uniform() for _ in range(4))
    if chance > (0.5 if body["mass_earth"] >= _RING_MASS else 0.015):
        return None
    inner = rounded(1.15 + 0.35 * inner, 3)
    return {
        "inner_km": rounded(inner * body["radius_km"], 0),
        "outer_km": rounded((inner + 0.2 + (2.2 - inner - 0.2) * outer) * body["radius_km"], 0),
        "opacity": rounded(0.1 + 0.8 * opacity * opacity, 2),
    }


def _moons(
    draws: Draws, planet: dict[str, Any], hill: float, insolation: float, found: dict[str, Any]
) -> list[dict[str, Any]]:
    """From the planet outwards, each beyond where it would break and well within the planet's reach."""
    giant = found["gas"] > 1.0 and planet["mass_earth"] >= _RING_MASS
    chance = draws.uniform()
    count = int(1.0 + 4.999 * chance) if giant else 1 if chance < 0.3 else 2 if chance < 0.36 else 0
    a_km, moons = _ROCHE * planet["radius_km"], []
    for index in range(count):
        a_km *= draws.between(1.5, 2.6) if giant else draws.between(3.0, 14.0)
        a_km = rounded(a_km, 0)
        share = draws.uniform()
        mass = _significant(planet["mass_earth"] * (0.0001 if giant else 0.012) * share * share * share)
        if a_km > hill / 3.0 or mass < 1e-5:
            break
        orbit = moons_orbit(draws, a_km, rounded(0.02 * draws.uniform(), 3), planet["mass_earth"])
        body = body_of(draws, mass, 1.0, insolation, found["cold"])
        if body["class"] in ("rock", "dwarf", "ice"):  # moons of these have looks of their own
            body["kind"] = draws.choice(RULES["kinds"]["ice moon" if found["cold"] else "rock moon"])
        moons.append(
            {
                "address": f"{planet['address']}/{index + 1}",
                "name": f"{planet['name']} {'abcdef'[index]}",
                **body,
                "orbit": orbit,
                "locked": True,
                "day_h": rounded(24.0 * orbit["period_d"], 2),
                "tilt_deg": 0.0,
            }
        )
    return moons


def _zone(a_au: float, zones: dict[str, Any]) -> str:
    inner, outer = zones["habitable_au"]
    if a_au < inner:
        return "hot"
    if a_au <= outer:
        return "habitable"
    return "cold" if a_au <= zones["frost_au"] else "ice"


def _significant(mass: float) -> float:
    """With about four digits, by steps of ten, which every language takes alike."""
    for digits in range(3, 10):
        if mass * 10.0 ** (digits - 3) >= 1.0:
            return rounded(mass, digits)
    return rounded(mass, 10)
