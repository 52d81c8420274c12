"""How often one client may ask."""

from __future__ import annotations

import logging
import time

from flask import Flask, Response
from flask_limiter import Limiter, RateLimitExceeded
from flask_limiter.util import get_remote_address

from serving.gateway.config import GatewayConfig
from serving.gateway.guards.authorization import is_api_call
from serving.gateway.problems import Problem

_TIMEOUT_S = 0.25  # for a storage in the same network
_SWALLOWED = "Failed to rate limit. Swallowing error"


def limit_clients(app: Flask, config: GatewayConfig) -> None:
    """Refuses requests of one address to `/v1` beyond `config.rate_limit` with 429.

    Gateways that share a storage count together. While it is away each counts by itself, and says so once; it is looked
    for again after 1, 2, 4 seconds and so on.
    """
    if config.rate_limit is None:
        return
    shared = config.rate_limit_storage != GatewayConfig.rate_limit_storage
    timeouts = {"socket_timeout": _TIMEOUT_S, "socket_connect_timeout": _TIMEOUT_S}
    limiter = Limiter(
        get_remote_address,
        app=app,
        application_limits=[config.rate_limit],
        storage_uri=config.rate_limit_storage,
        storage_options=timeouts if shared else {},
        key_prefix="planets",
        in_memory_fallback_enabled=shared,
        # A request that was counting while another one found the storage gone is let pass.
        swallow_errors=shared,
    )
    limiter.logger.addFilter(_said_already)

    @limiter.request_filter
    def is_free() -> bool:
        return not is_api_call()

    @app.errorhandler(RateLimitExceeded)
    def exceeded(error: RateLimitExceeded) -> Response:
        try:
            wait_s = max(1, limiter.current_limit.reset_at - int(time.time()))
        except Exception:  # the storage went between the count and this
            wait_s = error.limit.limit.get_expiry()
        detail = f"You asked more often than {error.description}: wait {wait_s} s and try again."
        return app.handle_user_exception(Problem(429, detail, headers={"Retry-After": str(wait_s)}))


def _said_already(record: logging.LogRecord) -> bool:
    """Whether a line of the library tells more than that the storage is away, which it has told once."""
    return record.msg != _SWALLOWED
