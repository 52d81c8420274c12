"""`/metrics`: what the gateway does, for Prometheus."""

from __future__ import annotations

from collections.abc import Iterator

from flask import Flask, Response, g, request
from prometheus_client import CollectorRegistry, Counter, Histogram, ProcessCollector
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector

from serving.gateway.asked.catalog import Catalog
from serving.gateway.guards.admission import Admission
from serving.gateway.pictures.cache import PictureCache

_BUCKETS_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
_METHODS = {"GET", "HEAD", "POST", "OPTIONS"}  # a client may make up others without end


def add_metrics(app: Flask, catalog: Catalog, admission: Admission, cache: PictureCache) -> None:
    """Counts every response of the app and adds `GET /metrics`, in Prometheus' text format or OpenMetrics."""
    registry = CollectorRegistry()
    requests = Counter("planet_requests", "Responses.", ["route", "method", "status"], registry=registry)
    request_s = Histogram(
        "planet_request_seconds", "Time from request to response.", ["route"], registry=registry, buckets=_BUCKETS_S
    )
    stage_s = Histogram(
        "planet_stage_seconds", "Time of a request's stages.", ["stage"], registry=registry, buckets=_BUCKETS_S
    )
    registry.register(_State(catalog, admission, cache))
    ProcessCollector(registry=registry)

    @app.get("/metrics")
    def metrics() -> Response:
        write, content_type = choose_encoder(request.headers.get("Accept", ""))
        return Response(write(registry), content_type=content_type, headers={"Cache-Control": "no-store"})

    @app.after_request
    def count(response: Response) -> Response:
        method = request.method if request.method in _METHODS else "other"
        requests.labels(route_label(), method, response.status_code).inc()
        request_s.labels(route_label()).observe(g.timings.total_s())
        for stage, seconds in g.timings.stages_s().items():
            stage_s.labels(stage).observe(seconds)
        return response


def route_label() -> str:
    """The rule of the request's URL, of which there are few; `none` where no route fits."""
    return request.url_rule.rule if request.url_rule is not None else "none"


class _State(Collector):
    """What is so at the moment of a scrape."""

    def __init__(self, catalog: Catalog, admission: Admission, cache: PictureCache) -> None:
        self._catalog = catalog
        self._admission = admission
        self._cache = cache

    def collect(self) -> Iterator[Metric]:
        versions = self._catalog.versions()
        up = any(version.state == "AVAILABLE" for version in versions)
        models = GaugeMetricFamily("planet_models", "Versions of models.", labels=["name", "version", "state"])
        for version in versions:
            models.add_metric([version.name, str(version.version), version.state], 1)
        yield models
        yield GaugeMetricFamily("planet_backend_up", "1 if a model can be asked, else 0.", int(up))
        yield GaugeMetricFamily("planet_in_flight", "Requests being worked on.", self._admission.in_flight)
        yield GaugeMetricFamily("planet_queue_depth", "Requests waiting for a place.", self._admission.waiting)
        yield GaugeMetricFamily("planet_cache_bytes", "Size of the cache of pictures.", self._cache.bytes)
        yield CounterMetricFamily("planet_cache_hits", "Pictures found in the cache.", self._cache.hits)
        yield CounterMetricFamily("planet_cache_misses", "Pictures not found in the cache.", self._cache.misses)

    def describe(self) -> list[Metric]:
        return []  # registering asks no backend
