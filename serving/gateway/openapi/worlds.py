"""The routes of `/v1/worlds`, as OpenAPI describes them."""

from __future__ import annotations

from serving.gateway.openapi.operations import FILE_HEADERS, describe, file_answer, not_modified
from serving.gateway.openapi.parts import (
    BACKGROUND,
    KIND,
    LABEL,
    LOOK,
    MODEL,
    SEED_IN_PATH,
    TEMPERATURE,
    VERSION,
    Part,
    choice,
    ending,
    headers,
    integer,
    parameter,
    reference,
)
from serving.gateway.routes.worlds import FPS, FRAMES, SUN

_TAG = "Worlds"
_SUN_PATTERN = r"^-?[0-9]{1,4}(\.[0-9]{1,9})?,-?[0-8]?[0-9](\.[0-9]{1,9})?$"


def world_paths() -> dict[str, Part]:
    """What each path answers to."""
    return {
        "/v1/worlds/{seed}.{format}": {"get": _world()},
        "/v1/worlds/{seed}/map.png": {"get": _map("map", "A world's colors", "Equirectangular, seamless, unlit.")},
        "/v1/worlds/{seed}/normal.png": {
            "get": _map("normal", "A world's normal map", "In tangent space: red east, green north, blue out.")
        },
        "/v1/worlds/{seed}/spin.{format}": {"get": _spin()},
        "/v1/worlds/{seed}/shader.json": {"get": _shader()},
        "/v1/worlds/network.bin": {"get": _network()},
    }


def _world() -> Part:
    return describe(
        "world",
        _TAG,
        "A world from any side",
        "The same seed, model and version give the same world for ever. The picture of an address that itself ends in "
        "`/map` or `/normal` comes as WebP only, that of one that ends in `/spin` as PNG.",
        [SEED_IN_PATH, ending("png", "webp"), *_view(), *LOOK],
        file_answer("The picture.", ("image/png", "image/webp"), "X-Planet-Seed", "X-Planet-Kind"),
        (400, 404, 422),
    )


def _map(name: str, summary: str, description: str) -> Part:
    return describe(
        name,
        _TAG,
        summary,
        description,
        [SEED_IN_PATH, MODEL, VERSION, LABEL, KIND, TEMPERATURE],
        file_answer("The map.", ("image/png",), "X-Planet-Seed", "X-Planet-Kind"),
        (400, 404, 422),
    )


def _spin() -> Part:
    (fewest, usual, most), (slowest, pace, fastest) = FRAMES, FPS
    motion = [
        parameter("frames", "Of the full turn.", integer(fewest, most, default=usual), usual),
        parameter("fps", "Frames a second.", integer(slowest, fastest, default=pace), pace),
    ]
    # In WebP transparent is what one gets without asking.
    background = {**BACKGROUND, "schema": choice("black", "transparent")}
    look = [background if one is BACKGROUND else one for one in LOOK]
    return describe(
        "spin",
        _TAG,
        "A full turn",
        "Loops without a seam; transparent as WebP, on black as GIF, unless told otherwise.",
        [SEED_IN_PATH, ending("webp", "gif"), *motion, *_view(), *look],
        file_answer("The animation.", ("image/webp", "image/gif"), "X-Planet-Seed", "X-Planet-Kind"),
        (400, 404, 422),
    )


def _shader() -> Part:
    example = {
        "seed": "8160281103166166543",
        "address": "orion/7/3",
        "kind": {"earth": 1.0},
        "model": "world_v1_64",
        "version": 1,
        "radius": 0.9,
        "axes": [1.0, 0.97, 1.0],
        "ambient": 0.1,
        "limb": 0.6,
        "shine": 0.05,
        "rim": [0.4, 0.6, 1.0],
        "haze": 0.3,
        "numbers": "AAAAAA==",
        "network": "/v1/worlds/network.bin?model=world_v1_64&version=1",
        "glsl": "void surface(vec3 point, out vec3 albedo, out float height) { }",
    }
    content = {"application/json": {"schema": reference("Shader"), "example": example}}
    told = {"description": "It.", "headers": headers(*FILE_HEADERS, "X-Planet-Seed", "X-Planet-Kind")}
    return describe(
        "shader",
        _TAG,
        "A world as a shader",
        "Its form, its light, and its surface as a function in GLSL for WebGL 2 with the numbers that it reads: "
        "a world at any zoom, drawn by the player's own hardware. `docs/worlds.md` shows how.",
        [SEED_IN_PATH, MODEL, VERSION, LABEL, KIND, TEMPERATURE],
        {"200": {**told, "content": content}, "304": not_modified()},
        (400, 404, 422),
    )


def _network() -> Part:
    return describe(
        "network",
        _TAG,
        "The weights that a shader reads",
        "The same for all worlds of a model: float32, little-endian, of the texture `network`.",
        [MODEL, VERSION, LABEL],
        file_answer("The numbers.", ("application/octet-stream",)),
        (404, 422),
    )


def _view() -> list[Part]:
    around = {"type": "number", "minimum": -36000, "maximum": 36000, "default": 0}
    height = {"type": "number", "minimum": -90, "maximum": 90, "default": 0}
    sun = {"type": "string", "pattern": _SUN_PATTERN, "default": SUN}
    return [
        parameter("lon", "Longitude in the middle, degrees east; it may go round more than once.", around, 30),
        parameter("lat", "Latitude in the middle, degrees.", height, 15),
        parameter("roll", "By how much the picture is turned counterclockwise, degrees.", around, 10),
        parameter("sun", "Azimuth (0 behind the viewer, 90 at the right) and elevation, degrees.", sun, "60,10"),
    ]
