"""The Flask application of the gateway."""

from __future__ import annotations

import re
import time
import uuid
from typing import TYPE_CHECKING

from flask import Flask, Response, g, request
from werkzeug.middleware.proxy_fix import ProxyFix

from serving.backends.base import Backend
from serving.gateway.asked.catalog import Catalog
from serving.gateway.asked.uploads import Uploads
from serving.gateway.config import GatewayConfig
from serving.gateway.guards.admission import Admission
from serving.gateway.guards.authorization import require_keys
from serving.gateway.guards.cors import allow_origins
from serving.gateway.guards.door import ModelDoor
from serving.gateway.guards.intake import refuse_what_cannot_be_read
from serving.gateway.guards.limits import limit_clients
from serving.gateway.guards.logs import log_requests
from serving.gateway.guards.metrics import add_metrics
from serving.gateway.guards.swaps import SwapProofFlask
from serving.gateway.guards.timing import ARRIVED, Timings
from serving.gateway.openapi import add_openapi_routes
from serving.gateway.pictures.cache import PictureCache
from serving.gateway.problems import handle_problems
from serving.gateway.routes.answering import Answers
from serving.gateway.routes.assets import add_asset_routes
from serving.gateway.routes.facts import add_facts_route
from serving.gateway.routes.health import add_health_routes
from serving.gateway.routes.maps import DrawnMaps, add_map_routes
from serving.gateway.routes.models import add_model_routes
from serving.gateway.routes.morphs import add_morph_route
from serving.gateway.routes.page import add_page_routes
from serving.gateway.routes.paths import Anything
from serving.gateway.routes.planets import add_planet_routes
from serving.gateway.routes.recognition import add_recognition_routes
from serving.gateway.routes.shaders import add_shader_routes
from serving.gateway.routes.sheets import add_sheet_route
from serving.gateway.routes.systems import add_system_routes
from serving.gateway.routes.translation import add_translation_routes
from serving.gateway.routes.worlds import add_world_routes

if TYPE_CHECKING:  # OpenTelemetry may not be installed
    from serving.gateway.guards.tracing import Tracing

_SANE_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")


def create_app(backend: Backend, config: GatewayConfig | None = None, tracing: Tracing | None = None) -> Flask:
    """The gateway over a backend; the caller closes the backend and the tracing."""
    config = config or GatewayConfig()
    catalog = Catalog(backend, config)
    app = SwapProofFlask("gateway", catalog)
    app.config["MAX_CONTENT_LENGTH"] = config.max_body_bytes
    app.json.sort_keys = False
    app.url_map.merge_slashes = False  # a//b is another address than a/b
    app.url_map.converters["anything"] = Anything
    door = ModelDoor(backend, config)
    uploads = Uploads(config)
    admission = Admission(config)
    cache = PictureCache(config.cache_bytes)
    answers = Answers(admission, cache, config)
    if tracing is not None:
        tracing.watch(app)
    if config.trusted_proxies:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=config.trusted_proxies, x_proto=config.trusted_proxies)
    handle_problems(app, config)
    # Requests meet these in their order, responses in the opposite one.
    log_requests(app)
    add_metrics(app, catalog, admission, cache)
    _accompany_requests(app, config, tracing)
    refuse_what_cannot_be_read(app)
    allow_origins(app, config)
    limit_clients(app, config)
    require_keys(app, config)
    add_planet_routes(app, door, catalog, answers, admission, config)
    add_morph_route(app, door, catalog, answers)
    add_sheet_route(app, door, catalog, answers, config)
    add_world_routes(app, door, catalog, answers)
    maps = DrawnMaps(door)
    add_map_routes(app, door, maps, catalog, answers)
    add_asset_routes(app, maps, catalog, answers)
    add_facts_route(app, maps, catalog, answers)
    add_shader_routes(app, door, catalog, answers)
    add_system_routes(app, catalog, config)
    add_recognition_routes(app, door, catalog, uploads, admission)
    add_translation_routes(app, door, catalog, uploads, admission)
    add_model_routes(app, catalog)
    add_health_routes(app, catalog)
    add_openapi_routes(app, config)
    add_page_routes(app, config)
    return app


def _accompany_requests(app: Flask, config: GatewayConfig, tracing: Tracing | None) -> None:
    """Gives every request an id and a deadline, every response that id, timings, and a header against sniffing."""

    @app.before_request
    def begin() -> None:
        came = request.environ.get(ARRIVED) or time.monotonic()
        g.timings = Timings(time.monotonic() - came, None if tracing is None else tracing.spans())
        g.expires = came + config.deadline_s
        given = request.headers.get("X-Request-Id", "")
        g.request_id = given if _SANE_REQUEST_ID.fullmatch(given) else uuid.uuid4().hex

    @app.after_request
    def finish(response: Response) -> Response:
        response.headers["X-Request-Id"] = g.request_id
        response.headers["Server-Timing"] = g.timings.header()
        response.headers["X-Content-Type-Options"] = "nosniff"
        return response
