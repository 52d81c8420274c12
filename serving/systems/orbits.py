"""Orbits: Kepler's elements, and periods by his third law."""

from __future__ import annotations

import math
from typing import Any

from serving.systems.draws import Draws, rounded
from serving.systems.rules import RULES

_DISK = RULES["disk"]
_YEAR = 365.25  # days
_GM_EARTH = 398600.4418  # km³/s²
_DAY = 86400.0  # s
_TWO_PI = 6.283185307179586


def planets_orbit(draws: Draws, a_au: float, e: float, star_mass: float) -> dict[str, Any]:
    """Of a planet: semi-major axis in au, eccentricity, angles in degrees at the epoch, and period in days."""
    return {
        "a_au": a_au,
        "e": e,
        **_angles(draws),
        "period_d": rounded(_YEAR * math.sqrt(a_au * a_au * a_au / star_mass), 3),
    }


def moons_orbit(draws: Draws, a_km: float, e: float, planet_mass: float) -> dict[str, Any]:
    """Of a moon: as of a planet, but in km, and of a planet's mass, the earth's being 1."""
    seconds = _TWO_PI * math.sqrt(a_km * a_km * a_km / (_GM_EARTH * planet_mass))
    return {"a_km": a_km, "e": e, **_angles(draws), "period_d": rounded(seconds / _DAY, 4)}


def _angles(draws: Draws) -> dict[str, float]:
    angles = {"i_deg": rounded(draws.of(_DISK["inclination_deg"]), 2)}
    return angles | {name: rounded(359.9 * draws.uniform(), 1) for name in ("node_deg", "peri_deg", "m0_deg")}
