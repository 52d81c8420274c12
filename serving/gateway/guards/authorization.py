"""API keys: who may use `/v1`. Only their SHA-256 digests are stored."""

from __future__ import annotations

import hashlib
import hmac
import re
from pathlib import Path

from flask import Flask, request

from serving.gateway.config import GatewayConfig
from serving.gateway.problems import Problem
from serving.texts import read_text

_DIGEST = re.compile(r"[0-9a-fA-F]{64}")


class KeysError(Exception):
    """The file of keys cannot be used; the text is one sentence that says why."""


def require_keys(app: Flask, config: GatewayConfig) -> None:
    """Refuses requests to `/v1` without a known key, if there are keys; preflight requests cannot carry one."""
    if config.api_keys is None:
        return
    digests = [bytes.fromhex(digest) for digest in config.api_keys]

    @app.before_request
    def check() -> None:
        if not is_api_call():
            return
        authorization = request.authorization
        token = authorization.token if authorization is not None and authorization.type == "bearer" else None
        if not token:
            raise _refusal("This gateway needs an API key: send it as Authorization: Bearer KEY.", "Bearer")
        given = hashlib.sha256(token.encode()).digest()
        # All are compared, each in constant time: how long it takes tells nothing about any.
        if sum(hmac.compare_digest(given, digest) for digest in digests) == 0:
            raise _refusal("The API key is not known: check it, or ask for another.", 'Bearer error="invalid_token"')


def is_api_call() -> bool:
    """Whether the request asks anything of `/v1`; a preflight request only asks whether it may."""
    return request.path.startswith("/v1/") and request.method != "OPTIONS"


def read_keys(file: Path) -> frozenset[str]:
    """The digests in a file: one per line, in hexadecimal; what follows a `#` is a comment.

    Raises:
        KeysError: The file cannot be read, a line holds no digest, or there is none at all.
    """
    try:
        lines = read_text(file).splitlines()
    except (OSError, ValueError) as error:
        raise KeysError(f"The file of API keys {file} cannot be read: {error}.") from None
    digests = set()
    for number, line in enumerate(lines, 1):
        digest = line.partition("#")[0].strip()
        if digest and not _DIGEST.fullmatch(digest):
            made = "make lines with python -m serving.gateway.keys"
            raise KeysError(f"Line {number} of {file} is not a SHA-256 digest of 64 hexadecimal digits; {made}.")
        if digest:
            digests.add(digest.lower())
    if not digests:
        raise KeysError(f"The file of API keys {file} holds no key, so nobody could use the gateway; add one.")
    return frozenset(digests)


def digest_line(key: str, name: str = "") -> str:
    """The line of a key for the file of keys."""
    digest = hashlib.sha256(key.encode()).hexdigest()
    return f"{digest}  # {name}" if name else digest


def _refusal(detail: str, challenge: str) -> Problem:
    return Problem(401, detail, headers={"WWW-Authenticate": challenge})
