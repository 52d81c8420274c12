"""The routes of `/v1/worlds`, as OpenAPI describes them."""

from __future__ import annotations

from collections.abc import Sequence

from serving.gateway.asked.options import OF_MODEL, OF_SURFACE
from serving.gateway.asked.parameters import Parameter
from serving.gateway.openapi.facts_paths import facts_path
from serving.gateway.openapi.operations import FILE_HEADERS, describe, file_answer, not_modified
from serving.gateway.openapi.parts import SEED_IN_PATH, Part, ending, headers, reference, told
from serving.gateway.pictures.animations import MEDIA_TYPES as ANIMATIONS
from serving.gateway.routes.assets import CUBE_PARAMETERS, EXR_PARAMETERS, GLB_PARAMETERS, PACK_PARAMETERS
from serving.gateway.routes.maps import MAP_PARAMETERS, NORMAL_PARAMETERS
from serving.gateway.routes.worlds import FORMATS, PARAMETERS, SPIN_PARAMETERS

_TAG = "Worlds"


def world_paths() -> dict[str, Part]:
    """What each path answers to."""
    return {
        "/v1/worlds/{seed}.{format}": {"get": _world()},
        "/v1/worlds/{seed}/map.png": {
            "get": _map("map", "A world's colors", "Equirectangular, seamless, unlit.", MAP_PARAMETERS)
        },
        "/v1/worlds/{seed}/normal.png": {
            "get": _map(
                "normal",
                "A world's normal map",
                "In tangent space: red east, green north, blue out.",
                NORMAL_PARAMETERS,
            )
        },
        "/v1/worlds/{seed}/roughness.png": {
            "get": _map("roughness", "How rough a world is", "Green, by its colors: seas shine, ice a little.")
        },
        "/v1/worlds/{seed}/emissive.png": {
            "get": _map("emissive", "A world's own light", "Of suns and lava; black for all others.")
        },
        "/v1/worlds/{seed}/clouds.png": {
            "get": _map(
                "clouds",
                "A world's clouds",
                "With alpha, by rule, for a shell above `map.png?clouds=0`; clear of kinds that have none.",
            )
        },
        "/v1/worlds/{seed}.glb": {
            "get": _asset(
                "glb",
                "A world as a glTF file",
                "A sphere of radius 1, or an ellipsoid, with tangents and textures of colors, normals, roughness and, "
                "for suns, light, and a shell of clouds. Longitude 0 looks along +z, north along +y.",
                "model/gltf-binary",
                GLB_PARAMETERS,
            )
        },
        "/v1/worlds/{seed}/cube.zip": {
            "get": _asset(
                "cube",
                "A world as cube maps",
                "Six faces each of colors, normals, roughness and clouds, as an engine wants them, with a text.",
                "application/zip",
                CUBE_PARAMETERS,
            )
        },
        "/v1/worlds/{seed}/engine.zip": {
            "get": _asset(
                "pack",
                "A world for an engine",
                "Textures named, turned and packed as it wants them, a mesh (`.glb`; `.obj` for Unity), heights, the "
                "world as data, and a short text.",
                "application/zip",
                PACK_PARAMETERS,
            )
        },
        "/v1/worlds/{seed}/height.png": {
            "get": _map(
                "height",
                "A world's heights",
                "16-bit gray; its text `heights` tells the lowest and the highest, in radii. Of models whose card's "
                "`world` has `heights`.",
            )
        },
        "/v1/worlds/{seed}/height.exr": {
            "get": _asset(
                "heights",
                "A world's heights in meters",
                "OpenEXR, one channel `Y` of float32; 0 is the unit sphere.",
                "image/x-exr",
                EXR_PARAMETERS,
            )
        },
        "/v1/worlds/{seed}.json": {"get": facts_path()},
        "/v1/worlds/{seed}/spin.{format}": {"get": _spin()},
        "/v1/worlds/{seed}/shader.json": {"get": _shader()},
        "/v1/worlds/{seed}/field.bin": {"get": _field()},
        "/v1/worlds/network.bin": {"get": _shared("network", "weights", "Float32: the block `Network`.")},
        "/v1/worlds/details.bin": {"get": _shared("details", "details", "Bytes: the texture `details`, RGBA8.")},
    }


def _world() -> Part:
    return describe(
        "world",
        _TAG,
        "A world from any side",
        "The same seed, model and version give the same world for ever. The picture of an address that itself ends in "
        "`/map`, `/normal` or `/height` comes as WebP only, that of one that ends in `/spin` as PNG.",
        [SEED_IN_PATH, ending(*FORMATS), *told(*PARAMETERS)],
        file_answer("The picture.", ("image/png", "image/webp"), "X-Planet-Seed", "X-Planet-Kind"),
        (400, 404, 422),
    )


def _map(name: str, summary: str, description: str, parameters: Sequence[Parameter] = OF_SURFACE) -> Part:
    return describe(
        name,
        _TAG,
        summary,
        description,
        [SEED_IN_PATH, *told(*parameters)],
        file_answer("The map.", ("image/png",), "X-Planet-Seed", "X-Planet-Kind"),
        (400, 404, 422),
    )


def _asset(name: str, summary: str, description: str, media_type: str, parameters: Sequence[Parameter]) -> Part:
    return describe(
        name,
        _TAG,
        summary,
        f"{description} Of models whose card's `world` has `heights`.",
        [SEED_IN_PATH, *told(*parameters)],
        file_answer("The file.", (media_type,), "X-Planet-Seed", "X-Planet-Kind"),
        (400, 404, 422),
    )


def _spin() -> Part:
    return describe(
        "spin",
        _TAG,
        "A full turn",
        "Loops without a seam; transparent as WebP, on black as GIF, unless told otherwise.",
        [SEED_IN_PATH, ending(*ANIMATIONS), *told(*SPIN_PARAMETERS)],
        file_answer("The animation.", tuple(ANIMATIONS.values()), "X-Planet-Seed", "X-Planet-Kind"),
        (400, 404, 422),
    )


def _shader() -> Part:
    example = {
        "seed": "8160281103166166543",
        "address": "orion/7/3",
        "kind": {"earth": 1.0},
        "model": "world_v2",
        "version": 1,
        "radius": 0.9,
        "steepest": 0.4,
        "axes": [1.0, 0.97, 1.0],
        "ambient": 0.1,
        "limb": 0.6,
        "shine": 0.05,
        "rim": [0.4, 0.6, 1.0],
        "haze": 0.3,
        "relief": 0.1,
        "numbers": [0.25, -0.5, 0.125, 0.0],
        "network": "/v1/worlds/network.bin?model=world_v2&version=13",
        "field": {
            "url": "/v1/worlds/8160281103166166543/field.bin?model=world_v2&version=13&kind=earth%3A1",
            "width": 264,
            "height": 396,
        },
        "details": {"url": "/v1/worlds/details.bin?model=world_v2&version=13", "width": 388, "height": 1164},
        "glsl": "void surface(vec3 point, float footprint, out vec3 albedo, out float height) { }",
    }
    content = {"application/json": {"schema": reference("Shader"), "example": example}}
    answer = {"description": "It.", "headers": headers(*FILE_HEADERS, "X-Planet-Seed", "X-Planet-Kind")}
    return describe(
        "shader",
        _TAG,
        "A world as a shader",
        "Its form, its light, and its surface as a function in GLSL for WebGL 2 with the numbers that it reads: "
        "a world at any zoom, drawn by the player's own hardware. `docs/worlds.md` shows how.",
        [SEED_IN_PATH, *told(*OF_SURFACE)],
        {"200": {**answer, "content": content}, "304": not_modified()},
        (400, 404, 422),
    )


def _field() -> Part:
    return describe(
        "field",
        _TAG,
        "A world's field, which a shader reads",
        "Float16, little-endian: the texture `field`, RGBA16F, whose width and height `shader.json` tells.",
        [SEED_IN_PATH, *told(*OF_SURFACE)],
        file_answer("The numbers.", ("application/octet-stream",), "X-Planet-Seed", "X-Planet-Kind"),
        (400, 404, 422),
    )


def _shared(name: str, what: str, form: str) -> Part:
    return describe(
        name,
        _TAG,
        f"The {what} that a shader reads",
        f"The same for all worlds of a model. {form}",
        told(*OF_MODEL),
        file_answer("The numbers.", ("application/octet-stream",)),
        (404, 422),
    )
