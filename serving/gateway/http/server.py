"""The gateway as a process: a backend, a listening socket, and uvicorn between them."""

from __future__ import annotations

import math
import signal
import socket
import sys
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, NoReturn

import uvicorn
from flask import Flask

from serving.backends import create_backend
from serving.backends.base import BackendMisconfigured
from serving.gateway.app import create_app
from serving.gateway.config import GatewayConfig
from serving.gateway.http.bridge import Bridge
from serving.gateway.http.protocol import Protocol

if TYPE_CHECKING:  # OpenTelemetry may not be installed
    from serving.gateway.guards.tracing import Tracing

_SPARE_THREADS = 8  # beyond those that work or wait: for health, metrics, the page, the cache and refusals
_BACKLOG = 2048  # connections that the system takes in before the gateway does
_MAX_BODY_BYTES = 64 * 1024 * 1024  # what is taken in at all; the app refuses far smaller bodies, and says so
_BODY_S = 120.0
_UNREAD_S = 120.0  # who takes nothing of an answer for so long gets no more of it
_KEEP_ALIVE_S = 120  # longer than load balancers keep a connection that they may yet send a request on

_SWITCH_S = 0.02  # of Python's lock; threads of requests give it up often enough by themselves


class StartError(Exception):
    """The gateway cannot start; the text is one sentence that says why."""


def serve(
    *,
    backend_kind: str,
    target: str | None,
    saved_models: Path,
    rollout: Path | None = None,
    host: str,
    port: int,
    config: GatewayConfig,
    otlp: str | None = None,
) -> None:
    """Serves until SIGTERM or SIGINT, finishes the requests it has begun, and returns.

    Prints one line with the URL once connections are accepted. Finishing takes `config.deadline_s` at most; a second
    signal ends it.

    Args:
        backend_kind: `"embedded"` or `"tfserving"`.
        target: Address of TensorFlow Serving's gRPC port, `host:port`; only for `"tfserving"`.
        saved_models: Folder of `NAME/VERSION/` SavedModels.
        rollout: File that chooses which versions are `stable` and `canary`; only for `"embedded"`.
        host: Name or address to listen at.
        port: Port to listen at; 0 picks a free one.
        config: Settings of the app.
        otlp: URL of a collector that traces are sent to, such as `http://127.0.0.1:4317`; none are made if None.

    Raises:
        StartError: The port cannot be had, the backend cannot be made, or OpenTelemetry is not installed.
    """
    sys.setswitchinterval(_SWITCH_S)
    signal.signal(signal.SIGTERM, _stop)
    signal.signal(signal.SIGINT, _stop)
    listener = _bind(host, port)
    backend = tracing = None
    try:
        tracing = None if otlp is None else _tracing(otlp)
        backend = create_backend(
            backend_kind,
            saved_models=saved_models,
            target=target,
            rollout=rollout,
            intercept=None if tracing is None else tracing.intercept,
        )
        app = create_app(backend, config, tracing)
        _listen(listener)
        print(f"Planets are served at {_url(listener)} (stop with Ctrl+C).", flush=True)
        Server(app, config).run([listener])
    except BackendMisconfigured as error:
        raise StartError(str(error)) from None
    except SystemExit:
        pass  # by a signal, while starting or finishing
    finally:
        if backend is not None:
            backend.close()
        if tracing is not None:
            tracing.close()
        listener.close()


class Server(uvicorn.Server):
    """Answers requests to the app, from a listening socket, until a signal comes or `should_exit` is true, then those
    begun. A second signal of any kind ends it at once; none is raised again when it has ended.

    Args:
        app: The WSGI app.
        config: Tells how many requests there may be at once, and how long to finish those begun.
    """

    def __init__(self, app: Flask, config: GatewayConfig) -> None:
        # Whoever waits does so in the app, which refuses what is too much.
        threads = config.max_in_flight + config.max_waiting + _SPARE_THREADS
        self._bridge = Bridge(app, threads=threads, max_body_bytes=_MAX_BODY_BYTES, body_s=_BODY_S)
        super().__init__(
            uvicorn.Config(
                self._bridge,
                interface="asgi3",
                http=Protocol,
                loop="asyncio",
                ws="none",
                lifespan="off",
                backlog=_BACKLOG,
                headers=[("Server", "planet-generator")],
                server_header=False,
                proxy_headers=False,
                log_config=None,
                log_level="error",
                access_log=False,
                timeout_keep_alive=_KEEP_ALIVE_S,
                timeout_graceful_shutdown=math.ceil(config.deadline_s),
            )
        )

    def run(self, sockets: list[socket.socket] | None = None) -> None:
        try:
            super().run(sockets)
        finally:
            self._bridge.close()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        self.force_exit = self.should_exit
        self.should_exit = True


def _tracing(endpoint: str) -> Tracing:
    try:
        from serving.gateway.guards.tracing import Tracing
    except ImportError as error:
        what = "Traces (--otlp) need OpenTelemetry, which is not installed"
        raise StartError(f"{what} ({error}): pip install -r requirements-traces.txt") from None
    return Tracing.to(endpoint)


def _stop(signal_number: int, frame: object) -> NoReturn:
    raise SystemExit(0)


def _bind(host: str, port: int) -> socket.socket:
    """A bound socket, taken before any model loads so that a port in use is told at once."""
    listener = None
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listener = socket.socket(family, kind, protocol)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if hasattr(socket, "TCP_USER_TIMEOUT"):  # on Linux; accepted connections inherit it
            listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, round(1000 * _UNREAD_S))
        listener.bind(address)
    except OSError as error:
        if listener is not None:
            listener.close()
        raise _not_listening(host, port, error) from None
    return listener


def _listen(listener: socket.socket) -> None:
    """Has the socket take in connections; they are answered once the server runs."""
    try:
        listener.listen(_BACKLOG)
    except OSError as error:  # another process may have bound the port too, and listened first
        raise _not_listening(*listener.getsockname()[:2], error) from None


def _not_listening(host: str, port: int, error: OSError) -> StartError:
    return StartError(f"Cannot listen at {host} port {port}: {error.strerror}; choose another with --port or --host.")


def _url(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"
