"""Traces: how long each request took and where, for a collector of OpenTelemetry, which importing this needs."""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Sequence

import grpc
from flask import Flask, Response, request
from opentelemetry import context, trace
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
from opentelemetry.instrumentation.flask import _ENVIRON_STARTTIME_KEY, FlaskInstrumentor
from opentelemetry.instrumentation.grpc import client_interceptor
from opentelemetry.instrumentation.grpc.grpcext import intercept_channel
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult

from serving.gateway.guards.timing import ARRIVED, BeginSpan, EndSpan

_SERVICE = "planet-gateway"
_NOT_API = r"^[^/]*//[^/]*/(?!v1/)"
_TOLD = {"planet.request_id": "X-Request-Id", "planet.model": "X-Planet-Model", "planet.version": "X-Planet-Version"}
_CLOSE_S = 2.0
_LOGGERS = ("opentelemetry.exporter.otlp.proto.grpc.exporter", "opentelemetry.sdk._shared_internal")

_log = logging.getLogger(__name__)


class Tracing:
    """A span for each request to `/v1`, within it one for each of the stages that `Server-Timing` tells, within those
    that ask a model server one for each call. A request's `traceparent` is taken up, and passed on to the model server.

    OpenTelemetry's environment variables hold, such as `OTEL_TRACES_SAMPLER`.

    Args:
        exporter: Takes the spans, off the requests' threads.
        endpoint: What the log calls it.

    Reference: W3C, Trace Context, 2021.
    """

    def __init__(self, exporter: SpanExporter, endpoint: str = "their exporter") -> None:
        self._exporter = _Told(exporter, endpoint)
        name = os.environ.get("OTEL_SERVICE_NAME", _SERVICE)
        self._provider = TracerProvider(resource=Resource.create({"service.name": name}), shutdown_on_exit=False)
        self._provider.add_span_processor(BatchSpanProcessor(self._exporter))
        self._tracer = self._provider.get_tracer(__name__)

    @classmethod
    def to(cls, endpoint: str) -> Tracing:
        """Traces for a collector that takes OTLP over gRPC at an endpoint, such as `http://127.0.0.1:4317`; lines of
        the process' log tell the trace that they belong to.

        While the collector is away spans are dropped, which is logged once; no request waits for it.
        """
        _name_traces_in_logs()
        return cls(OTLPSpanExporter(endpoint=endpoint), endpoint)

    def watch(self, app: Flask) -> None:
        """Traces an app's requests from now on."""

        @app.before_request
        def begin_at_arrival() -> None:
            if (came := request.environ.get(ARRIVED)) is not None:
                now_ns = time.time_ns()
                request.environ[_ENVIRON_STARTTIME_KEY] = now_ns - round(1e9 * (time.monotonic() - came))

        @app.after_request
        def tell(response: Response) -> Response:
            told = {name: response.headers.get(header) for name, header in _TOLD.items()}
            trace.get_current_span().set_attributes({name: value for name, value in told.items() if value is not None})
            return response

        FlaskInstrumentor.instrument_app(
            app, tracer_provider=self._provider, excluded_urls=_NOT_API, enable_commenter=False
        )

    def intercept(self, channel: grpc.Channel) -> grpc.Channel:
        """A model server's channel whose calls are traced that a request makes."""
        return intercept_channel(channel, client_interceptor(self._provider, filter_=_is_of_a_request))

    def spans(self) -> BeginSpan | None:
        """For `Timings` of the request at hand; None if it is not traced."""
        if not trace.get_current_span().is_recording():
            return None
        epoch_ns = time.time_ns() - time.perf_counter_ns()

        def begin(name: str, start: float) -> EndSpan:
            span = self._tracer.start_span(name, start_time=epoch_ns + round(1e9 * start))
            token = context.attach(trace.set_span_in_context(span))

            def end(stop: float) -> None:
                context.detach(token)
                span.end(epoch_ns + round(1e9 * stop))

            return end

        return begin

    def flush(self) -> None:
        """Sends what there is, and waits for that."""
        self._provider.force_flush()

    def close(self) -> None:
        """Sends what is left, for two seconds at most."""
        enough = threading.Timer(_CLOSE_S, self._exporter.shutdown)
        enough.start()
        self._provider.shutdown()
        enough.cancel()
        self._exporter.let_the_library_log()


class _Told(SpanExporter):
    """Another exporter, which says once that its collector is away, in place of a line or more for every batch."""

    def __init__(self, exporter: SpanExporter, endpoint: str) -> None:
        self._exporter = exporter
        self._endpoint = endpoint
        self._is_away = self._is_closed = False
        self._reason = "It did not answer in time."
        for name in _LOGGERS:
            logging.getLogger(name).addFilter(self._is_news)

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        result = SpanExportResult.FAILURE if self._is_closed else self._exporter.export(spans)
        was_away, self._is_away = self._is_away, result is not SpanExportResult.SUCCESS
        if self._is_away and not was_away:
            _log.warning("Traces are lost while %s does not take them. %s", self._endpoint, self._reason)
        return result

    def shutdown(self) -> None:
        if not self._is_closed:
            self._is_closed = True
            self._exporter.shutdown()

    def let_the_library_log(self) -> None:
        for name in _LOGGERS:
            logging.getLogger(name).removeFilter(self._is_news)

    def _is_news(self, record: logging.LogRecord) -> bool:
        """Whether a line tells more than that spans were not taken, which `export` tells."""
        if record.name == _LOGGERS[0]:
            told = record.getMessage()
            self._reason = told if "error" in told else self._reason
            return False
        return not self._is_away  # a full queue is no news then


def _is_of_a_request(call: object) -> bool:
    return trace.get_current_span().get_span_context().is_valid


def _name_traces_in_logs() -> None:
    """Has each record of the log bear the `trace_id` of the request that it was written for, if there is one."""
    make = logging.getLogRecordFactory()

    def make_with_trace(*args: object, **kwargs: object) -> logging.LogRecord:
        record = make(*args, **kwargs)
        at = trace.get_current_span().get_span_context()
        if at.is_valid:
            record.trace_id = trace.format_trace_id(at.trace_id)
        return record

    logging.setLogRecordFactory(make_with_trace)
