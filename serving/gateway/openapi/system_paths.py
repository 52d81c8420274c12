"""The route of `/v1/systems`, as OpenAPI describes it."""

from __future__ import annotations

from typing import Any

from serving.gateway.openapi.operations import describe, not_modified
from serving.gateway.openapi.parts import SEED_IN_PATH, Part, headers, number, record, reference, told
from serving.gateway.routes.systems import LONGEST, PARAMETERS, with_links
from serving.systems.system import system_of

STAR = record(
    **{"class": {"type": "string", "description": "Of spectrum and luminosity, such as `G2V`."}},
    temperature_k=number(),
    color={"type": "string", "pattern": "^#[0-9a-f]{6}$"},
    mass=number("The sun's is 1."),
    radius=number("The sun's is 1."),
    luminosity=number("The sun's is 1."),
    age_gyr=number("In billions of years."),
)
RINGS = record(inner_km=number(), outer_km=number(), opacity=number())
_ORBIT = {
    "e": number("Eccentricity."),
    "i_deg": number("Inclination against the system's plane."),
    "node_deg": number("Longitude of the ascending node."),
    "peri_deg": number("Argument of the periapsis."),
    "m0_deg": number("Mean anomaly at the epoch."),
    "period_d": number("Period in days of 86,400 s."),
}
PLANETS_ORBIT = record(a_au=number("Semi-major axis in astronomical units."), **_ORBIT)
MOONS_ORBIT = record(a_km=number("Semi-major axis."), **_ORBIT)


def system_paths() -> dict[str, Part]:
    """What the path answers to."""
    content = {"application/json": {"schema": reference("System"), "example": _example()}}
    answer = {"description": "It.", "headers": headers("ETag", "Cache-Control"), "content": content}
    return {
        "/v1/systems/{seed}.json": {
            "get": describe(
                "system",
                "Star systems",
                "The star system at an address",
                "Star, zones, belts, and planets and moons on their orbits, with links to their pictures and maps. No "
                "model draws it: the same address gives the same system for ever, in any language "
                "(`docs/systems.md`).",
                [{**SEED_IN_PATH, "schema": {**SEED_IN_PATH["schema"], "maxLength": LONGEST}}, *told(*PARAMETERS)],
                {"200": answer, "304": not_modified()},
                (404, 422),
            )
        }
    }


def system_schema() -> Part:
    """A system, in the words of its JSON."""
    body = {
        "address": {"type": "string", "description": "`/v1/worlds` and `/v1/planets` draw it."},
        "name": {"type": "string"},
        "kind": {"type": "string", "description": "What to ask for as `kind`, so that it looks as it is."},
        "class": {"type": "string"},
        "radius_km": number(),
        "mass_earth": number("The earth's is 1."),
        "gravity_g": number("At its surface; the earth's is 1."),
        "temperature_k": number("Of its surface, on average."),
        "atmosphere": {"type": "string"},
        "clouds": number("Share of the surface under them."),
        "locked": {"type": "boolean", "description": "Whether it always turns the same side to what it goes around."},
        "day_h": number("A turn around its axis, in hours."),
        "tilt_deg": number("Of its axis."),
        "links": {"type": "object", "additionalProperties": {"type": "string"}},
    }
    moon = record(**body, orbit=MOONS_ORBIT)
    planet = record(
        **body,
        orbit=PLANETS_ORBIT,
        zone={"type": "string", "enum": ["hot", "habitable", "cold", "ice"]},
        rings={**RINGS, "type": ["object", "null"]},
        moons={"type": "array", "items": moon},
    )
    return record(
        address={"type": "string"},
        seed={"type": "string", "pattern": "^[0-9]+$"},
        rules={"const": 1},
        name={"type": "string"},
        epoch=number("Time in days at which bodies stand at `m0_deg`."),
        star=STAR,
        zones=record(habitable_au={"type": "array", "items": number()}, frost_au=number()),
        belts={"type": "array", "items": record(inner_au=number(), outer_au=number())},
        planets={"type": "array", "items": planet},
    )


def _example() -> dict[str, Any]:
    system = with_links(system_of(42, "42"), {})
    return {**system, "planets": system["planets"][:2]}
