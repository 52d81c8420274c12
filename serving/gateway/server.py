"""The gateway as a process: a backend, a listening socket, and waitress between them."""

from __future__ import annotations

import contextlib
import logging
import signal
import socket
import sys
import threading
import time
from pathlib import Path
from typing import NoReturn

import waitress
from flask import Flask

from serving.backends import create_backend
from serving.backends.base import BackendMisconfigured
from serving.gateway.app import create_app
from serving.gateway.arrivals import Dispatcher
from serving.gateway.config import GatewayConfig

_SPARE_THREADS = 8  # beyond those that work or wait: for health, metrics, the page, the cache and refusals
_MAX_CONNECTIONS = 900  # below the 1024 open files that a process usually may have; kept-alive ones cost no thread
_MAX_BODY_BYTES = 64 * 1024 * 1024  # what waitress takes in at all; the app refuses far smaller bodies, and says so

_SWITCH_S = 0.02  # of Python's lock; threads of requests give it up often enough by themselves

_stopped = threading.Event()  # by a signal


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

    Raises:
        StartError: The port cannot be had, or the backend cannot be made.
    """
    _stopped.clear()
    sys.setswitchinterval(_SWITCH_S)
    signal.signal(signal.SIGTERM, _stop)
    signal.signal(signal.SIGINT, _stop)
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)  # it warns of every request that waits for a thread
    listener = _bind(host, port)
    backend = None
    try:
        backend = create_backend(backend_kind, saved_models=saved_models, target=target, rollout=rollout)
        app = create_app(backend, config)
        server = _listen(listener, app, config)
        print(f"Planets are served at {_url(listener)} (stop with Ctrl+C).", flush=True)
        _run(server, config)
    except BackendMisconfigured as error:
        raise StartError(str(error)) from None
    except SystemExit:
        pass  # by a signal, while starting or finishing
    finally:
        if backend is not None:
            backend.close()
        listener.close()


def _run(server: waitress.server.TcpWSGIServer, config: GatewayConfig) -> None:
    """Answers requests until a signal comes, then those begun; waitress' own `run` would cut off what is half sent."""
    with contextlib.suppress(SystemExit):
        while not _stopped.is_set():
            server.asyncore.loop(timeout=1, map=server._map, use_poll=True, count=1)
    end = time.monotonic() + config.deadline_s
    server.accepting = False
    server.task_dispatcher.shutdown(timeout=config.deadline_s)
    while time.monotonic() < end and any(one.total_outbufs_len for one in server.active_channels.values()):
        server.asyncore.loop(timeout=0.1, map=server._map, use_poll=True, count=1)


def _stop(signal_number: int, frame: object) -> NoReturn:
    """Ends what the main thread does at once; Python drops the exception where it meets it in a finalizer, and then the
    event is found set a moment later."""
    _stopped.set()
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


def _listen(listener: socket.socket, app: Flask, config: GatewayConfig) -> waitress.server.TcpWSGIServer:
    """A server whose socket accepts connections; they are answered once it runs."""
    dispatcher = Dispatcher()
    # Whoever waits does so in the app, which refuses what is too much; in waitress' own line nobody could tell.
    dispatcher.set_thread_count(config.max_in_flight + config.max_waiting + _SPARE_THREADS)
    try:
        return waitress.create_server(
            app,
            _dispatcher=dispatcher,
            sockets=[listener],
            connection_limit=_MAX_CONNECTIONS,
            ident="planet-generator",
            max_request_body_size=_MAX_BODY_BYTES,
            clear_untrusted_proxy_headers=config.trusted_proxies == 0,
        )
    except OSError as error:  # another process may have bound the port too, and listened first
        dispatcher.shutdown()
        raise _not_listening(*listener.getsockname()[:2], error) from None


def _not_listening(host: str, port: int, error: OSError) -> StartError:
    return StartError(f"Cannot listen at {host} port {port}: {error.strerror}; choose another with --port or --host.")


def _url(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"
