"""The gateway as a process: a backend, a listening socket, and waitress between them."""

from __future__ import annotations

import logging
import signal
import socket
from pathlib import Path
from typing import NoReturn

import waitress
from flask import Flask

from serving.backends import create_backend
from serving.backends.base import BackendMisconfigured
from serving.gateway.app import create_app
from serving.gateway.config import GatewayConfig

_MAX_BODY_BYTES = 64 * 1024 * 1024  # what waitress takes in at all; the app refuses far smaller bodies, and says so


class StartError(Exception):
    """The gateway cannot start; the text is one sentence that says why."""


def serve(
    *,
    backend_kind: str,
    target: str | None,
    saved_models: Path,
    host: str,
    port: int,
    threads: int,
    config: GatewayConfig,
) -> None:
    """Serves until SIGTERM or SIGINT, then gives the requests it has begun 5 s to finish, and returns.

    Prints one line with the URL once connections are accepted.

    Args:
        backend_kind: `"embedded"` or `"tfserving"`.
        target: Address of TensorFlow Serving's gRPC port, `host:port`; only for `"tfserving"`.
        saved_models: Folder of `NAME/VERSION/` SavedModels.
        host: Name or address to listen at.
        port: Port to listen at; 0 picks a free one.
        threads: Requests worked on at the same time.
        config: Settings of the app.

    Raises:
        StartError: The port cannot be had, or the backend cannot be made.
    """
    signal.signal(signal.SIGTERM, _stop)
    signal.signal(signal.SIGINT, _stop)
    logging.basicConfig(format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)  # it warns of every request that waits for a thread
    listener = _bind(host, port)
    backend = None
    try:
        backend = create_backend(backend_kind, saved_models=saved_models, target=target)
        app = create_app(backend, config)
        server = _listen(listener, app, threads)
        print(f"Planets are served at {_url(listener)} (stop with Ctrl+C).", flush=True)
        server.run()
    except BackendMisconfigured as error:
        raise StartError(str(error)) from None
    except SystemExit:
        pass  # by a signal, while starting
    finally:
        if backend is not None:
            backend.close()
        listener.close()


def _stop(signal_number: int, frame: object) -> NoReturn:
    raise SystemExit(0)


def _bind(host: str, port: int) -> socket.socket:
    """A bound socket, taken before any model loads so that a port in use is told at once."""
    listener = None
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listener = socket.socket(family, kind, protocol)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
    except OSError as error:
        if listener is not None:
            listener.close()
        raise _not_listening(host, port, error) from None
    return listener


def _listen(listener: socket.socket, app: Flask, threads: int) -> waitress.server.TcpWSGIServer:
    """A server whose socket accepts connections; they are answered once it runs."""
    try:
        return waitress.create_server(
            app, sockets=[listener], threads=threads, ident="planet-generator", max_request_body_size=_MAX_BODY_BYTES
        )
    except OSError as error:  # another process may have bound the port too, and listened first
        raise _not_listening(*listener.getsockname()[:2], error) from None


def _not_listening(host: str, port: int, error: OSError) -> StartError:
    return StartError(f"Cannot listen at {host} port {port}: {error.strerror}; choose another with --port or --host.")


def _url(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"
