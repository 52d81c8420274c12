"""`python -m serving.gateway`: serves planets over HTTP."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from serving.gateway.config import GatewayConfig
from serving.gateway.server import StartError, serve


def main(arguments: Sequence[str] | None = None) -> int:
    """Parses the command line and serves; returns the exit code: 0 after a stop by signal, 2 if it cannot start."""
    parser = _parser()
    given = parser.parse_args(arguments)
    if given.backend == "tfserving" and given.target is None:
        parser.error("--backend tfserving needs --target HOST:PORT, the gRPC port of TensorFlow Serving")
    if given.backend == "embedded" and given.target is not None:
        parser.error("--target is for --backend tfserving; the embedded backend has no other server")
    config = GatewayConfig(
        default_model=given.default_model, default_classifier=given.default_classifier, deadline_s=given.deadline
    )
    try:
        serve(
            backend_kind=given.backend,
            target=given.target,
            saved_models=given.saved_models,
            host=given.host,
            port=given.port,
            threads=given.threads,
            config=config,
        )
    except StartError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m serving.gateway",
        description="Serves planets over HTTP.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    add = parser.add_argument
    add("--backend", choices=["embedded", "tfserving"], default="embedded", help="where the models run")
    add("--target", metavar="HOST:PORT", help="gRPC port of TensorFlow Serving, for --backend tfserving")
    add("--saved-models", type=Path, default=Path("saved_models"), metavar="FOLDER", help="holds NAME/VERSION/ models")
    add("--host", default="127.0.0.1", help="name or address to listen at; 0.0.0.0 for every interface")
    add("--port", type=_port, default=8000, help="port to listen at; 0 picks a free one")
    add("--threads", type=_thread_count, default=8, help="requests worked on at the same time")
    add("--default-model", metavar="NAME", help="model of requests that name none; else the first by name")
    add("--default-classifier", metavar="NAME", help="the same for requests to recognize a picture")
    add("--deadline", type=_seconds, default=GatewayConfig.deadline_s, metavar="SECONDS", help="time for the model")
    return parser


def _port(text: str) -> int:
    return _integer(text, 0, 65535)


def _thread_count(text: str) -> int:
    return _integer(text, 1, 256)


def _integer(text: str, low: int, high: int) -> int:
    if not (text.isascii() and text.isdigit() and low <= int(text) <= high):
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number of {low}..{high}")
    return int(text)


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0.0 < seconds <= 3600.0:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of seconds above 0, at most 3600")
    return seconds


if __name__ == "__main__":
    sys.exit(main())
