"""The JSON that goes to and comes from the gateway, as JSON Schema with examples."""

from __future__ import annotations

from serving.gateway.asked.options import MAX_VERSION, MEDIA_TYPES, OF_FILE, OF_PICTURE
from serving.gateway.asked.orders import MAX_JSON_INTEGER, SEED
from serving.gateway.config import GatewayConfig
from serving.gateway.openapi.facts_paths import facts_schema
from serving.gateway.openapi.parts import Part, choice, integer, record, text, told
from serving.gateway.openapi.system_paths import system_schema

_NAMED_MODEL = {"model": text(), "version": integer(1, MAX_VERSION)}
_SIDES = {"width": {"type": "integer", "minimum": 1}, "height": {"type": "integer", "minimum": 1}}
_SHARES = {"type": ["object", "null"], "additionalProperties": {"type": "number"}, "description": "Shares by kind."}
_SEED_TEXT = {
    "type": "string",
    "pattern": "^[0-9]+$",
    "description": "In digits; as a number JavaScript would lose some.",
}


def schemas(config: GatewayConfig) -> dict[str, Part]:
    """The schemas by name."""
    return {
        "Problem": _problem(),
        "Order": order(config),
        "Planets": _planets(),
        "Recognition": _recognition(),
        "Models": record(default={"type": ["string", "null"]}, models={"type": "array", "items": _version()}),
        "Model": record(name=text(), versions={"type": "array", "items": _version()}),
        "Ready": record(status={"const": "ready"}, **_NAMED_MODEL),
        "Live": record(status={"const": "live"}),
        "Atlas": _atlas(),
        "Shader": _shader(),
        "World": facts_schema(),
        "System": system_schema(),
    }


def order(config: GatewayConfig) -> Part:
    """The body of `POST /v1/planets`."""
    seed = {
        "anyOf": [SEED.schema, integer(0, MAX_JSON_INTEGER)],
        "description": "A seed as text or, up to 2^53-1, as a number; or an address.",
    }
    properties: Part = {
        "seeds": {"type": "array", "items": seed, "minItems": 1, "maxItems": config.max_planets},
        "count": integer(1, config.max_planets),
        "seed": {**seed, "description": "Counted from: planet i is the one at `{seed}/{i}`. Random if left out."},
        **{option["name"]: option["schema"] for option in told(*OF_PICTURE, *OF_FILE)},
    }
    return {
        "type": "object",
        "description": "Either `seeds`, or a `count` with or without a `seed`; and how they shall look.",
        "properties": {name: _or_null(schema) for name, schema in properties.items()},
        "additionalProperties": False,
        "anyOf": [{"required": ["seeds"]}, {"required": ["count"]}],
    }


def _problem() -> Part:
    """RFC 9457."""
    schema = record(
        type={"const": "about:blank"},
        title=text(),
        status=integer(400, 599),
        detail=text(description="One sentence: what was wrong, what was expected, what to do."),
        request_id=text(description="Quote it when you report the problem."),
    )
    schema["properties"]["parameter"] = {"type": "string", "description": "The parameter at fault, if one is."}
    return schema


def _planets() -> Part:
    planet = record(
        seed=_SEED_TEXT,
        address={"type": ["string", "null"], "description": "None where a number was asked for."},
        kind=_SHARES,
        version=_NAMED_MODEL["version"],
        **_SIDES,
        image={"type": "string", "contentEncoding": "base64", "description": "The picture's file."},
    )
    return record(
        **_NAMED_MODEL, format=choice(*MEDIA_TYPES), planets={"type": "array", "items": planet, "minItems": 1}
    )


def _recognition() -> Part:
    realness = record(**_NAMED_MODEL, value={"type": "number", "minimum": 0, "maximum": 1})
    return record(
        **_NAMED_MODEL,
        kind={"type": ["string", "null"], "description": "None if the classifier is too unsure."},
        probabilities={"type": "object", "additionalProperties": {"type": "number"}, "description": "Descending."},
        unknown_below={"type": ["number", "null"]},
        realness={**realness, "type": ["object", "null"]},
        picture=record(**_SIDES, format=text(), frames={"type": "integer", "minimum": 1}),
    )


def _version() -> Part:
    return record(
        name=text(),
        version={"type": "integer", "minimum": 1},
        state=choice("LOADING", "AVAILABLE", "UNLOADING", "UNAVAILABLE"),
        card={"type": "object", "description": "What it was trained on, how, and how good it is."},
        error={"type": "string", "description": "Why it is unavailable."},
        labels={"type": "array", "items": text()},
    )


def _atlas() -> Part:
    whole = {"type": "integer", "minimum": 0}
    size = record(w=whole, h=whole)
    place = record(x=whole, y=whole, w=whole, h=whole)
    frame = record(
        frame=place,
        rotated={"const": False},
        trimmed={"const": False},
        spriteSourceSize=place,
        sourceSize=size,
    )
    meta = record(app=text(), image=text(), format=text(), size=size, scale=text())
    schema = record(frames={"type": "object", "additionalProperties": frame}, meta=meta)
    return {
        **schema,
        "description": 'TexturePacker\'s "JSON hash", frames by seed: Unity, Godot and Phaser read it.',
    }


def _shader() -> Part:
    share = {"type": "number", "minimum": 0, "maximum": 1}
    three = {"type": "array", "items": share, "minItems": 3, "maxItems": 3}
    texels = {"type": "integer", "minimum": 1}
    texture = record(url=text(), width=texels, height=texels)
    words = {
        "radius": {**share, "description": "Of the planet's longest axis, in halves of a picture's side."},
        "axes": {**three, "description": "Half axes towards 90° east, north and longitude 0; the longest is 1."},
        "ambient": {**share, "description": "Light of the night side."},
        "limb": {**share, "description": "Power of the cosine of the sun's height that lights the day side."},
        "shine": {**share, "description": "Share of the surface's color that needs no sun."},
        "rim": {**three, "description": "Color of the air."},
        "haze": {**share, "description": "How much air there is."},
        "relief": {"type": "number", "minimum": 0, "description": "Share of light by which slopes differ besides."},
        "steepest": {"type": "number", "description": "Slope of a relief that is seen, as a tangent."},
        "numbers": {"type": "array", "items": {"type": "number"}, "description": "The uniform `world`."},
        "network": text(description="Where the block `Network` is, the same for all worlds of the model."),
        "field": {**texture, "description": "The world's texture `field`, of halves, RGBA16F, unfiltered."},
        "details": {**texture, "description": "The model's texture `details`, of bytes, RGBA8, unfiltered."},
        "glsl": text(description="`void surface(vec3 point, float footprint, out vec3 albedo, out float height)`."),
    }
    address = {"type": ["string", "null"], "description": "None where a number was asked for."}
    return record(seed=_SEED_TEXT, address=address, kind=_SHARES, **_NAMED_MODEL, **words)


def _or_null(schema: Part) -> Part:
    """The same, or null, which counts as left out."""
    description = {"description": schema["description"]} if "description" in schema else {}
    return {"anyOf": [{name: value for name, value in schema.items() if name != "description"}, {"type": "null"}]} | (
        description
    )
