"""A star of the main sequence."""

from __future__ import annotations

import math
from typing import Any

from serving.systems.draws import Draws, lookup, rounded
from serving.systems.rules import RULES

_STAR = RULES["star"]
_INNER_HABITABLE, _OUTER_HABITABLE = 0.95, 1.67  # au, of the sun: Kopparapu 2013, ApJ 765:131
_FROST = 2.7  # au, of the sun: Hayashi 1981
_OLDEST = 12.0  # Gyr
_SUNS_LIFE = 10.0  # Gyr


def star_of(draws: Draws) -> dict[str, Any]:
    """Class, temperature in K, color, and mass, radius and luminosity of the sun's, and age in Gyr.

    Its place on the main sequence is drawn; temperature, mass and the like stand in the tables for it, rounded after
    Pecaut & Mamajek 2013 (ApJS 208:9). Bright stars are drawn more often than they are in the sun's neighborhood.
    """
    place = int(draws.of(_STAR["census"]))  # B5 is 15, G2 42
    mass = rounded(lookup(_STAR["mass"], place), 3)
    luminosity = rounded(lookup(_STAR["luminosity"], place), 5)
    oldest = min(_OLDEST, 0.9 * _SUNS_LIFE * mass / luminosity)
    temperature = rounded(lookup(_STAR["temperature_k"], place), 0)
    return {
        "class": f"{_STAR['letters'][place // 10]}{place % 10}V",
        "temperature_k": temperature,
        "color": color_of(temperature),
        "mass": mass,
        "radius": rounded(lookup(_STAR["radius"], place), 3),
        "luminosity": luminosity,
        "age_gyr": max(rounded(oldest * draws.uniform(), 2), 0.01),
    }


def zones_of(star: dict[str, Any]) -> dict[str, Any]:
    """Where water is liquid and from where on it is ice, in au."""
    reach = math.sqrt(star["luminosity"])
    return {
        "habitable_au": [rounded(_INNER_HABITABLE * reach, 4), rounded(_OUTER_HABITABLE * reach, 4)],
        "frost_au": rounded(_FROST * reach, 4),
    }


def color_of(temperature: float) -> str:
    """sRGB of a black body, as `#rrggbb`, the strongest channel 255."""
    channels = [lookup([(row[0], row[i]) for row in _STAR["color"]], temperature) for i in (1, 2, 3)]
    return "#" + "".join(f"{int(rounded(one, 0)):02x}" for one in channels)
