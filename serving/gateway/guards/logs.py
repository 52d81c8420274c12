"""The gateway's log on stderr: one line per request, as text or JSON."""

from __future__ import annotations

import json
import logging
import sys
import threading
import time
from typing import Any, TextIO
from urllib.parse import quote

from flask import Flask, Response, g, request

from serving.gateway.guards.metrics import route_label

STYLES = ("text", "json", "none")

_WRITTEN_EVERY_S = 0.1

_access = logging.getLogger("serving.gateway.access")


def configure_logging(style: str) -> None:
    """Sends the process' log to stderr, a tenth of a second late.

    Args:
        style: `"text"`, `"json"`, or `"none"` for text without the lines of requests.
    """
    handler = _Batches(sys.stderr)
    if style == "json":
        handler.setFormatter(_JsonFormatter())
    else:
        handler.setFormatter(_TextFormatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(handlers=[handler])
    _access.setLevel(logging.WARNING if style == "none" else logging.INFO)


def log_requests(app: Flask) -> None:
    """Logs every response of the app."""

    @app.after_request
    def log(response: Response) -> Response:
        if _access.isEnabledFor(logging.INFO):
            fields = _fields(response)
            line = " ".join("-" if value is None else str(value) for value in fields.values())
            _access.info("%s", line, extra={"fields": fields})
        return response


def _fields(response: Response) -> dict[str, Any]:
    return {
        "remote": request.remote_addr,
        "request_id": g.request_id,
        "method": request.method,
        "path": quote(request.path),  # no line break gets into the log
        "route": route_label(),
        "status": response.status_code,
        "bytes": 0 if request.method == "HEAD" else response.calculate_content_length(),
        "seconds": round(g.timings.total_s(), 6),
        "model": response.headers.get("X-Planet-Model"),
    }


class _Batches(logging.Handler):
    """Writes lines together. A thread that writes gives up Python's lock, and with it its turn: a thread per request
    that wrote its own line would cost as much time as the request's other Python."""

    def __init__(self, stream: TextIO) -> None:
        super().__init__()
        self._stream = stream
        self._lines: list[str] = []
        self._ended = threading.Event()
        threading.Thread(target=self._write, name="log", daemon=True).start()

    def emit(self, record: logging.LogRecord) -> None:
        self._lines.append(self.format(record))

    def flush(self) -> None:
        with self.lock:
            if self._lines:
                self._stream.write("\n".join([*self._lines, ""]))
                self._stream.flush()
                self._lines.clear()

    def close(self) -> None:
        self._ended.set()
        self.flush()
        super().close()

    def _write(self) -> None:
        while not self._ended.wait(_WRITTEN_EVERY_S):
            self.flush()


class _TextFormatter(logging.Formatter):
    """A line that ends with the trace it belongs to, if it does."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802
        line = super().formatMessage(record)
        return f"{line} trace_id={record.trace_id}" if hasattr(record, "trace_id") else line


class _JsonFormatter(logging.Formatter):
    """One JSON object a line: a request's fields, or the message of anything else."""

    def format(self, record: logging.LogRecord) -> str:
        now = time.gmtime(record.created)
        entry = {
            "time": f"{time.strftime('%Y-%m-%dT%H:%M:%S', now)}.{int(record.msecs):03d}Z",
            "level": record.levelname,
            "logger": record.name,
            **(getattr(record, "fields", None) or {"message": record.getMessage()}),
        }
        if hasattr(record, "trace_id"):
            entry["trace_id"] = record.trace_id
        if record.exc_info:
            entry["traceback"] = self.formatException(record.exc_info)
        return json.dumps(entry)
