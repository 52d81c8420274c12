"""What the operations of the OpenAPI document are made of: parameters, schemas, problems."""

from __future__ import annotations

import http
from collections.abc import Mapping
from typing import Any

from serving.gateway.pictures.pictures import MAX_SIZE, MIN_SIZE
from serving.gateway.problems import MEDIA_TYPE, document
from serving.latents import MAX_TEXT_LENGTH

Part = dict[str, Any]

MAX_VERSION = 2**63 - 1  # TensorFlow Serving's versions are int64

_SEED = "a whole number of 0..2^64-1; any other text is an address, whose seed is hashed from it"

# status: (when it comes, an example's sentence, the parameter at fault)
_PROBLEMS: Mapping[int, tuple[str, str, str | None]] = {
    400: (
        "The request cannot be understood, or asks for transparency in a format that has none.",
        "JPEG pictures cannot be transparent; choose the format png or webp, or a black background.",
        "background",
    ),
    401: (
        "The gateway asks for an API key.",
        "This gateway needs an API key: send it as Authorization: Bearer KEY.",
        None,
    ),
    404: (
        "No such model, version or label.",
        "There is no model 'nobody'; models served: planet_v3_64.",
        "model",
    ),
    406: (
        "`Accept` allows nothing that there is.",
        "Planets come as application/json or application/zip; accept one of them.",
        None,
    ),
    413: ("The body is too large.", "The body is larger than 262144 bytes.", None),
    415: (
        "The body is of another type.",
        "The body must be JSON; send it with Content-Type: application/json.",
        None,
    ),
    422: (
        "A parameter is missing, unknown, or out of range; `parameter` names it.",
        f"size is '5000'; it must be a whole number of {MIN_SIZE}..{MAX_SIZE}.",
        "size",
    ),
    429: (
        "You asked more often than this gateway allows; `Retry-After` tells the seconds to wait.",
        "You asked more often than 600 per 1 minute: wait 12 s and try again.",
        None,
    ),
    500: (
        "The gateway failed.",
        "The gateway failed in an unexpected way; its log tells more under 5f0c2a9e.",
        None,
    ),
    502: ("The model server failed.", "The model server failed.", None),
    503: (
        "The gateway or the model server is busy, away or starting; `Retry-After` tells the seconds to wait.",
        "The gateway is busy, and 32 requests wait already: try again soon.",
        None,
    ),
    504: (
        "The deadline passed.",
        "The model planet_v3_64 took longer than 30 s.",
        None,
    ),
}


def parameter(name: str, description: str, schema: Part, example: Any, required: bool = False) -> Part:
    """A parameter of the query."""
    told = {"name": name, "in": "query", "description": description, "schema": schema, "example": example}
    return {**told, "required": True} if required else told


def path_parameter(name: str, description: str, schema: Part, example: Any) -> Part:
    """A parameter of the path."""
    return {**parameter(name, description, schema, example, required=True), "in": "path"}


def integer(low: int, high: int, **more: Any) -> Part:
    """The schema of a whole number."""
    return {"type": "integer", "minimum": low, "maximum": high, **more}


def text(**more: Any) -> Part:
    """The schema of text that is not empty."""
    return {"type": "string", "minLength": 1, **more}


def choice(*values: str, **more: Any) -> Part:
    """The schema of one of some texts."""
    return {"type": "string", "enum": list(values), **more}


def seed(name: str, description: str, example: str) -> Part:
    """A parameter that is a seed or an address."""
    return parameter(name, f"{description}: {_SEED}", text(maxLength=MAX_TEXT_LENGTH), example, required=True)


def ending(*formats: str) -> Part:
    """The parameter that ends a path."""
    return path_parameter("format", "Format of the answer.", choice(*formats), formats[0])


SEED_IN_PATH = path_parameter(
    "seed",
    f"Seed or address: {_SEED}. An address may hold slashes, as they are or percent-encoded, and no control character.",
    text(maxLength=MAX_TEXT_LENGTH, pattern=r"^[^\u0000-\u001f\u007f-\u009f]+$"),
    "orion/7/3",
)
MODEL = parameter("model", "Model that does it; the gateway's default if left out.", text(), "planet_v3_64")
VERSION = parameter(
    "version",
    "Version of the model; the gateway's choice if left out. With `model` and `version` an answer never changes.",
    integer(1, MAX_VERSION),
    1,
)
LABEL = {
    "name": "label",
    "in": "query",
    "description": "Label of the version, such as `stable`, in place of its number.",
    "schema": text(),  # and no example, as tools send the examples of all parameters at once
}
SIZE = parameter("size", "Longer side in px; the model's own if left out.", integer(MIN_SIZE, MAX_SIZE), 256)
KIND = parameter(
    "kind",
    "Kind, archetype that the model's card names, or mix of them with weights; the seed's choice if left out.",
    text(),
    "earth:0.6,mars:0.4",
)
BACKGROUND = parameter(
    "background",
    "`transparent` gives an alpha channel that follows the limb; not in JPEG and GIF.",
    choice("black", "transparent", default="black"),
    "transparent",
)
TEMPERATURE = parameter(
    "temperature",
    "Factor on the latent: towards 0 the planets of a kind grow alike, above 1 they grow strange.",
    {"type": "number", "minimum": 0, "maximum": 2, "default": 1},
    0.8,
)
LOOK = [MODEL, VERSION, LABEL, KIND, SIZE, BACKGROUND, TEMPERATURE]


def headers(*names: str) -> Part:
    """References to the headers of an answer, besides those that every answer has."""
    return {name: {"$ref": f"#/components/headers/{name}"} for name in ("X-Request-Id", "Server-Timing", *names)}


def reference(schema: str) -> Part:
    """A reference to a schema."""
    return {"$ref": f"#/components/schemas/{schema}"}


def problems(*statuses: int) -> dict[str, Part]:
    """References to the answers for failures, by status."""
    return {str(status): {"$ref": f"#/components/responses/{_problem_name(status)}"} for status in sorted(statuses)}


def problem_responses() -> dict[str, Part]:
    """The answers for failures, each with an example."""
    return {_problem_name(status): _problem(status, *told) for status, told in _PROBLEMS.items()}


def _problem_name(status: int) -> str:
    return http.HTTPStatus(status).phrase.replace(" ", "")


def _problem(status: int, when: str, detail: str, at_fault: str | None) -> Part:
    example: Part = {**document(status, detail), "request_id": "5f0c2a9e"}
    if at_fault is not None:
        example["parameter"] = at_fault
    more = {401: ["WWW-Authenticate"], 429: ["Retry-After"], 503: ["Retry-After"]}.get(status, [])
    content = {MEDIA_TYPE: {"schema": reference("Problem"), "example": example}}
    return {"description": when, "headers": headers(*more), "content": content}


HEADERS: dict[str, Part] = {
    "X-Request-Id": {
        "description": "Names the request in the gateway's log; one that you send is kept.",
        "required": True,
        "schema": text(),
    },
    "Server-Timing": {"description": "Milliseconds by stage.", "required": True, "schema": {"type": "string"}},
    "ETag": {"description": "Send it as `If-None-Match`.", "required": True, "schema": text()},
    "Cache-Control": {
        "description": "`immutable` if `model` and `version` are named.",
        "required": True,
        "schema": text(),
    },
    "X-Planet-Seed": {"description": "The seed.", "required": True, "schema": text(pattern="^[0-9]+$")},
    "X-Planet-Model": {"description": "Model that did it.", "required": True, "schema": text()},
    "X-Planet-Version": {"description": "Version of it.", "required": True, "schema": integer(1, MAX_VERSION)},
    "X-Planet-Kind": {"description": "Shares of kinds, if the model knows any.", "schema": text()},
    "Retry-After": {"description": "Seconds to wait.", "required": True, "schema": {"type": "integer", "minimum": 1}},
    "WWW-Authenticate": {"description": "`Bearer`.", "required": True, "schema": text()},
}
