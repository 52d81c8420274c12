"""The gateway as a process, and as a command line."""

from __future__ import annotations

import http.client
import json
import queue
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from serving.backends.base import BackendMisconfigured
from serving.gateway import server
from serving.gateway.__main__ import main
from serving.gateway.config import GatewayConfig
from serving.gateway.server import StartError, serve
from tests.serving.fake_backend import FakeBackend

_ROOT = Path(__file__).parents[2]
_TFSERVING = ["--backend", "tfserving", "--target", "127.0.0.1:1"]  # nothing answers there


@pytest.fixture(autouse=True)
def signal_handlers() -> Iterator[None]:
    """Puts back the signal handlers that serving replaces."""
    handlers = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    yield
    for number, handler in handlers.items():
        signal.signal(number, handler)


@pytest.fixture
def process(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """A gateway in front of a TensorFlow Serving that is away."""
    command = [sys.executable, "-m", "serving.gateway", *_TFSERVING, "--port", "0", "--saved-models", str(tmp_path)]
    with subprocess.Popen(command, cwd=_ROOT, stdout=subprocess.PIPE, text=True) as process:
        yield process
        process.kill()


@pytest.fixture
def taken_port() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


def url_in(line: str) -> str:
    return next(word for word in line.split() if word.startswith("http://"))


def get(url: str, path: str) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=20)
    connection.request("GET", path)
    response = connection.getresponse()
    body = response.read()
    connection.close()
    return response.status, body


@pytest.mark.parametrize("stop", [signal.SIGTERM, signal.SIGINT])
def test_process_says_its_url_serves_and_stops_by_signal(process: subprocess.Popen[str], stop: signal.Signals) -> None:
    url = url_in(process.stdout.readline())
    assert get(url, "/health/live")[0] == 200
    status, body = get(url, "/health/ready")
    assert status == 503
    assert json.loads(body)["title"] == "Service Unavailable"
    process.send_signal(stop)
    assert process.wait(timeout=20) == 0
    assert process.stdout.read() == ""


def test_importing_the_gateway_imports_no_tensorflow() -> None:
    code = "import sys, serving.gateway.__main__; print('tensorflow' in sys.modules, 'keras' in sys.modules)"
    result = subprocess.run([sys.executable, "-c", code], cwd=_ROOT, capture_output=True, text=True, check=True)
    assert result.stdout.split() == ["False", "False"]


def test_request_in_flight_is_answered_before_the_stop(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    backend = FakeBackend()
    backend.gate.clear()
    monkeypatch.setattr(server, "create_backend", lambda *_, **__: backend)
    lines: queue.Queue[str] = queue.Queue()
    monkeypatch.setattr(server, "print", lambda line, **_: lines.put(line), raising=False)
    answers = []

    def visit() -> None:
        url = url_in(lines.get(timeout=20))
        asking = threading.Thread(target=lambda: answers.append(get(url, "/v1/planets/1.png")))
        asking.start()
        backend.entered.wait(20)
        signal.raise_signal(signal.SIGTERM)
        backend.gate.set()
        asking.join(20)

    visitor = threading.Thread(target=visit)
    visitor.start()
    serve(
        backend_kind="embedded",
        target=None,
        saved_models=tmp_path,
        host="127.0.0.1",
        port=0,
        threads=2,
        config=GatewayConfig(),
    )
    visitor.join(20)
    assert answers[0][0] == 200
    assert backend.closed


def test_port_in_use_is_told_in_one_sentence(
    tmp_path: Path, taken_port: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*_TFSERVING, "--port", str(taken_port), "--saved-models", str(tmp_path)]) == 2
    [line] = capsys.readouterr().err.splitlines()
    assert f"port {taken_port}" in line
    assert "in use" in line


def test_misconfigured_backend_is_told_in_one_sentence(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise BackendMisconfigured("The folder is a lie.")

    monkeypatch.setattr(server, "create_backend", refuse)
    assert main(["--port", "0", "--saved-models", str(tmp_path)]) == 2
    assert capsys.readouterr().err == "The folder is a lie.\n"


def test_unknown_host_cannot_be_listened_at() -> None:
    with pytest.raises(StartError, match=r"Cannot listen at host\.invalid port 0"):
        server._bind("host.invalid", 0)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--backend", "tfserving"], "needs --target HOST:PORT"),
        (["--target", "localhost:8500"], "--target is for --backend tfserving"),
        (["--backend", "abacus"], "invalid choice: 'abacus'"),
        (["--port", "65536"], "'65536' is not a whole number of 0..65535"),
        (["--port", "http"], "'http' is not a whole number of 0..65535"),
        (["--threads", "0"], "'0' is not a whole number of 1..256"),
        (["--deadline", "nan"], "'nan' is not a number of seconds"),
    ],
)
def test_bad_arguments(arguments: list[str], sentence: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(arguments)
    assert sentence in capsys.readouterr().err
