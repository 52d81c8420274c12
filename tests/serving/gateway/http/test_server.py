"""The gateway as a process, and as a command line."""

from __future__ import annotations

import concurrent.futures
import contextlib
import http.client
import json
import logging
import queue
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple
from urllib.parse import urlsplit

import pytest

from serving.backends.base import BackendMisconfigured
from serving.gateway import __main__ as gateway_main
from serving.gateway.__main__ import main
from serving.gateway.config import GatewayConfig
from serving.gateway.http import server
from serving.gateway.http.protocol import MAX_HEAD_BYTES, Protocol
from serving.gateway.http.server import StartError, serve
from tests.serving.fake_backend import FakeBackend

_ROOT = Path(__file__).parents[4]
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
def small_buffers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Has the gateway's connections hold little of what their clients do not read."""
    bind = server._bind

    def bind_small(host: str, port: int) -> socket.socket:
        listener = bind(host, port)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
        return listener

    monkeypatch.setattr(server, "_bind", bind_small)


@pytest.fixture
def taken_port() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


def url_in(line: str) -> str:
    return next(word for word in line.split() if word.startswith("http://"))


def get(url: str, path: str, headers: Mapping[str, str] = MappingProxyType({})) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=20)
    connection.request("GET", path, headers=headers)
    response = connection.getresponse()
    body = response.read()
    connection.close()
    return response.status, body


WHOLE_HEAD = b"GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n"
POST_HEAD = b"POST /v1/planets HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
MANY = b'{"count": 64, "format": "jpg", "size": 256}'
CHUNKED = POST_HEAD + b"Transfer-Encoding: chunked\r\n\r\n"


class Answer(NamedTuple):
    status: int
    body: bytes


def connect(url: str, receive_buffer: int | None = None) -> socket.socket:
    connection = socket.socket()
    connection.settimeout(20)
    if receive_buffer is not None:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
    connection.connect((urlsplit(url).hostname, urlsplit(url).port))
    return connection


def post(body: bytes, length: int | None = None) -> bytes:
    return POST_HEAD + f"Content-Length: {len(body) if length is None else length}\r\n\r\n".encode() + body


def read_answer(connection: socket.socket) -> Answer:
    response = http.client.HTTPResponse(connection)
    response.begin()
    return Answer(response.status, response.read())


def wait_until_nobody_listens(url: str) -> None:
    end = time.monotonic() + 20
    while time.monotonic() < end:
        try:
            connect(url).close()
        except ConnectionResetError:
            pass  # in the listener's queue when it closed
        except ConnectionRefusedError:
            return
    raise AssertionError("it still listens")


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


def test_importing_the_gateway_imports_neither_tensorflow_nor_opentelemetry() -> None:
    code = "import sys, serving.gateway.__main__; print(*{name.partition('.')[0] for name in sys.modules})"
    result = subprocess.run([sys.executable, "-c", code], cwd=_ROOT, capture_output=True, text=True, check=True)
    imported = set(result.stdout.split())
    assert "flask" in imported
    assert not {"tensorflow", "keras", "opentelemetry"} & imported


Served = Callable[..., FakeBackend]


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Served:
    """Serves over a fake backend, returned, as long as another thread visits it, called with its URL."""

    def run(visit: Callable[[str], None], backend: FakeBackend | None = None, **config: object) -> FakeBackend:
        backend = backend or FakeBackend()
        monkeypatch.setattr(server, "create_backend", lambda *_, **__: backend)
        lines: queue.Queue[str] = queue.Queue()
        monkeypatch.setattr(server, "print", lambda line, **_: lines.put(line), raising=False)

        def visit_and_stop() -> None:
            try:
                visit(url_in(lines.get(timeout=20)))
            finally:
                if not backend.closed:
                    signal.raise_signal(signal.SIGTERM)

        with ThreadPoolExecutor(1) as visitor:
            visiting = visitor.submit(visit_and_stop)
            serve(
                backend_kind="embedded",
                target=None,
                saved_models=tmp_path,
                host="127.0.0.1",
                port=0,
                config=GatewayConfig(**config),
            )
            visiting.result(20)
        return backend

    return run


def test_requests_begun_are_answered_before_the_stop(served: Served) -> None:
    backend = FakeBackend()
    backend.gate.clear()
    answers = []

    def visit(url: str) -> None:
        with ThreadPoolExecutor(2) as clients:
            asked = [clients.submit(get, url, f"/v1/planets/{seed}.png") for seed in range(2)]
            assert backend.entered.wait(20)
            end = time.monotonic() + 20
            while b"planet_queue_depth 1.0" not in get(url, "/metrics")[1]:
                assert time.monotonic() < end
            signal.raise_signal(signal.SIGTERM)
            backend.gate.set()
            answers.extend(one.result(20) for one in asked)

    served(visit, backend, max_in_flight=1)
    assert [status for status, _ in answers] == [200, 200]
    assert backend.closed


def test_a_second_signal_ends_it_without_the_answers(served: Served) -> None:
    backend = FakeBackend()
    backend.gate.clear()

    def visit(url: str) -> None:
        with ThreadPoolExecutor(1) as client:
            asked = client.submit(get, url, "/v1/planets/1.png")
            assert backend.entered.wait(20)
            signal.raise_signal(signal.SIGTERM)
            wait_until_nobody_listens(url)
            signal.raise_signal(signal.SIGTERM)
            with contextlib.suppress(ConnectionError, http.client.HTTPException):
                assert asked.result(20)[0] == 500
            backend.gate.set()

    served(visit, backend)
    assert backend.closed


@pytest.mark.usefixtures("small_buffers")
def test_answer_half_sent_is_sent_whole_before_the_stop(served: Served) -> None:
    answers = []

    def visit(url: str) -> None:
        connection = connect(url, receive_buffer=4096)
        connection.sendall(post(MANY))
        assert connection.recv(1, socket.MSG_PEEK) == b"H"
        signal.raise_signal(signal.SIGTERM)
        wait_until_nobody_listens(url)
        answers.append(json.loads(read_answer(connection).body))
        connection.close()

    served(visit)
    assert len(answers[0]["planets"]) == 64


@pytest.mark.usefixtures("small_buffers")
def test_who_reads_nothing_of_an_answer_is_given_up(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    lost = threading.Event()

    class Watched(Protocol):
        def connection_lost(self, exc: Exception | None) -> None:
            super().connection_lost(exc)
            if isinstance(exc, TimeoutError):
                lost.set()

    monkeypatch.setattr(server, "_UNREAD_S", 0.5)
    monkeypatch.setattr(server, "Protocol", Watched)

    def visit(url: str) -> None:
        connection = connect(url, receive_buffer=4096)
        connection.sendall(post(MANY))
        assert lost.wait(20)
        connection.close()

    served(visit)


def test_slow_senders_hold_up_nobody(served: Served) -> None:
    """Many more than there are threads."""
    answers = []

    def visit(url: str) -> None:
        request = post(b'{"count": 1}')
        senders = [connect(url) for _ in range(40)]
        for sender in senders:
            sender.sendall(request[:-4])
        assert get(url, "/health/live")[0] == 200
        for sender in senders:
            sender.sendall(request[-4:])
            answers.append(read_answer(sender).status)
            sender.close()

    served(visit, max_in_flight=1, max_waiting=0)
    assert set(answers) == {200}


def test_body_that_does_not_come_is_told_and_given_up(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "_BODY_S", 0.2)
    answers = []

    def visit(url: str) -> None:
        connection = connect(url)
        connection.sendall(post(b'{"count": 1}')[:-4])
        answers.append(read_answer(connection))
        assert connection.recv(1) == b""

    served(visit)
    assert answers[0].status == 408
    assert "within 0.2 s" in json.loads(answers[0].body)["detail"]


def test_client_that_goes_in_the_middle_of_its_body_asks_for_nothing(served: Served) -> None:
    def visit(url: str) -> None:
        with connect(url) as connection:
            connection.sendall(post(b'{"count": 1}')[:-4])
        assert get(url, "/health/live")[0] == 200

    assert served(visit).calls == []


def test_body_in_chunks_is_read_whole(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("serving.gateway.http.bridge._IN_MEMORY_BYTES", 8)
    answers = []

    def visit(url: str) -> None:
        connection = connect(url)
        connection.sendall(CHUNKED + b'6\r\n{"coun\r\n')
        connection.sendall(b'6\r\nt": 2}\r\n0\r\n\r\n')
        answers.append(read_answer(connection))

    served(visit)
    assert len(json.loads(answers[0].body)["planets"]) == 2


@pytest.mark.parametrize("chunked", [False, True])
def test_body_without_end_is_refused(served: Served, monkeypatch: pytest.MonkeyPatch, chunked: bool) -> None:
    monkeypatch.setattr(server, "_MAX_BODY_BYTES", 300 * 1024)
    answers = []

    def visit(url: str) -> None:
        connection = connect(url)
        if chunked:
            connection.sendall(CHUNKED + 301 * (b"400\r\n" + 1024 * b" " + b"\r\n"))
        else:
            connection.sendall(post(b"", length=10**12))
        answers.append(read_answer(connection))
        assert get(url, "/health/live")[0] == 200

    served(visit)
    assert answers[0].status == 413
    assert "larger than" in json.loads(answers[0].body)["detail"]


def test_head_without_end_is_refused(served: Served) -> None:
    answers = []

    def visit(url: str) -> None:
        connection = connect(url)
        connection.sendall(b"GET /health/live HTTP/1.1\r\nHost: x\r\nX-Long: ")
        with contextlib.suppress(ConnectionError):  # it closes before it has read all
            connection.sendall(20 * MAX_HEAD_BYTES * b"x")
        with contextlib.suppress(ConnectionError):
            answers.append(read_answer(connection).status)
        assert get(url, "/health/live")[0] == 200

    served(visit)
    assert answers in ([400], [])


@pytest.mark.parametrize("begun", [b"", b"GET /health/live HTTP/1.1\r\nHost"])
def test_head_that_does_not_come_is_given_up(served: Served, monkeypatch: pytest.MonkeyPatch, begun: bytes) -> None:
    monkeypatch.setattr("serving.gateway.http.protocol.HEAD_S", 0.2)

    def visit(url: str) -> None:
        slow, kept = connect(url), connect(url)
        slow.sendall(begun)
        kept.sendall(WHOLE_HEAD)
        assert read_answer(kept).status == 200
        assert slow.recv(1) == b""
        kept.sendall(WHOLE_HEAD)  # what was between the two was no slow head
        assert read_answer(kept).status == 200
        kept.sendall(begun or b"G")
        assert kept.recv(1) == b""

    served(visit)


def test_health_answers_while_all_others_work_or_wait(served: Served) -> None:
    backend = FakeBackend()
    backend.gate.clear()
    statuses: list[int] = []

    def visit(url: str) -> None:
        with ThreadPoolExecutor(12) as clients:
            asked = [clients.submit(get, url, f"/v1/planets/{seed}.png") for seed in range(12)]
            refused = next(concurrent.futures.as_completed(asked, 20))
            assert refused.result()[0] == 503
            assert get(url, "/health/ready")[0] == 200
            backend.gate.set()
            statuses.extend(one.result(20)[0] for one in asked)

    served(visit, backend, max_in_flight=2, max_waiting=3)
    assert statuses.count(200) + statuses.count(503) == 12
    assert statuses.count(200) >= 5


def test_answers_that_end_together_reach_who_asked(served: Served) -> None:
    backend = FakeBackend()
    backend.gate.clear()
    seeds = range(1000, 1016)
    answers: list[tuple[int, bytes]] = []

    def visit(url: str) -> None:
        with ThreadPoolExecutor(len(seeds)) as clients:
            asked = [clients.submit(get, url, f"/v1/planets/{seed}.png") for seed in seeds]
            assert backend.entered.wait(20)
            backend.gate.set()
            answers.extend(one.result(20) for one in asked)

    served(visit, backend)
    assert [status for status, _ in answers] == len(seeds) * [200]
    for seed, (_, file) in zip(seeds, answers, strict=True):
        assert f"seed\0{seed}".encode() in file  # a text chunk of the PNG


def test_waiting_for_a_thread_counts(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    """With one thread, which another request has, the deadline passes before anybody looks at the second."""
    monkeypatch.setattr(server, "_SPARE_THREADS", 0)
    backend = FakeBackend()
    backend.gate.clear()
    answers = []

    def visit(url: str) -> None:
        with ThreadPoolExecutor(2) as clients:
            asked = [clients.submit(get, url, "/v1/planets/1.png")]
            assert backend.entered.wait(20)
            asked.append(clients.submit(get, url, "/v1/planets/2.png"))
            assert not concurrent.futures.wait(asked, timeout=0.6).done
            backend.gate.set()
            answers.extend(one.result(20) for one in asked)

    served(visit, backend, max_in_flight=1, max_waiting=0, deadline_s=0.5)
    assert answers[1][0] == 503
    assert len(backend.calls) == 1


@pytest.mark.parametrize(
    ("trusted_proxies", "name", "remote"),
    [(0, "X-Forwarded-For", "127.0.0.1"), (1, "X-Forwarded-For", "10.0.0.3"), (1, "X_Forwarded_For", "127.0.0.1")],
)
def test_forwarded_address_reaches_the_app_if_trusted(
    served: Served, caplog: pytest.LogCaptureFixture, trusted_proxies: int, name: str, remote: str
) -> None:
    def visit(url: str) -> None:
        assert get(url, "/health/live", {name: "forged, 10.0.0.3"})[0] == 200

    with caplog.at_level(logging.INFO, "serving.gateway.access"):
        served(visit, trusted_proxies=trusted_proxies)
    assert [record.fields["remote"] for record in caplog.records if hasattr(record, "fields")] == [remote]


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


def test_unusable_file_of_keys_is_told_in_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--api-keys", str(tmp_path / "none.txt")]) == 2
    [line] = capsys.readouterr().err.splitlines()
    assert "API keys" in line


def test_options_reach_the_app(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    keys = tmp_path / "keys.txt"
    keys.write_text("ab" * 32, encoding="utf-8")
    configs = []
    monkeypatch.setattr(gateway_main, "serve", lambda **named: configs.append(named["config"]))
    limits = ["--threads", "3", "--max-waiting", "4", "--cache-mib", "0", "--rate-limit", "10/second;99/hour"]
    limits += ["--rate-limit-storage", "valkey://limits:6379"]
    origins = ["--cors-origin", "https://a.example", "--cors-origin", "HTTPS://B.example:443"]
    split = ["--split", " planet = stable:95, canary:5"]
    assert main([*limits, *origins, *split, "--trusted-proxies", "2", "--api-keys", str(keys), "--log", "none"]) == 0
    assert configs == [
        GatewayConfig(
            max_in_flight=3,
            max_waiting=4,
            cache_bytes=0,
            rate_limit="10/second;99/hour",
            rate_limit_storage="valkey://limits:6379",
            splits={"planet": {"stable": 95, "canary": 5}},
            cors_origins=("https://a.example", "https://b.example"),
            trusted_proxies=2,
            api_keys=frozenset({"ab" * 32}),
        )
    ]


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
        (["--max-waiting", "-1"], "'-1' is not a whole number of 0..256"),
        (["--backend", "tfserving", "--target", "a:1", "--rollout", "r.toml"], "--rollout is for --backend embedded"),
        (["--split", "planet=stable"], "'planet=stable' is not a split such as world_v2=stable:95,canary:5"),
        (["--rate-limit", "often"], "'often' is not a rate such as 600/minute"),
        (["--rate-limit-storage", "valkey://a:1"], "--rate-limit-storage is for --rate-limit, which is not given"),
        (["--rate-limit-storage", "limits:6379"], "is no storage such as valkey://127.0.0.1:6379 or memory://"),
        (["--rate-limit-storage", "valkey://a:port"], "'valkey://a:port' is no storage"),
        (["--cors-origin", "game.example"], "'game.example' is not an origin such as https://"),
        (["--cors-origin", "https://game.example/"], "is not an origin such as https://"),
        (["--cors-origin", "https://b\u00fccher.example"], "such as xn--bcher-kva"),
        (["--split", "m=stable:1", "--split", " m = canary:1"], "--split is given twice for m; give each model one"),
        (["--log", "xml"], "invalid choice: 'xml'"),
    ],
)
def test_bad_arguments(arguments: list[str], sentence: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(arguments)
    assert sentence in capsys.readouterr().err


def test_the_environment_gives_options_and_the_command_line_wins(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    given = []
    monkeypatch.setattr(gateway_main, "serve", lambda **named: given.append(named))
    options = {"RATE_LIMIT": "10/second", "THREADS": "3", "MAX_WAITING": "4", "CORS_ORIGIN": "https://a.example"}
    for name, value in options.items():
        monkeypatch.setenv(f"GATEWAY_OPTION_{name}", value)
    assert main(["--threads", "5", "--log", "none"]) == 0
    config = given[0]["config"]
    assert (config.rate_limit, config.max_in_flight, config.max_waiting) == ("10/second", 5, 4)
    assert config.cors_origins == ("https://a.example",)
    monkeypatch.setenv("GATEWAY_OPTION_RAT_LIMIT", "10/second")
    with pytest.raises(SystemExit, match="2"):
        main([])
    assert "--rat-limit=10/second" in capsys.readouterr().err
