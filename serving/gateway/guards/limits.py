"""How often one client may ask."""

from __future__ import annotations

import time

from flask import Flask, Response
from flask_limiter import Limiter, RateLimitExceeded
from flask_limiter.util import get_remote_address

from serving.gateway.config import GatewayConfig
from serving.gateway.guards.authorization import is_api_call
from serving.gateway.problems import Problem


def limit_clients(app: Flask, config: GatewayConfig) -> None:
    """Refuses requests of one address to `/v1` beyond `config.rate_limit` with 429; every process counts by itself."""
    if config.rate_limit is None:
        return
    limiter = Limiter(get_remote_address, app=app, application_limits=[config.rate_limit], storage_uri="memory://")

    @limiter.request_filter
    def is_free() -> bool:
        return not is_api_call()

    @app.errorhandler(RateLimitExceeded)
    def exceeded(error: RateLimitExceeded) -> Response:
        wait_s = max(1, limiter.current_limit.reset_at - int(time.time()))
        detail = f"You asked more often than {error.description}: wait {wait_s} s and try again."
        return app.handle_user_exception(Problem(429, detail, headers={"Retry-After": str(wait_s)}))
