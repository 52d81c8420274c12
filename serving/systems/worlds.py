"""What a world is apart from its looks: its size, day, air, rings and light, told as of the body of a star system.

A world whose address is that of a body of a system, and whose kind is the body's, is that body. Any other is told as if
it were one: the first of its class in the systems at `{address}/like/0`, `…/1`, …; so that one set of rules tells all.
"""

from __future__ import annotations

import dataclasses
import itertools
import math
from collections.abc import Iterator, Mapping
from typing import Any

from serving.latents import is_address, parse_seed
from serving.systems.atmospheres import air_of
from serving.systems.rings import profile_of
from serving.systems.rules import RULES
from serving.systems.system import AU_KM, SUNS_MASS, system_of

STAR_KIND = "sun"  # whose worlds are stars

_NEAR = 1e-3  # shares of kinds that differ less are the same
_GIANT_KIND, _GIANTS = "jupiter", ("gas giant", "ice giant")
_UNLIKE = ("gas dwarf", "rock moon", "ice moon")  # of which no world is told that is no body of a system
_SUNS_RADIUS = 695700.0  # km
_EARTHS_RADIUS = 6371.0  # km
_SUNS_DAY, _SUNS_AGE = 609.0, 4.6  # h, Gyr
_SUNLIGHT = 133000.0  # lux, of the sun above the earth's air

Kind = Mapping[str, float]


@dataclasses.dataclass(frozen=True)
class _Body:
    """A body of a system.

    Attributes:
        system: All of it.
        planet: It, or the planet that it is a moon of; None if it is the star.
        told: It, in the words of the system.
    """

    system: Mapping[str, Any]
    planet: Mapping[str, Any] | None
    told: Mapping[str, Any]


def world_of(text: str, kind: Kind, system: str | None = None) -> dict[str, Any]:
    """Facts about a world, as docs/worlds.md tells them.

    Args:
        text: Its seed, in digits, or its address.
        kind: Shares by kind's name, summing to 1; empty of a world that may be of any.
        system: Address of the star system that it is a body of; found by its own if None.

    Raises:
        ValueError: It is no body of that system.
    """
    body = _own(text, kind, system)
    if body is None and system is not None:
        raise ValueError(f"The star system {system!r} has no body at the address {text!r}.")
    own = body is not None
    body = body or _like(text, kind)
    told, star = body.told, body.system["star"]
    names = ("name", "class", "radius_km", "mass_earth", "gravity_g", "temperature_k", "day_h", "tilt_deg", "locked")
    rings = told.get("rings")
    return {
        "rules": RULES["rules"],
        "system": body.system["address"] if own else None,
        **{name: told[name] for name in names},
        "atmosphere": air_of(told),
        "clouds": told["clouds"],
        "rings": None if rings is None else {**rings, "profile": profile_of(told["address"], rings["opacity"])},
        "orbit": told["orbit"],
        "star": star,
        "light": None if body.planet is None else _light(star, body.planet["orbit"]["a_au"]),
    }


def _own(text: str, kind: Kind, system: str | None) -> _Body | None:
    """The body at an address, of a kind unless its system is named."""
    if system is None and is_star(kind):
        return _star(_system(text))
    steps = text.split("/") if is_address(text) else []
    for count in (2, 1):  # a moon before a planet of a planet's system
        head = "/".join(steps[:-count])
        if not all(map(str.isdecimal, steps[-count:])) or system not in (None, head):
            continue
        try:
            found = _system(head)
        except ValueError:  # no seed, such as nothing, or a number beyond all seeds
            continue
        for body in _bodies(found):
            named = body.told["address"] == text
            if named and (system is not None or not kind or _distance(kind, mix_of(body.told["kind"])) < _NEAR):
                return body
    return None


def _system(text: str) -> dict[str, Any]:
    seed = parse_seed(text)
    return system_of(seed, text if is_address(text) else str(seed))


def _like(text: str, kind: Kind) -> _Body:
    """A body of the class that looks most like a kind."""
    classes = _GIANTS if kind.get(_GIANT_KIND, 0.0) >= 0.5 else [name for name in RULES["kinds"] if name not in _UNLIKE]
    looks = [(name, mix) for name in classes for mix in RULES["kinds"][name]]
    nearest = min(looks, key=lambda look: _distance(kind, mix_of(look[1])))[0]
    for number in itertools.count():
        address = f"{text}/like/{number}"[-_LONGEST:]
        for body in _bodies(_system(address)):
            if not kind or body.told["class"] == nearest:
                return body
    raise AssertionError


_LONGEST = 256 - len("/99/9")


def is_star(kind: Kind) -> bool:
    """Whether a world of a kind is more like a star than like any planet."""
    return kind.get(STAR_KIND, 0.0) > 0.75


def mix_of(text: str) -> dict[str, float]:
    """Shares by kind's name, of how the rules write a mix."""
    parts = (part.partition(":") for part in text.split(","))
    return {name: float(share or 1.0) for name, _, share in parts}


def _distance(kind: Kind, other: Kind) -> float:
    return sum(abs(kind.get(name, 0.0) - other.get(name, 0.0)) for name in {*kind, *other})


def _bodies(system: Mapping[str, Any]) -> Iterator[_Body]:
    """Planets, then moons."""
    for planet in system["planets"]:
        yield _Body(system, planet, planet)
    for planet in system["planets"]:
        for moon in planet["moons"]:
            yield _Body(system, planet, moon)


def _star(system: Mapping[str, Any]) -> _Body:
    """The star as a body; old stars turn slowly: Skumanich 1972 (ApJ 171:565)."""
    star = system["star"]
    mass, radius = star["mass"] * SUNS_MASS, star["radius"] * _SUNS_RADIUS
    told = {
        "name": system["name"],
        "class": star["class"],
        "radius_km": float(round(radius)),
        "mass_earth": float(round(mass)),
        "gravity_g": round(mass / (radius / _EARTHS_RADIUS) ** 2, 2),
        "temperature_k": star["temperature_k"],
        "day_h": round(_SUNS_DAY * math.sqrt(star["age_gyr"] / _SUNS_AGE), 1),
        "tilt_deg": 0.0,
        "locked": False,
        "atmosphere": "none",
        "clouds": 0.0,
        "orbit": None,
    }
    return _Body(system, None, told)


def _light(star: Mapping[str, Any], distance_au: float) -> dict[str, Any]:
    """The star's, where the world is."""
    insolation = star["luminosity"] / distance_au**2
    diameter = 2.0 * math.degrees(math.asin(star["radius"] * _SUNS_RADIUS / (distance_au * AU_KM)))
    return {
        "insolation": float(f"{insolation:.4g}"),
        "illuminance_lux": float(f"{_SUNLIGHT * insolation:.4g}"),
        "color": star["color"],
        "temperature_k": star["temperature_k"],
        "angular_diameter_deg": float(f"{diameter:.4g}"),
    }
