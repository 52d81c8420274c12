"""`python -m serving.gateway`: serves planets over HTTP."""

from __future__ import annotations

import argparse
import os
import sys
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from urllib.parse import urlsplit

import limits

from serving.gateway.asked.splits import parse_split
from serving.gateway.config import GatewayConfig
from serving.gateway.guards.authorization import KeysError, read_keys
from serving.gateway.guards.cors import parse_origin
from serving.gateway.guards.logs import STYLES, configure_logging
from serving.gateway.http.server import StartError, serve

_ROLLOUT = Path(__file__).resolve().parents[1] / "deploy" / "rollout.toml"
_OPTION = "GATEWAY_OPTION_"
_MIB = 1024 * 1024
_CACHE_MIB = GatewayConfig.cache_bytes // _MIB


def main(arguments: Sequence[str] | None = None) -> int:
    """Parses the command line and serves; returns the exit code: 0 after a stop by signal, 2 if it cannot start."""
    parser = _parser()
    given = parser.parse_args([*environment_options(os.environ), *(sys.argv[1:] if arguments is None else arguments)])
    if given.backend == "tfserving" and given.target is None:
        parser.error("--backend tfserving needs --target HOST:PORT, the gRPC port of TensorFlow Serving")
    if given.backend == "embedded" and given.target is not None:
        parser.error("--target is for --backend tfserving; the embedded backend has no other server")
    twice = {name for name, times in Counter(name for name, _ in given.split).items() if times > 1}
    if twice:
        parser.error(f"--split is given twice for {', '.join(sorted(twice))}; give each model one")
    if given.rate_limit is None and given.rate_limit_storage != GatewayConfig.rate_limit_storage:
        parser.error("--rate-limit-storage is for --rate-limit, which is not given")
    if given.backend == "tfserving" and given.rollout is not None:
        parser.error("--rollout is for --backend embedded; TensorFlow Serving tells the labels that it was given")
    configure_logging(given.log)
    try:
        config = _config(given)
        serve(
            backend_kind=given.backend,
            target=given.target,
            saved_models=given.saved_models,
            rollout=given.rollout or (_ROLLOUT if given.backend == "embedded" else None),
            host=given.host,
            port=given.port,
            config=config,
            otlp=given.otlp,
        )
    except (KeysError, StartError) as error:
        print(error, file=sys.stderr)
        return 2
    return 0


def _config(given: argparse.Namespace) -> GatewayConfig:
    return GatewayConfig(
        default_model=given.default_model,
        default_classifier=given.default_classifier,
        splits=dict(given.split),
        deadline_s=given.deadline,
        max_in_flight=given.threads,
        max_waiting=given.max_waiting,
        cache_bytes=given.cache_mib * _MIB,
        rate_limit=given.rate_limit,
        rate_limit_storage=given.rate_limit_storage,
        trusted_proxies=given.trusted_proxies,
        cors_origins=tuple(given.cors_origin),
        api_keys=None if given.api_keys is None else read_keys(given.api_keys),
    )


def environment_options(environment: Mapping[str, str]) -> list[str]:
    """`GATEWAY_OPTION_RATE_LIMIT=600/minute` as `--rate-limit=600/minute`; the command line comes after these."""
    return [
        f"--{name.removeprefix(_OPTION).lower().replace('_', '-')}={value}"
        for name, value in sorted(environment.items())
        if name.startswith(_OPTION)
    ]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m serving.gateway",
        description="Serves planets over HTTP.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    add = parser.add_argument
    add("--backend", choices=["embedded", "tfserving"], default="embedded", help="where the models run")
    add("--target", metavar="HOST:PORT", help="gRPC port of TensorFlow Serving; commas between several")
    add("--saved-models", type=Path, default=Path("saved_models"), metavar="FOLDER", help="holds NAME/VERSION/ models")
    add("--host", default="127.0.0.1", help="name or address to listen at; 0.0.0.0 for every interface")
    add("--port", type=_whole(0, 65535), default=8000, help="port to listen at; 0 picks a free one")
    add("--threads", type=_whole(1, 256), default=GatewayConfig.max_in_flight, help="requests worked on at once")
    add("--max-waiting", type=_whole(0, 256), default=GatewayConfig.max_waiting, help="more are refused with a 503")
    add("--default-model", metavar="NAME", help="model of requests that name none; else the newest world, or the first")
    add("--default-classifier", metavar="NAME", help="the same for requests to recognize a picture")
    add("--rollout", type=Path, metavar="FILE", help="labels of embedded versions; else serving/deploy/rollout.toml")
    add("--split", type=_split, action="append", default=[], metavar="MODEL=stable:95,canary:5", help="shares of seeds")
    add("--deadline", type=_seconds, default=GatewayConfig.deadline_s, metavar="SECONDS", help="time for an answer")
    add(
        "--cache-mib",
        type=_whole(0, 65536),
        default=GatewayConfig.cache_bytes // _MIB,
        metavar="MIB",
        help="cache of pictures; 0 turns it off",
    )
    add("--rate-limit", type=_rate, metavar="RATE", help="most requests of one address, such as 600/minute")
    add(
        "--rate-limit-storage",
        type=_storage,
        default=GatewayConfig.rate_limit_storage,
        metavar="URI",
        help="where gateways count together, such as valkey://127.0.0.1:6379",
    )
    add(
        "--trusted-proxies",
        type=_whole(0, 16),
        default=GatewayConfig.trusted_proxies,
        metavar="N",
        help="proxies whose X-Forwarded-For is true",
    )
    add("--cors-origin", type=_origin, action="append", default=[], metavar="ORIGIN", help="site that may; * for all")
    add("--api-keys", type=Path, metavar="FILE", help="asks for keys; python -m serving.gateway.keys makes its lines")
    add("--otlp", type=_collector, metavar="ENDPOINT", help="sends traces to it by gRPC: http://127.0.0.1:4317")
    add("--log", choices=STYLES, default="text", help="a line per request on stderr")
    return parser


def _whole(low: int, high: int) -> Callable[[str], int]:
    def parse(text: str) -> int:
        if not (text.isascii() and text.isdigit() and low <= int(text) <= high):
            raise argparse.ArgumentTypeError(f"{text!r} is not a whole number of {low}..{high}")
        return int(text)

    return parse


def _split(text: str) -> tuple[str, dict[str, int]]:
    try:
        return parse_split(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _rate(text: str) -> str:
    try:
        limits.parse_many(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a rate such as 600/minute or 10/second") from None
    return text


def _storage(text: str) -> str:
    try:
        parts = urlsplit(text)
        right = parts.scheme in ("valkey", "valkeys") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        right = False
    if not right and text != GatewayConfig.rate_limit_storage:
        raise argparse.ArgumentTypeError(f"{text!r} is no storage such as valkey://127.0.0.1:6379 or memory://")
    return text


def _collector(text: str) -> str:
    try:
        parts = urlsplit(text)
        right = parts.scheme in ("http", "https") and bool(parts.hostname) and bool(parts.port)
    except ValueError:
        right = False
    if not right or text.rstrip("/") != f"{parts.scheme}://{parts.netloc}":
        raise argparse.ArgumentTypeError(f"{text!r} is no endpoint for OTLP by gRPC such as http://127.0.0.1:4317")
    return text


def _origin(text: str) -> str:
    try:
        return parse_origin(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


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
