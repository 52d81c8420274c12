"""A world as data, as OpenAPI describes it."""

from __future__ import annotations

from typing import Any

from serving.gateway.openapi.operations import FILE_HEADERS, describe, not_modified
from serving.gateway.openapi.parts import SEED_IN_PATH, Part, headers, integer, number, record, reference, text, told
from serving.gateway.openapi.system_paths import MOONS_ORBIT, PLANETS_ORBIT, RINGS, STAR
from serving.gateway.routes.facts import PARAMETERS
from serving.gateway.routes.systems import links_of
from serving.systems.worlds import world_of


def facts_path() -> Part:
    """What `GET /v1/worlds/{seed}.json` answers."""
    content = {"application/json": {"schema": reference("World"), "example": _example()}}
    answer = {"description": "It.", "headers": headers(*FILE_HEADERS, "X-Planet-Seed", "X-Planet-Kind")}
    return describe(
        "facts",
        "Worlds",
        "A world as data",
        "Size, day, relief in meters, atmosphere as engines take it, rings, star and light: those of the star system's "
        "body at the address if the kind is that body's, else of one like it (`docs/worlds.md`). Of models whose "
        "card's `world` has `heights`.",
        [SEED_IN_PATH, *told(*PARAMETERS)],
        {"200": {**answer, "content": content}, "304": not_modified()},
        (400, 404, 422),
    )


def facts_schema() -> Part:
    """Its JSON."""
    colors = {"type": "array", "items": {"type": "number"}, "minItems": 3, "maxItems": 3}
    by_engine = {"type": "object", "additionalProperties": {"type": ["number", "array"]}}
    atmosphere = record(
        gases=text(),
        color={"type": "string", "pattern": "^#[0-9a-f]{6}$", "description": "Of the light that it scatters, sRGB."},
        height_km=number("Above it, less than a thousandth is left."),
        scale_height_km=number("Over which the air's density falls to 1/e."),
        pressure_bar=number("Where the map's surface is."),
        density_kg_m3=number("There."),
        opacity={**colors, "description": "Of red, green and blue, from the ground to the zenith, 0..1."},
        three={**by_engine, "description": "Uniforms of `Sky`."},
        godot={**by_engine, "description": "Properties of `PhysicalSkyMaterial`."},
        unity={**by_engine, "description": "Properties of HDRP's `PhysicallyBasedSky`."},
        unreal={**by_engine, "description": "Properties of `SkyAtmosphereComponent`."},
    )
    profile = {"type": "array", "items": {"type": "number", "minimum": 0, "maximum": 1}}
    rings = record(**RINGS["properties"], profile={**profile, "description": "Opacities from the inner edge out."})
    light = record(
        insolation=number("The earth's is 1."),
        illuminance_lux=number("Above the air, at noon."),
        color={"type": "string", "pattern": "^#[0-9a-f]{6}$"},
        temperature_k=number(),
        angular_diameter_deg=number("Of the star in the sky."),
    )
    relief = record(
        lowest_m=number("Gray 0 of `height.png`; 0 m is the unit sphere times `radius_km`."),
        highest_m=number("Gray 65535."),
        exaggeration={**number("Divide by it for relief that rock bears."), "type": ["number", "null"]},
    )
    return record(
        seed={"type": "string", "pattern": "^[0-9]+$"},
        address={"type": ["string", "null"]},
        kind={"type": ["object", "null"], "additionalProperties": {"type": "number"}},
        model=text(),
        version=integer(1, 2**63 - 1),
        license={"type": ["string", "null"], "description": "Of what the model draws."},
        rules={"const": 1, "description": "By which it is told; they don't change."},
        system={"type": ["string", "null"], "description": "Address of the star system that it is a body of."},
        name=text(),
        **{"class": text()},
        radius_km=number("Of the longest half axis: what 1 is in meshes."),
        mass_earth=number("The earth's is 1."),
        gravity_g=number("The earth's is 1."),
        temperature_k=number(),
        day_h=number("A turn around its axis, in hours."),
        tilt_deg=number("Of its axis."),
        locked={"type": "boolean"},
        atmosphere={**atmosphere, "type": ["object", "null"]},
        clouds=number("Share of the surface under them."),
        rings={**rings, "type": ["object", "null"]},
        orbit={"anyOf": [PLANETS_ORBIT, MOONS_ORBIT, {"type": "null"}]},
        star=STAR,
        light={**light, "type": ["object", "null"], "description": "The star's, where the world is; none of a star."},
        axes={**colors, "description": "Half axes towards x, y (north) and z, the longest 1."},
        relief=relief,
        emissive_strength=number("Times white, of `emissive.png`; 0 where nothing glows."),
        links={"type": "object", "additionalProperties": {"type": "string"}},
    )


def _example() -> dict[str, Any]:
    kind, drawn_by = {"earth": 1.0}, {"model": "world_v2", "version": 13}
    return {
        "seed": "8160281103166166543",
        "address": "orion/7/3",
        "kind": kind,
        **drawn_by,
        "license": "CC0-1.0",
        **world_of("orion/7/3", kind),
        "axes": [0.97, 0.98, 1.0],
        "relief": {"lowest_m": -310000.0, "highest_m": 160000.0, "exaggeration": 23.5},
        "emissive_strength": 0.0,
        "links": links_of("orion/7/3", "earth:1", drawn_by),
    }
