"""Traces: a request's spans against its `Server-Timing`, where they go, and what happens while nobody takes them."""

from __future__ import annotations

import concurrent.futures
import itertools
import logging
import re
import socket
import sys
import time
import urllib.request
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import grpc
import pytest

pytest.importorskip("opentelemetry.sdk", reason="traces need requirements-traces.txt")
pytest.importorskip("tensorflow", reason="the serving double runs models")

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, format_span_id, format_trace_id

from serving.backends import create_backend
from serving.gateway import GatewayConfig, create_app
from serving.gateway.__main__ import main
from serving.gateway.guards import tracing as tracing_module
from serving.gateway.guards.tracing import Tracing
from tests.client.servers import running
from tests.serving.fake_backend import FakeBackend
from tests.serving.gateway.guards.test_logs import entries, log
from tests.serving.gateway.guards.test_shared_limits import wait_until
from tests.serving.serving_double import ServingDouble

_TRACE, _CALLER = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
_TRACEPARENT = f"00-{_TRACE}-{_CALLER}-01"
_ROUNDED_MS = 0.005001  # `Server-Timing` tells hundredths


class Collector:
    """Takes what is sent by OTLP over gRPC, at a port of its own."""

    def __init__(self, port: int = 0) -> None:
        self.spans: list[str] = []
        self.services: set[str] = set()
        self._server = grpc.server(concurrent.futures.ThreadPoolExecutor(1))
        handler = grpc.unary_unary_rpc_method_handler(
            self._export, ExportTraceServiceRequest.FromString, ExportTraceServiceResponse.SerializeToString
        )
        service = "opentelemetry.proto.collector.trace.v1.TraceService"
        self._server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(service, {"Export": handler}),))
        self.port = self._server.add_insecure_port(f"127.0.0.1:{port}")
        self.endpoint = f"http://127.0.0.1:{self.port}"
        self._server.start()

    def stop(self) -> None:
        self._server.stop(None).wait()

    def _export(self, request: ExportTraceServiceRequest, context: object) -> ExportTraceServiceResponse:
        for sent in request.resource_spans:
            named = {one.key: one.value.string_value for one in sent.resource.attributes}
            self.services.add(named["service.name"])
            self.spans += [span.name for scope in sent.scope_spans for span in scope.spans]
        return ExportTraceServiceResponse()


@pytest.fixture
def records() -> Iterator[None]:
    """Puts back how records of the log are made."""
    make = logging.getLogRecordFactory()
    yield
    logging.setLogRecordFactory(make)


@pytest.fixture
def collector(records: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Collector]:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "0.5")  # within which nothing is tried again
    collector = Collector()
    yield collector
    collector.stop()


def seconds(span: ReadableSpan) -> float:
    return (span.end_time - span.start_time) / 1e9


def told_ms(server_timing: str) -> dict[str, float]:
    return {name: float(took) for name, took in re.findall(r"(\w+);dur=([\d.]+)", server_timing)}


def test_a_requests_spans_add_up_to_its_server_timing(saved_models_dir: Path) -> None:
    exporter = InMemorySpanExporter()
    tracing = Tracing(exporter)
    path = "/v1/planets/7.webp?model=tiny_planet"
    with ServingDouble(saved_models_dir) as double:
        backend = create_backend(
            "tfserving", saved_models=saved_models_dir, target=double.target, intercept=tracing.intercept
        )
        app = create_app(backend, GatewayConfig(max_in_flight=1, catalog_age_s=60), tracing)
        with running(app) as url, concurrent.futures.ThreadPoolExecutor() as pool:

            def get(path: str, **headers: str) -> dict[str, float]:
                with urllib.request.urlopen(urllib.request.Request(url + path, headers=headers)) as answer:
                    return told_ms(answer.headers["Server-Timing"])

            get("/v1/planets/1.webp?model=tiny_planet")  # so that the models are known before the gate falls
            double.gate.clear()
            double.called.clear()
            first = pool.submit(get, "/v1/planets/2.webp?model=tiny_planet")
            assert double.called.wait(20)
            double.takes = 0.01
            behind = pool.submit(get, path, traceparent=_TRACEPARENT)
            wait_until(lambda: b"planet_queue_depth 1.0" in urllib.request.urlopen(f"{url}/metrics").read())
            double.gate.set()
            first.result()
            told = behind.result()
        backend.close()
    tracing.close()

    spans = [one for one in exporter.get_finished_spans() if format_trace_id(one.context.trace_id) == _TRACE]
    [root] = [one for one in spans if format_span_id(one.parent.span_id) == _CALLER]
    assert (root.name, root.kind) == ("GET /v1/planets/<anything:file>", SpanKind.SERVER)
    assert (root.attributes["planet.model"], root.attributes["planet.version"]) == ("tiny_planet", "2")
    stages = [one for one in spans if one.parent.span_id == root.context.span_id]
    total_ms = told.pop("total")
    assert {"queue", "model", "decode", "encode"} == told.keys() == {one.name for one in stages}
    for name, took_ms in told.items():
        spent_ms = sum(1000 * seconds(one) for one in stages if one.name == name)
        assert spent_ms == pytest.approx(took_ms, abs=_ROUNDED_MS)
    assert told["model"] >= 1000 * double.takes
    for stage in stages:
        assert root.start_time <= stage.start_time <= stage.end_time <= root.end_time
    assert sum(told.values()) <= total_ms + (1 + len(told)) * _ROUNDED_MS
    assert total_ms <= 1000 * seconds(root) + _ROUNDED_MS

    [model] = [one for one in stages if one.name == "model"]
    [call] = [one for one in spans if one.parent.span_id == model.context.span_id]
    assert (call.name, call.kind) == ("/tensorflow.serving.PredictionService/Predict", SpanKind.CLIENT)
    assert double.takes <= seconds(call) <= seconds(model)
    sent = Counter(one.get("traceparent", "").split("-")[1] for one in double.metadata)
    assert sent[_TRACE] == 1
    assert double.metadata[-1]["traceparent"] == f"00-{_TRACE}-{format_span_id(call.context.span_id)}-01"
    # What asks for models' states, health and metrics are no traces of their own.
    names = {one.name for one in exporter.get_finished_spans() if one.parent is None}
    assert names == {"GET /v1/planets/<anything:file>"}


def test_spans_reach_a_collector_and_lines_of_the_log_bear_their_traces(
    collector: Collector, capsys: pytest.CaptureFixture[str]
) -> None:
    tracing = Tracing.to(collector.endpoint)
    for style in ("json", "text"):
        with log(style):
            client = create_app(FakeBackend(error=RuntimeError("no")), tracing=tracing).test_client()
            client.get("/v1/planets/7.png", headers={"traceparent": _TRACEPARENT})
            client.get("/health/live")
        *told, health = capsys.readouterr().err.splitlines()
        if style == "json":
            error, access = entries(told)
            assert (error["level"], error["trace_id"], access["trace_id"]) == ("ERROR", _TRACE, _TRACE)
        else:
            assert [one for one in told if one.endswith(f" trace_id={_TRACE}")] == [told[0], told[-1]]
        assert "trace_id" not in health
    tracing.close()
    assert Counter(collector.spans) == {"GET /v1/planets/<anything:file>": 2, "model": 2}
    assert collector.services == {"planet-gateway"}


def test_a_collector_that_is_away_costs_no_answer_and_one_line(
    collector: Collector, caplog: pytest.LogCaptureFixture
) -> None:
    tracing = Tracing.to(collector.endpoint)
    client = create_app(FakeBackend(), tracing=tracing).test_client()

    def ask(seeds: range) -> None:
        for seed in seeds:
            assert client.get(f"/v1/planets/{seed}.png").status_code == 200
            tracing.flush()

    ask(range(1))
    taken = len(collector.spans)
    assert taken == 4
    collector.stop()
    ask(range(1, 4))
    [line] = caplog.messages
    assert line.startswith(f"Traces are lost while {collector.endpoint} does not take them. Failed to export traces")
    again = Collector(collector.port)
    ask(range(4, 5))
    assert len(again.spans) == 4
    again.stop()
    ask(range(5, 7))
    assert len(caplog.messages) == 2  # it was away anew
    tracing.close()
    assert len(caplog.messages) == 2


def test_the_end_is_not_put_off_by_a_collector_that_hangs(
    caplog: pytest.LogCaptureFixture, records: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tracing_module, "_CLOSE_S", 0.1)
    with socket.create_server(("127.0.0.1", 0)) as silent:  # takes the connection, and says nothing
        endpoint = f"http://127.0.0.1:{silent.getsockname()[1]}"
        tracing = Tracing.to(endpoint)
        assert create_app(FakeBackend(), tracing=tracing).test_client().get("/v1/planets/7.png").status_code == 200
        begun = time.monotonic()
        tracing.close()
        assert time.monotonic() - begun < 10.0  # which OpenTelemetry gives each batch by itself
    [line] = caplog.messages
    assert re.match(f"Traces are lost while {endpoint} does not take them. (Failed|Transient|It did not)", line)


def test_requests_of_any_kind_are_answered_as_without_traces() -> None:
    tracing = Tracing(InMemorySpanExporter())
    clients = [create_app(FakeBackend(), tracing=one).test_client() for one in (tracing, None)]
    paths = ["/v1/planets/7.png", "/v1/planets/%ff.png", "/v1/nowhere", "/%ff", "/v1/planets/a%00.png?%ff"]
    parents = ["", "00-0-0-01", f"00-{'0' * 32}-{'0' * 16}-01", "\xff" * 300]
    for path, parent, method in itertools.product(paths, parents, ("GET", "BREW")):
        headers = {"traceparent": parent, "Host": "[x", "X-Request-Id": "a", "User-Agent": "\xff"}
        traced, plain = (client.open(path, method=method, headers=headers) for client in clients)
        assert (traced.status_code, traced.data) == (plain.status_code, plain.data)
        assert traced.status_code < 500
    tracing.close()


def test_whoever_does_not_want_a_trace_gets_none() -> None:
    exporter = InMemorySpanExporter()
    tracing = Tracing(exporter)
    client = create_app(FakeBackend(), tracing=tracing).test_client()
    assert client.get("/v1/planets/7.png", headers={"traceparent": f"{_TRACEPARENT[:-1]}0"}).status_code == 200
    tracing.close()
    assert exporter.get_finished_spans() == ()


def test_what_is_not_installed_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delitem(sys.modules, "serving.gateway.guards.tracing")
    monkeypatch.setitem(sys.modules, "opentelemetry", None)
    options = ["--backend", "tfserving", "--target", "127.0.0.1:1", "--port", "0", "--saved-models", str(tmp_path)]
    assert main([*options, "--otlp", "http://127.0.0.1:4317"]) == 2
    told = capsys.readouterr().err
    assert told.startswith("Traces (--otlp) need OpenTelemetry, which is not installed")
    assert told.endswith("pip install -r requirements-traces.txt\n")


@pytest.mark.parametrize("endpoint", ["127.0.0.1:4317", "http://127.0.0.1", "http://[x", "http://h:4317/v1/traces"])
def test_an_endpoint_that_is_none_is_refused(endpoint: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--otlp", endpoint])
    assert "is no endpoint for OTLP by gRPC such as http://127.0.0.1:4317" in capsys.readouterr().err
