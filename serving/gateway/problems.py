"""Errors as people and programs read them: RFC 9457 `application/problem+json` with a request id."""

from __future__ import annotations

import http
import json
import logging
from collections.abc import Mapping

from flask import Flask, Response, g, request
from werkzeug.exceptions import HTTPException

from serving.backends.base import (
    BackendError,
    BackendUnavailable,
    DeadlineExceeded,
    InvalidInput,
    ModelNotFound,
    Overloaded,
)
from serving.gateway.config import GatewayConfig

MEDIA_TYPE = "application/problem+json"

_log = logging.getLogger(__name__)

_STATUS_OF_BACKEND_ERROR = {
    ModelNotFound: 404,
    InvalidInput: 422,
    BackendUnavailable: 503,
    Overloaded: 503,
    DeadlineExceeded: 504,
}


class Problem(Exception):
    """An answer that is not what was asked for; any route may raise it.

    Args:
        status: HTTP status, 400..599.
        detail: One sentence: what was wrong, what was expected, what to do.
        parameter: Name of the request's parameter at fault, if one is.
        headers: Headers of the answer.
    """

    def __init__(
        self, status: int, detail: str, *, parameter: str | None = None, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.parameter = parameter
        self.headers = dict(headers or {})


def no_room(reason: OSError) -> Problem:
    """What to answer, and a line in the log, if the temporary file of a request's body cannot be written."""
    _log.warning("There is no room for the body of a request: %s. Make room for temporary files.", reason)
    return Problem(503, "The gateway has no room for so large a body now; try again later, or send a smaller one.")


def document(status: int, detail: str) -> dict[str, str | int]:
    """What every problem document says of an HTTP status and the sentence that explains it."""
    return {"type": "about:blank", "title": http.HTTPStatus(status).phrase, "status": status, "detail": detail}


def handle_problems(app: Flask, config: GatewayConfig) -> None:
    """Makes every error of the app, whatever raised it, a problem document; a 503 asks to retry later."""

    @app.errorhandler(Problem)
    def problem(error: Problem) -> Response:
        headers = {"Retry-After": str(config.retry_after_s)} if error.status == 503 else {}
        return _response(error.status, error.detail, headers | error.headers, error.parameter)

    @app.errorhandler(BackendError)
    def backend_error(error: BackendError) -> Response:
        statuses = (status for kind, status in _STATUS_OF_BACKEND_ERROR.items() if isinstance(error, kind))
        return problem(Problem(next(statuses, 502), str(error)))

    @app.errorhandler(HTTPException)
    def http_error(error: HTTPException) -> Response:
        headers = {name: value for name, value in error.get_headers() if name in ("Allow", "Content-Range", "Location")}
        return _response(error.code or 500, _sentence(error, config), headers)

    @app.errorhandler(Exception)
    def unexpected(error: Exception) -> Response:
        app.logger.error("Request %s failed: %s %s", g.request_id, request.method, request.path, exc_info=error)
        return _response(500, f"The gateway failed in an unexpected way; its log tells more under {g.request_id}.", {})


def _response(status: int, detail: str, headers: Mapping[str, str], parameter: str | None = None) -> Response:
    members = {**document(status, detail), "request_id": g.request_id}
    if parameter is not None:
        # A name in JSON may hold half of a surrogate pair.
        members["parameter"] = parameter.encode(errors="backslashreplace").decode()
    response = Response(json.dumps(members), status, headers, content_type=MEDIA_TYPE)
    response.headers["Cache-Control"] = "no-store"
    return response


def _sentence(error: HTTPException, config: GatewayConfig) -> str:
    if error.code == 404:
        return f"There is nothing at {request.path}."
    if error.code == 405:
        allowed = ", ".join(sorted(getattr(error, "valid_methods", None) or ()))
        return f"{request.method} is not possible at {request.path}; allowed: {allowed}."
    if error.code == 413:
        return f"The body is larger than {config.max_body_bytes} bytes."
    return error.description or "The request could not be understood."
