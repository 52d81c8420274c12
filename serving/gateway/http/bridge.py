"""The gateway's WSGI app under an ASGI server: whole requests in, whole answers out, a thread in between."""

from __future__ import annotations

import asyncio
import contextlib
import io
import json
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import IO, Any
from urllib.parse import unquote_to_bytes
from wsgiref.types import WSGIApplication

from serving.gateway.guards.intake import NO_ROOM
from serving.gateway.guards.timing import ARRIVED
from serving.gateway.problems import MEDIA_TYPE, document

_IN_MEMORY_BYTES = 1024 * 1024  # of a body; more of it goes to a temporary file
_CONSTANT = {
    "SCRIPT_NAME": "",
    "wsgi.version": (1, 0),
    "wsgi.errors": sys.stderr,
    "wsgi.multithread": True,
    "wsgi.multiprocess": False,
    "wsgi.run_once": False,
}

Scope = Mapping[str, Any]
Receive = Callable[[], Awaitable[Mapping[str, Any]]]
Send = Callable[[Mapping[str, Any]], Awaitable[None]]
Answer = tuple[int, list[tuple[bytes, bytes]], bytes]


class Bridge:
    """An ASGI app that answers by a WSGI app.

    A request gets a thread once its body is there, and its answer is sent without one: who sends or reads slowly holds
    up nobody. (asgiref's bridge has one thread for all requests, a2wsgi's reads the body in the request's thread.)
    The environment tells at `ARRIVED` since when the request has waited for its thread, as `time.monotonic()`, and at
    `NO_ROOM` the error, if its body could not be kept: then there is none.

    Args:
        app: The WSGI app.
        threads: Most requests in the app at once.
        max_body_bytes: No more of a body is read; the app sees from its length that it is too long.
        body_s: Seconds within which a body must be there; else the answer is 408.
    """

    def __init__(self, app: WSGIApplication, *, threads: int, max_body_bytes: int, body_s: float) -> None:
        self._app = app
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="request")
        self._max_body_bytes = max_body_bytes
        self._body_s = body_s

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        environ = _environ(scope)
        with _Body() as body:
            try:
                async with asyncio.timeout(self._body_s):
                    is_there = await self._read(environ, receive, body)
            except TimeoutError:
                return await _send(send, *_too_slow(self._body_s))
            if is_there:
                environ["wsgi.input"] = body.file
                environ[ARRIVED] = time.monotonic()
                answer = await asyncio.get_running_loop().run_in_executor(self._threads, self._answer, environ)
                await _send(send, *answer)

    def close(self) -> None:
        """Takes no more requests; those in the app end by themselves."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def _read(self, environ: dict[str, Any], receive: Receive, body: _Body) -> bool:
        """Reads the body, whose length the environment then tells; False if the client has gone."""
        told = environ.get("CONTENT_LENGTH", "")
        if told.isdecimal() and int(told) > self._max_body_bytes:
            return True
        length, more = 0, True
        while more and length <= self._max_body_bytes:
            message = await receive()
            if message["type"] != "http.request":
                return False
            body.write(message["body"])
            length += len(message["body"])
            more = message["more_body"]
        body.rewind()
        if body.lost is not None:
            environ[NO_ROOM] = body.lost
        if length or told:
            environ["CONTENT_LENGTH"] = str(length)
        return True

    def _answer(self, environ: dict[str, Any]) -> Answer:
        status, headers, body = _called(self._app, environ)
        told = [(name.lower(), value) for name, value in headers if name.lower() != "date"]  # the server tells it
        encoded = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in told]
        return int(status.partition(" ")[0]), encoded, body


class _Body:
    """A request's body: in memory, or in a temporary file. While there is no room for that, what comes is read all the
    same, and dropped: a client that still sends would not see the answer.

    Attributes:
        file: What was kept, to be read from its beginning.
        lost: Why it could not be kept; None if it was.
    """

    def __init__(self) -> None:
        self.file: IO[bytes] = tempfile.SpooledTemporaryFile(_IN_MEMORY_BYTES)  # noqa: SIM115
        self.lost: OSError | None = None

    def __enter__(self) -> _Body:
        return self

    def __exit__(self, *_: object) -> None:
        self._close()

    def write(self, data: bytes) -> None:
        self._unless_lost(lambda: self.file.write(data))

    def rewind(self) -> None:
        self._unless_lost(lambda: self.file.seek(0))  # which writes the last of it

    def _unless_lost(self, do: Callable[[], object]) -> None:
        if self.lost is not None:
            return
        try:
            do()
        except OSError as error:
            self.lost = error
            self._close()
            self.file = io.BytesIO()

    def _close(self) -> None:
        with contextlib.suppress(OSError):  # it tries to write once more what there was no room for
            self.file.close()


def _called(app: WSGIApplication, environ: dict[str, Any]) -> tuple[str, list[tuple[str, str]], bytes]:
    """Status, headers and body of a WSGI app's answer, all of it read and the app's iterable closed (PEP 3333)."""
    begun: list[tuple[str, list[tuple[str, str]]]] = []
    written: list[bytes] = []

    def start(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Callable[[bytes], object]:
        begun[:] = [(status, headers)]
        return written.append

    chunks = app(environ, start)
    try:
        for chunk in chunks:
            written.append(chunk)
    finally:
        if hasattr(chunks, "close"):
            chunks.close()
    [(status, headers)] = begun
    return status, headers, b"".join(written)


def _environ(scope: Scope) -> dict[str, Any]:
    """WSGI's environment of a request, all but its body."""
    environ = {
        **_CONSTANT,
        "REQUEST_METHOD": scope["method"],
        "PATH_INFO": unquote_to_bytes(scope["raw_path"]).decode("latin-1"),
        "QUERY_STRING": scope["query_string"].decode("latin-1"),
        "SERVER_NAME": scope["server"][0],
        "SERVER_PORT": str(scope["server"][1]),
        "SERVER_PROTOCOL": f"HTTP/{scope['http_version']}",
        "REMOTE_ADDR": scope["client"][0],
        "REMOTE_PORT": str(scope["client"][1]),
        "wsgi.url_scheme": scope["scheme"],
    }
    for raw_name, raw_value in scope["headers"]:
        name, value = raw_name.decode("latin-1"), raw_value.decode("latin-1")
        if name in ("content-type", "content-length"):
            environ[name.upper().replace("-", "_")] = value
        elif "_" not in name and name != "transfer-encoding":  # X_Forwarded_For would read as X-Forwarded-For
            key = f"HTTP_{name.upper().replace('-', '_')}"
            environ[key] = f"{environ[key]},{value}" if key in environ else value
    return environ


def _too_slow(body_s: float) -> Answer:
    detail = f"The body did not arrive within {body_s:g} s: send it faster, or less of it."
    body = json.dumps(document(408, detail)).encode()
    length = str(len(body)).encode()
    headers = [(b"content-type", MEDIA_TYPE.encode()), (b"content-length", length), (b"connection", b"close")]
    return 408, headers, body


async def _send(send: Send, status: int, headers: list[tuple[bytes, bytes]], body: bytes) -> None:
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
