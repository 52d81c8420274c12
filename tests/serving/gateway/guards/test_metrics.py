"""What `/metrics` tells, read as Prometheus reads it."""

from __future__ import annotations

from collections.abc import Mapping

from flask.testing import FlaskClient
from prometheus_client.parser import text_string_to_metric_families

from serving.backends.base import BackendUnavailable
from serving.gateway import GatewayConfig, create_app
from tests.serving.fake_backend import FakeBackend, fake_version


def client_of(backend: FakeBackend) -> FlaskClient:
    return create_app(backend, GatewayConfig(catalog_age_s=0.0)).test_client()


def scraped(client: FlaskClient) -> Mapping[tuple[str, ...], float]:
    """Values by name and labels' values, sorted by label, such as `("planet_models", "fake", "AVAILABLE", "1")`."""
    families = text_string_to_metric_families(client.get("/metrics").text)
    samples = (sample for family in families for sample in family.samples)
    return {(sample.name, *(sample.labels[name] for name in sorted(sample.labels))): sample.value for sample in samples}


def test_requests_are_counted_by_route_method_and_status() -> None:
    client = client_of(FakeBackend())
    for path in ("/v1/planets/1.png", "/v1/planets/2.png", "/v1/planets/1.gif", "/nowhere", "/nowhere/else"):
        client.get(path)
    client.open("/nowhere", method="BREW")
    values = scraped(client)
    route = "/v1/planets/<anything:file>"
    assert values["planet_requests_total", "GET", route, "200"] == 2
    assert values["planet_requests_total", "GET", route, "422"] == 1
    assert values["planet_requests_total", "GET", "none", "404"] == 2
    assert values["planet_requests_total", "other", "none", "404"] == 1
    assert values["planet_request_seconds_count", route] == 3


def test_stages_are_timed() -> None:
    client = client_of(FakeBackend())
    client.get("/v1/planets/1.png")
    values = scraped(client)
    assert [values["planet_stage_seconds_count", stage] for stage in ("model", "decode", "encode")] == [1, 1, 1]


def test_errors_of_any_kind_are_counted() -> None:
    for error, status in ((BackendUnavailable("Away."), "503"), (RuntimeError("Odd."), "500")):
        client = client_of(FakeBackend(error=error))
        client.get("/v1/planets/1.png")
        assert scraped(client)["planet_requests_total", "GET", "/v1/planets/<anything:file>", status] == 1


def test_models_and_their_server() -> None:
    backend = FakeBackend([fake_version(version=2, state="LOADING"), fake_version()])
    client = client_of(backend)
    values = scraped(client)
    assert values["planet_models", "fake", "AVAILABLE", "1"] == 1
    assert values["planet_models", "fake", "LOADING", "2"] == 1
    assert values["planet_backend_up",] == 1
    backend.versions = [fake_version(state="UNAVAILABLE")]
    values = scraped(client)
    assert ("planet_models", "fake", "AVAILABLE", "1") not in values
    assert values["planet_backend_up",] == 0


def test_two_apps_count_by_themselves() -> None:
    first, second = client_of(FakeBackend()), client_of(FakeBackend())
    first.get("/health/live")
    assert ("planet_requests_total", "GET", "/health/live", "200") in scraped(first)
    assert ("planet_requests_total", "GET", "/health/live", "200") not in scraped(second)


def test_openmetrics_if_asked_for() -> None:
    response = client_of(FakeBackend()).get("/metrics", headers={"Accept": "application/openmetrics-text"})
    assert response.content_type.startswith("application/openmetrics-text")
    assert response.text.endswith("# EOF\n")
