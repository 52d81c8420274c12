"""Operations and their answers, as OpenAPI describes them."""

from __future__ import annotations

from typing import Any

from serving.gateway.openapi.parts import Part, headers, problems, reference

MODEL_HEADERS = ("X-Planet-Model", "X-Planet-Version")
FILE_HEADERS = (*MODEL_HEADERS, "ETag", "Cache-Control")
FAILURES = (500, 502, 503, 504)
_REFUSALS = (401, 429)


def describe(
    name: str,
    tag: str,
    summary: str,
    description: str,
    parameters: list[Part],
    answers: Part,
    mistakes: tuple[int, ...],
    failures: tuple[int, ...] = (*_REFUSALS, *FAILURES),
) -> Part:
    """A method of a path.

    Args:
        name: Identifies it, and is its place on the page.
        tag: Its chapter.
        summary: Its title.
        description: More about it, or nothing.
        parameters: Of path and query.
        answers: For success, by status.
        mistakes: Statuses of failures that are the request's fault.
        failures: Statuses of all others.
    """
    return {
        "operationId": name,
        "tags": [tag],
        "summary": summary,
        **({"description": description} if description else {}),
        **({"parameters": parameters} if parameters else {}),
        "responses": {**answers, **problems(*mistakes, *failures)},
    }


def file_answer(description: str, media_types: tuple[str, ...], *more_headers: str) -> Part:
    """The answers of a GET that gives a file."""
    told = {"description": description, "headers": headers(*FILE_HEADERS, *more_headers)}
    return {"200": {**told, "content": {media_type: {} for media_type in media_types}}, "304": not_modified()}


def not_modified() -> Part:
    """The answer to whom has the file."""
    return {"description": "You have it: `If-None-Match` named its `ETag`.", "headers": headers("ETag")}


def json_answer(description: str, schema: str, example: Any) -> Part:
    """The answer that is JSON."""
    content = {"application/json": {"schema": reference(schema), "example": example}}
    return {"200": {"description": description, "headers": headers(), "content": content}}


def plain_answer(*media_types: str) -> Part:
    """The answer that needs no more words than its type."""
    content: Part = {media_type: {} for media_type in media_types}
    return {"200": {"description": "It.", "headers": headers(), "content": content}}
