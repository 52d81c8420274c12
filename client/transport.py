"""HTTP: one pooled session, timeouts, retries with backoff and jitter; every failure is a `PlanetError`."""

from __future__ import annotations

import email.utils
import os
import random
import re
import time
from collections.abc import Callable
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from requests.auth import AuthBase
from requests.utils import get_environ_proxies, select_proxy
from urllib3.exceptions import ReadTimeoutError

from client.errors import (
    InvalidAnswer,
    InvalidRequest,
    Overloaded,
    PlanetError,
    ServerUnreachable,
    TimedOut,
    error_class,
)

API_KEY_VARIABLE = "PLANETS_API_KEY"
CONNECTIONS = 32  # kept open at most
FIRST_BACKOFF_SECONDS = 0.5  # doubles with every try; half of it is jitter
LONGEST_WAIT_SECONDS = 60.0  # a server that asks for more is better reported than waited for


class Transport:
    """Sends requests to one server.

    Args:
        base_url: Such as `http://127.0.0.1:8000`.
        timeout: Seconds to wait for a connection, and then for each piece of the answer.
        api_key: Sent with every request; that of the environment variable `PLANETS_API_KEY`, if any, if None.
        sleep: Waits a number of seconds between two tries.

    Raises:
        InvalidRequest: `base_url` is no URL, or the key is not what a header can carry.
    """

    def __init__(
        self,
        base_url: str,
        timeout: float,
        api_key: str | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        if not re.fullmatch(r"https?://[^/\s?#][^\s?#]*", base_url, re.IGNORECASE):
            raise InvalidRequest(f"{base_url!r} is not a server's URL; it should look like http://127.0.0.1:8000.")
        self.base_url = base_url.rstrip("/")
        self.timeout = timeout
        self._sleep = sleep
        self._session = requests.Session()
        for scheme in ("http://", "https://"):
            self._session.mount(scheme, HTTPAdapter(pool_maxsize=CONNECTIONS))
        self._session.hooks["response"].append(_keep_the_method)
        key = api_key or os.environ.get(API_KEY_VARIABLE)
        if key:
            self._session.auth = _Bearer(key)

    def close(self) -> None:
        """Releases the connections."""
        self._session.close()

    def request(self, method: str, path: str, *, retries: int = 2, **arguments: Any) -> requests.Response:
        """Returns the answer to a request, always 2xx.

        Tries again after a failed connection, a time-out, an overloaded server (429, 503) and a proxy that found no
        server behind it (502), as every request of the API is idempotent, POSTs too: a repetition does no harm. The
        pause has jitter, lest clients that failed together come back together.

        Args:
            method: HTTP method.
            path: Path below the server's URL, percent-encoded.
            retries: How often to try again.
            arguments: Passed on to `requests`: `params`, `json`, `data`, `headers`.

        Raises:
            PlanetError: What the last try came to.
        """
        attempt = 0
        while True:
            try:
                return self._try(method, path, **arguments)
            except PlanetError as error:
                half = FIRST_BACKOFF_SECONDS * 2**attempt / 2
                least = half if error.retry_after is None else error.retry_after
                if attempt == retries or least > LONGEST_WAIT_SECONDS or not _may_pass(error):
                    raise
            self._sleep(least + random.uniform(0, half))
            attempt += 1

    def invalid_answer(self, response: requests.Response) -> InvalidAnswer:
        """Returns the error for an answer that breaks the API's contract."""
        return InvalidAnswer(
            f"What answers at {self.base_url} is not a planet server, or is one of another version.",
            status=response.status_code,
            request_id=response.headers.get("X-Request-Id"),
        )

    def _try(self, method: str, path: str, **arguments: Any) -> requests.Response:
        try:
            response = self._session.request(method, self.base_url + path, timeout=self.timeout, **arguments)
        except requests.RequestException as error:
            if _is_read_timeout(error):
                raise TimedOut(f"The server at {self.base_url} did not answer within {self.timeout:g} s.") from error
            raise ServerUnreachable(self._what_happened(error)) from error
        except UnicodeError as error:
            raise InvalidRequest("The request holds text that is not UTF-8; check what was given.") from error
        if response.ok:
            return response
        raise _problem(response, self._proxy())

    def _proxy(self) -> str | None:
        """The proxy that the environment tells to use for this server, without its password."""
        url = select_proxy(self.base_url, get_environ_proxies(self.base_url))
        return url and re.sub(r"^(\w+://)?[^/]*@", r"\1", url)

    def _what_happened(self, error: requests.RequestException) -> str:
        proxy = self._proxy()
        without = f"see to it, or go without it by NO_PROXY={urlsplit(self.base_url).hostname}"
        if isinstance(error, requests.exceptions.ProxyError):
            return f"The proxy {proxy}, which the environment names, does not lead to {self.base_url}: {without}."
        if proxy and isinstance(error, ValueError) and "adapters" not in str(error):  # those are of a redirect
            return f"The proxy {proxy}, which the environment names, is none that can be used: {without}."
        if isinstance(error, requests.exceptions.SSLError):
            return f"{self.base_url} can't be trusted ({_innermost(error)}): see to its certificate, or to the URL."
        if isinstance(error, requests.TooManyRedirects):
            return f"{self.base_url} redirects in a circle: give the URL at which the planet server itself answers."
        if isinstance(error, ValueError):  # InvalidSchema, InvalidURL
            return f"{self.base_url} is, or redirects to, what is no http or https address ({_innermost(error)})."
        reached = error.request.url if error.request is not None else None
        if reached and not reached.startswith(self.base_url.lower()):
            return f"{self.base_url} redirects to {reached}, where nobody answers: give the planet server's own URL."
        return (
            f"No planet server answers at {self.base_url}: start one with `python -m serving.gateway`, "
            "or give the URL of one that runs."
        )


class _Bearer(AuthBase):
    """Sends an API key, and only that: without it `requests` would look for a password in the user's `.netrc`."""

    def __init__(self, key: str) -> None:
        if not re.fullmatch(r"[!-~]+", key):
            raise InvalidRequest("The API key holds a space or a character that no key has; check how it was copied.")
        self._key = key

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self._key}"
        return request


def _may_pass(error: PlanetError) -> bool:
    """Whether the same request may succeed a little later."""
    return isinstance(error, ServerUnreachable | Overloaded | TimedOut) or error.status == HTTPStatus.BAD_GATEWAY


def _is_read_timeout(error: requests.RequestException) -> bool:
    """Whether the server went silent, before its answer or, which `requests` calls a ConnectionError, within it."""
    return isinstance(error, requests.ReadTimeout) or any(isinstance(cause, ReadTimeoutError) for cause in error.args)


def _keep_the_method(response: requests.Response, **_: Any) -> None:
    """Makes all redirects of a POST new ones, else `requests` would follow them, as browsers do, by a GET."""
    if response.status_code in (HTTPStatus.MOVED_PERMANENTLY, HTTPStatus.FOUND, HTTPStatus.SEE_OTHER):
        response.status_code = HTTPStatus.PERMANENT_REDIRECT


def _innermost(error: BaseException) -> str:
    """The reason in an error of `requests`, which wraps those of others."""
    while isinstance(inner := getattr(error, "reason", None) or next(iter(error.args), None), BaseException):
        error = inner
    return str(inner or error).rstrip(".")


def _problem(response: requests.Response, proxy: str | None) -> PlanetError:
    """Returns the error for an answer that is not 2xx, in the server's own words if it gives any (RFC 9457)."""
    try:
        problem = response.json()
    except requests.JSONDecodeError:
        problem = None
    if not isinstance(problem, dict):
        problem = {}
    who = "The server"
    if proxy and not problem:
        who = f"The proxy {proxy}, which the environment names, or the server behind it,"
    return error_class(response.status_code)(
        str(problem.get("detail") or f"{who} answered {response.status_code} {response.reason}."),
        status=response.status_code,
        request_id=problem.get("request_id") or response.headers.get("X-Request-Id"),
        retry_after=_seconds(response.headers.get("Retry-After")),
        parameter=problem.get("parameter"),
    )


def _seconds(retry_after: str | None) -> float | None:
    """Returns the seconds from now that a `Retry-After` header means, be it a number or a date; None if neither."""
    if retry_after is None:
        return None
    if retry_after.strip().isdecimal():
        return float(retry_after)
    try:
        return max(0.0, email.utils.parsedate_to_datetime(retry_after).timestamp() - time.time())
    except ValueError:
        return None
