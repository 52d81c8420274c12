"""What a body is, by its mass, its place and its air: class, kind, radius, temperature, day, clouds."""

from __future__ import annotations

import math
from typing import Any

from serving.systems.draws import Draws, lookup, quartic_root, rounded
from serving.systems.rules import RULES

_PLANET = RULES["planet"]
_EARTHS_RADIUS = 6371.0  # km
_BLACK_AT_ONE_AU = 278.5  # K, of a black ball that the sun shines on
_ESCAPE = 11.186  # km/s, of the earth
_THERMAL = 0.158  # km/s, root mean square of hydrogen atoms at 1 K
_KEPT = 6.0  # times that speed must a gas escape at to be kept for billions of years: Dole 1970, "Habitable Planets"
_EXOSPHERE = 5.0  # times as hot as the ground: the earth's
_MOLECULES = {"n2": 28.0, "co2": 44.0}
_LAVA = 1100.0  # K
_RUNAWAY = 320.0  # K, of a black ball with air: more, and its water is gone
_FREEZING, _BOILING = 273.0, 330.0  # K
_DWARF = 0.003  # of the earth's mass: too light to be round and grown


def body_of(draws: Draws, mass: float, gas: float, insolation: float, cold: bool) -> dict[str, Any]:
    """A body's own properties.

    Args:
        draws: Of its system.
        mass: Of the earth's, gas and all.
        gas: What times its core its mass is.
        insolation: Light that falls on it, the earth's being 1.
        cold: Whether it is made beyond the frost line, of ice.
    """
    black = _BLACK_AT_ONE_AU * quartic_root(insolation)
    giant = gas > 1.0
    radius = _radius(draws, mass, gas, cold)
    air = "h2-he" if giant else _air(draws, mass, radius, black, cold)
    kind_of_body = _class(mass, gas, black, air, cold)
    low, high = _PLANET["greenhouse_k"][air]
    warmed = black * quartic_root(1.0 - _PLANET["albedo"][kind_of_body]) + draws.between(low, high)
    temperature = rounded(warmed, 0)
    if kind_of_body == "ocean":  # by what its ground is like under its air
        if temperature < _FREEZING:
            kind_of_body = "tundra"
        elif temperature > _BOILING:
            kind_of_body = "desert"
        elif draws.uniform() < 0.5:
            kind_of_body = "terran"
    low, high = _PLANET["clouds"][air]
    return {
        "kind": draws.choice(RULES["kinds"][kind_of_body]),
        "class": kind_of_body,
        "radius_km": rounded(_EARTHS_RADIUS * radius, 0),
        "mass_earth": mass,
        "gravity_g": rounded(mass / (radius * radius), 3),
        "temperature_k": temperature,
        "atmosphere": air,
        "clouds": rounded(draws.between(low, high), 2),
    }


def _radius(draws: Draws, mass: float, gas: float, cold: bool) -> float:
    """Of the earth's."""
    if gas > 1.0:
        radius = lookup(_PLANET["gas_radius"], mass)
    else:
        radius = lookup(_PLANET["rock_radius"], mass) * (1.22 if cold else 1.0)
    return rounded(radius * draws.between(0.96, 1.04), 4)


def _air(draws: Draws, mass: float, radius: float, black: float, cold: bool) -> str:
    """What gases a body keeps: those whose molecules are too slow to leave it."""
    escape = _ESCAPE * math.sqrt(mass / radius)

    def keeps(gas: str) -> bool:
        return escape > _KEPT * _THERMAL * math.sqrt(_EXOSPHERE * black / _MOLECULES[gas])

    if black > _LAVA:
        return "rock vapor" if keeps("co2") else "none"
    if keeps("n2"):
        if black > _RUNAWAY:
            return "co2"
        if cold or black < 150.0:
            return "thin n2"
        return "n2-o2" if draws.uniform() < 0.5 else "n2-co2"
    return "thin co2" if keeps("co2") and not cold else "none"


def _class(mass: float, gas: float, black: float, air: str, cold: bool) -> str:
    if gas > 1.0:
        return "gas giant" if mass >= 50.0 else "ice giant" if mass >= 10.0 else "gas dwarf"
    if black > _LAVA:
        return "lava"
    if mass < _DWARF:
        return "dwarf"
    if air == "co2":
        return "venusian"
    if air in ("n2-o2", "n2-co2"):
        return "ocean"
    if cold:
        return "ice"
    return "desert" if air != "none" else "rock"
