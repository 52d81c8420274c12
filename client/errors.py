"""What can go wrong between a program and the planet server. Each error's text is one sentence fit for a user."""

from __future__ import annotations


class PlanetError(Exception):
    """Base of every error of this package.

    Attributes:
        status: HTTP status of the answer; None if there was no answer.
        request_id: The server's name for the request, to quote in a report; None if it gave none.
        retry_after: Seconds the server asks to wait before another try; None if it says nothing about that.
        parameter: What of the request is at fault, such as `model` or `image`; None if that is not known.
    """

    def __init__(
        self,
        message: str,
        *,
        status: int | None = None,
        request_id: str | None = None,
        retry_after: float | None = None,
        parameter: str | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.request_id = request_id
        self.retry_after = retry_after
        self.parameter = parameter


class ServerUnreachable(PlanetError):
    """No server answered at the address."""


class TimedOut(PlanetError):
    """The server took the request but did not answer in time."""


class InvalidAnswer(PlanetError):
    """The server answered something other than what its contract says; it is probably another server."""


class InvalidRequest(PlanetError, ValueError):
    """The request itself is wrong: a seed, kind, size, count or picture that cannot be. Trying again does not help."""


class AccessDenied(PlanetError):
    """The server asks for an API key, or does not know the one it was sent."""


class NotFound(PlanetError):
    """The server has no such model or version."""


class ServerError(PlanetError):
    """The server failed at a sound request."""


class Overloaded(ServerError):
    """The server has too much to do, is still starting, or was asked too often; trying later helps."""


class DeadlineExceeded(ServerError):
    """The server gave the request up at its own deadline."""


def error_class(status: int) -> type[PlanetError]:
    """Returns the error that stands for an HTTP status outside 2xx."""
    by_status = {
        401: AccessDenied,
        403: AccessDenied,
        404: NotFound,
        429: Overloaded,
        503: Overloaded,
        504: DeadlineExceeded,
    }
    by_hundred = {4: InvalidRequest, 5: ServerError}
    return by_status.get(status) or by_hundred.get(status // 100, InvalidAnswer)
