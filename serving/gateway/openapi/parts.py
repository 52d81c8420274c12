"""What the operations of the OpenAPI document are made of: parameters, schemas, problems."""

from __future__ import annotations

import http
from collections.abc import Mapping
from typing import Any

from serving.gateway.asked import parameters
from serving.gateway.asked.options import MAX_VERSION, OPTIONS
from serving.gateway.asked.orders import SEED, SEED_OR_ADDRESS
from serving.gateway.asked.parameters import Parameter, whole
from serving.gateway.config import GatewayConfig
from serving.gateway.problems import MEDIA_TYPE, document

Part = dict[str, Any]

_SIZE = OPTIONS["size"].domain.schema

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
        "There is no model 'nobody'; models served: world_v2.",
        "model",
    ),
    406: (
        "`Accept` allows nothing that there is.",
        "Planets come as application/json or application/zip; accept one of them.",
        None,
    ),
    413: ("The body is too large.", f"The body is larger than {GatewayConfig.max_body_bytes} bytes.", None),
    415: (
        "The body is of another type.",
        "The body must be JSON; send it with Content-Type: application/json.",
        None,
    ),
    422: (
        "A parameter is missing, unknown, or out of range; `parameter` names it.",
        f"size is '5000'; it must be a whole number of {_SIZE['minimum']}..{_SIZE['maximum']}.",
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
        "The gateway or the model server is busy, away, starting or full; `Retry-After` tells the seconds to wait.",
        f"The gateway is busy, and {GatewayConfig.max_waiting} requests wait already: try again soon.",
        None,
    ),
    504: (
        "The deadline passed.",
        f"The model world_v2 took longer than {GatewayConfig.deadline_s:g} s.",
        None,
    ),
}


def told(*parameters: Parameter) -> list[Part]:
    """Parameters of a query."""
    return [_told(one) for one in parameters]


def _told(one: Parameter) -> Part:
    default = {} if one.default is None else {"default": one.default}
    told = {"name": one.name, "in": "query", "description": one.description, "schema": {**one.domain.schema, **default}}
    example = {} if one.example is None else {"example": one.example}
    return {**told, **example, **({"required": True} if one.needed else {})}


def path_parameter(name: str, description: str, schema: Part, example: Any) -> Part:
    """A parameter of the path."""
    return {
        "name": name,
        "in": "path",
        "description": description,
        "schema": schema,
        "example": example,
        "required": True,
    }


def record(**properties: Any) -> Part:
    """The schema of an object all of whose properties are there."""
    return {"type": "object", "properties": properties, "required": list(properties)}


def number(description: str = "") -> Part:
    """The schema of a number."""
    return {"type": "number", **({"description": description} if description else {})}


def integer(low: int, high: int) -> Part:
    """The schema of a whole number."""
    return dict(whole(low, high).schema)


def text(**more: Any) -> Part:
    """The schema of text that is not empty."""
    return dict(parameters.text(**more).schema)


def choice(*values: str) -> Part:
    """The schema of one of some texts."""
    return dict(parameters.choice(*values).schema)


def ending(*formats: str) -> Part:
    """The parameter that ends a path."""
    return path_parameter("format", "Format of the answer.", choice(*formats), formats[0])


SEED_IN_PATH = path_parameter(
    "seed",
    f"Seed or address: {SEED_OR_ADDRESS}. An address may hold slashes, as they are or percent-encoded, and no control "
    "character.",
    {**SEED.schema, "pattern": r"^[^\u0000-\u001f\u007f-\u009f]+$"},
    "orion/7/3",
)


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
