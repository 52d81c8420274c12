"""The gateway's routes, as OpenAPI describes them."""

from __future__ import annotations

from typing import Any

from serving.gateway.asked.decoding import FORMATS
from serving.gateway.asked.options import MEDIA_TYPES, OF_PICTURE
from serving.gateway.config import GatewayConfig
from serving.gateway.openapi.operations import (
    FILE_HEADERS,
    MODEL_HEADERS,
    describe,
    file_answer,
    json_answer,
    not_modified,
    plain_answer,
)
from serving.gateway.openapi.parts import SEED_IN_PATH, Part, ending, headers, path_parameter, reference, text, told
from serving.gateway.pictures.animations import MEDIA_TYPES as ANIMATIONS
from serving.gateway.routes import morphs, recognition, sheets, translation

_PICTURES = tuple(MEDIA_TYPES.values())


def paths(config: GatewayConfig) -> dict[str, Part]:
    """What each path answers to."""
    return {
        "/v1/planets/{seed}.{format}": {"get": _planet()},
        "/v1/planets": {"post": _planets(config)},
        "/v1/morph.{format}": {"get": _morph()},
        "/v1/sheet.{format}": {"get": _sheet(config)},
        "/v1/sheet.json": {"get": _atlas(config)},
        "/v1/classify": {"post": _classify(config)},
        "/v1/translate": {"post": _translate(config)},
        "/v1/models": {"get": _models()},
        "/v1/models/{name}": {"get": _model()},
        **_operations(),
    }


def _planet() -> Part:
    return describe(
        "planet",
        "Planets",
        "One planet",
        "The same seed, model and version give the same planet for ever. A PNG tells them in its text chunks.",
        [SEED_IN_PATH, ending(*MEDIA_TYPES), *told(*OF_PICTURE)],
        file_answer("The picture.", _PICTURES, "X-Planet-Seed", "X-Planet-Kind"),
        (400, 404, 422),
    )


def _planets(config: GatewayConfig) -> Part:
    planet = {"seed": "8160281103166166543", "address": "orion/0", "kind": {"mars": 1.0}, "version": 1}
    pictured = {**planet, "width": 64, "height": 64, "image": "iVBORw0KGgo…"}
    example = {"model": "world_v2", "version": 1, "format": "png", "planets": [pictured]}
    content: Part = {"application/json": {"schema": reference("Planets"), "example": example}, "application/zip": {}}
    answer = {"description": "In the order asked for.", "headers": headers(*MODEL_HEADERS), "content": content}
    operation = describe(
        "planets",
        "Planets",
        f"Up to {config.max_planets} planets",
        "As JSON with the pictures in base64 or, with `Accept: application/zip`, as a ZIP with `manifest.json`. Planet "
        "i of a `count` counted from a `seed` is the one at the address `{seed}/{i}`.",
        [],
        {"200": answer},
        (400, 404, 406, 413, 415, 422),
    )
    examples = {
        "counted": {"summary": "Counted from an address", "value": {"seed": "orion", "count": 3, "size": 128}},
        "listed": {"summary": "Listed", "value": {"seeds": ["42", "orion/7/3"], "format": "webp"}},
    }
    body = {"required": True, "content": {"application/json": {"schema": reference("Order"), "examples": examples}}}
    return {**operation, "requestBody": body}


def _morph() -> Part:
    return describe(
        "morph",
        "Motion and sheets",
        "An animation from one planet to another",
        "Both are the planets that their seeds give alone; the way between them leads over latents (slerp).",
        [ending(*ANIMATIONS), *told(*morphs.PARAMETERS)],
        file_answer("The animation.", tuple(ANIMATIONS.values())),
        (400, 404, 422),
    )


def _sheet(config: GatewayConfig) -> Part:
    return describe(
        "sheet",
        "Motion and sheets",
        "A sprite sheet",
        f"The planets at `{{seed}}/0`, `{{seed}}/1`, …, row by row, without gaps; at most {sheets.MAX_SIDE} px a side.",
        [ending(*sheets.FORMATS), *told(*sheets.sheet_parameters(config))],
        file_answer("The sheet.", tuple(MEDIA_TYPES[name] for name in sheets.FORMATS)),
        (400, 404, 422),
    )


def _atlas(config: GatewayConfig) -> Part:
    size = {"w": 64, "h": 64}
    place = {"x": 0, "y": 0, **size}
    frame = {"frame": place, "rotated": False, "trimmed": False, "spriteSourceSize": place, "sourceSize": size}
    meta = {"app": "Planet Generator", "image": "sheet.png?seed=orion&count=1", "format": "RGB888", "size": size}
    example = {"frames": {"8160281103166166543": frame}, "meta": {**meta, "scale": "1"}}
    atlas = {"schema": reference("Atlas"), "example": example}
    answer = {"description": "The atlas.", "headers": headers(*FILE_HEADERS), "content": {"application/json": atlas}}
    return describe(
        "atlas",
        "Motion and sheets",
        "A sprite sheet's atlas",
        "Where each planet stands in the sheet of the same query. Nothing is drawn for it.",
        told(*sheets.sheet_parameters(config)),
        {"200": answer, "304": not_modified()},
        (400, 404, 422),
    )


def _classify(config: GatewayConfig) -> Part:
    example = {
        "model": "classifier_64",
        "version": 3,
        "kind": "mars",
        "probabilities": {"mars": 0.97, "venus": 0.03},
        "unknown_below": 0.5,
        "realness": {"model": "conditional_64_discriminator", "version": 2, "value": 0.81},
        "picture": {"width": 640, "height": 480, "format": "JPEG", "frames": 1},
    }
    content = {"application/json": {"schema": reference("Recognition"), "example": example}}
    answer = {"description": "What it shows.", "headers": headers(*MODEL_HEADERS), "content": content}
    operation = describe(
        "classify",
        "Pictures in",
        "What a picture shows",
        "A planet on black sky, anywhere in the picture, is found and framed.",
        told(*recognition.PARAMETERS),
        {"200": answer},
        (400, 404, 413, 415, 422),
    )
    return {**operation, "requestBody": _upload(config)}


def _translate(config: GatewayConfig) -> Part:
    content: Part = {media_type: {} for media_type in _PICTURES}
    answer = {"description": "The picture.", "headers": headers(*MODEL_HEADERS), "content": content}
    operation = describe(
        "translate",
        "Pictures in",
        "A picture as another world would wear it",
        "Such as one of Mars as one of the Earth.",
        told(*translation.PARAMETERS),
        {"200": answer},
        (400, 404, 413, 415, 422),
    )
    return {**operation, "requestBody": _upload(config)}


def _upload(config: GatewayConfig) -> Part:
    image = {"type": "string", "contentMediaType": "image/*"}
    form = {"type": "object", "properties": {"image": image}, "required": ["image"]}
    return {
        "description": f"A picture ({', '.join(FORMATS)}) of at most {config.max_upload_bytes / 2**20:g} MiB and "
        f"{config.max_upload_pixels / 1e6:g} megapixels: as the body, or as the part `image` of a form.",
        "required": True,
        "content": {"application/octet-stream": {}, "multipart/form-data": {"schema": form}},
    }


def _models() -> Part:
    return describe(
        "models",
        "Models",
        "All models",
        "Every version that the gateway knows, ready or not, with its card; `default` draws where no model is named.",
        [],
        json_answer("The models.", "Models", {"default": "world_v2", "models": [_version_example()]}),
        (),
    )


def _model() -> Part:
    return describe(
        "model",
        "Models",
        "One model",
        "Its versions, newest first.",
        [path_parameter("name", "Name of the model.", text(pattern="^[A-Za-z0-9_]+$"), "world_v2")],
        json_answer("The model.", "Model", {"name": "world_v2", "versions": [_version_example()]}),
        (404,),
    )


def _version_example() -> dict[str, Any]:
    card = {"task": "generate", "image_size": {"width": 64, "height": 64}}
    named = {"name": "world_v2", "version": 1, "state": "AVAILABLE"}
    return {**named, "card": card, "error": "", "labels": ["stable"]}


def _operations() -> dict[str, Part]:
    """What needs no key and counts towards no limit."""
    ready = {"status": "ready", "model": "world_v2", "version": 1}
    metrics = plain_answer("text/plain", "application/openmetrics-text")
    return {
        "/health/live": _open("live", "Whether the process lives", json_answer("It does.", "Live", {"status": "live"})),
        "/health/ready": _open("ready", "Whether planets can be drawn", json_answer("They can.", "Ready", ready), 503),
        "/metrics": _open("metrics", "Metrics for Prometheus", metrics),
        "/openapi.json": _open("openapi", "This document", plain_answer("application/json")),
        "/docs": _open("docs", "This document, for people", plain_answer("text/html")),
        "/": _open("page", "The page", plain_answer("text/html"), 404),
    }


def _open(name: str, summary: str, answers: Part, *failures: int) -> Part:
    operation = describe(name, "Operations", summary, "", [], answers, (), (500, *failures))
    return {"get": {**operation, "security": []}}
