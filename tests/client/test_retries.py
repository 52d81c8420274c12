"""What is tried again, after which pauses; all against servers that listen on a port."""

from __future__ import annotations

import email.utils
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

import pytest

from client import Overloaded, PlanetClient, PlanetError, ServerError, ServerUnreachable, TimedOut
from tests.client.servers import Stub, failure, picture

BAD_GATEWAY = (502, {"X-Request-Id": "r-2"}, "<html>Bad gateway</html>")

CALLS = {
    "get": lambda client: client.planet(1),
    "post": lambda client: client.planets(seeds=["a"]),
    "count": lambda client: client.planets(count=1),
}


@pytest.fixture(params=CALLS)
def call(request: pytest.FixtureRequest) -> Callable[[PlanetClient], object]:
    return CALLS[request.param]


def is_backoff(wait: float, step: int) -> bool:
    """Whether a wait is that of the backoff's step 0, 1, …: between half and all of 0.5 s, 1 s, …"""
    return 0.25 * 2**step <= wait <= 0.5 * 2**step


def test_a_busy_server_is_asked_again_when_it_says(call, client: PlanetClient, stub: Stub, waits: list[float]) -> None:
    stub.failures = [failure("Busy.", 503, **{"Retry-After": "2"}), failure("Busy.", 429)]

    call(client)
    assert 2 <= waits[0] <= 2.25  # never sooner than told
    assert is_backoff(waits[1], 1)
    assert len(waits) == 2
    assert len(stub.requests) == 3


def test_a_proxy_without_its_server_is_asked_again(call, client: PlanetClient, stub: Stub, waits: list[float]) -> None:
    stub.failures = [BAD_GATEWAY, (502, {"Retry-After": "3"}, "")]

    call(client)
    assert is_backoff(waits[0], 0)
    assert 3 <= waits[1] <= 3.5
    assert len(stub.requests) == 3


def test_an_error_page_of_a_proxy_is_still_a_sentence(client: PlanetClient, stub: Stub) -> None:
    stub.failures = [BAD_GATEWAY] * 3

    with pytest.raises(ServerError, match=r"^The server answered 502 Bad Gateway\.$") as caught:
        client.planet(1)
    assert caught.value.request_id == "r-2"


def test_retry_after_may_be_a_date(client: PlanetClient, stub: Stub, waits: list[float]) -> None:
    in_the_past = email.utils.formatdate(time.time() - 60, usegmt=True)
    stub.failures = [failure("Busy.", 503, **{"Retry-After": in_the_past})]

    client.models()
    [wait] = waits
    assert 0 <= wait <= 0.25


def test_a_wait_too_long_is_not_waited_for(client: PlanetClient, stub: Stub, waits: list[float]) -> None:
    stub.failures = [failure("Down for the night.", 503, **{"Retry-After": "3600"})]

    with pytest.raises(Overloaded, match=r"^Down for the night\.$") as caught:
        client.planet(1)
    assert caught.value.retry_after == 3600
    assert waits == []


def test_patience_ends_after_two_more_tries(call, client: PlanetClient, stub: Stub, waits: list[float]) -> None:
    stub.failures = [failure("Busy.", 503)] * 3

    with pytest.raises(Overloaded):
        call(client)
    assert [is_backoff(wait, step) for step, wait in enumerate(waits)] == [True, True]
    assert len(stub.requests) == 3


def test_clients_that_failed_together_do_not_come_back_together(stub: Stub, stub_url: str) -> None:
    waits: list[float] = []
    for _ in range(20):
        stub.failures = [failure("Busy.", 503, **{"Retry-After": "1"})]
        with PlanetClient(stub_url, sleep=waits.append) as client:
            client.models()
    assert len(set(waits)) > 15
    assert max(waits) - min(waits) > 0.05


@contextmanager
def scripted(*answers: bytes) -> Iterator[tuple[str, list[bytes]]]:
    """A server that takes one request per connection, answers with these bytes, and is then silent, still connected.

    Gives its URL and the requests so far.
    """
    requests: list[bytes] = []
    with ExitStack() as sockets:
        listener = sockets.enter_context(socket.create_server(("127.0.0.1", 0)))
        listener.settimeout(20)  # a test that fails leaves no thread waiting

        def serve() -> None:
            for answer in answers:
                connection = sockets.enter_context(listener.accept()[0])
                requests.append(connection.recv(65536))
                connection.sendall(answer)

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}", requests
        finally:
            thread.join()


def planet_answer() -> bytes:
    """A whole answer to `GET /v1/planets/1.png`."""
    image = picture(8, "png")
    head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(image)}\r\nX-Planet-Seed: 1\r\nX-Planet-Model: m\r\n"
    return f"{head}X-Planet-Version: 1\r\n\r\n".encode() + image


@pytest.mark.parametrize("said", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf"])
def test_a_server_that_falls_silent_is_asked_again(said: bytes, waits: list[float]) -> None:
    with (
        scripted(said, planet_answer()) as (url, requests),
        PlanetClient(url, timeout=0.2, sleep=waits.append) as client,
    ):
        assert client.planet(1).seed == 1
        assert len(requests) == 2
    assert [is_backoff(wait, step) for step, wait in enumerate(waits)] == [True]


@pytest.mark.parametrize("said", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf"])
def test_a_server_that_stays_silent_is_a_time_out(call, said: bytes, waits: list[float]) -> None:
    with (
        scripted(said, said, said) as (url, requests),
        PlanetClient(url, timeout=0.2, sleep=waits.append) as client,
    ):
        with pytest.raises(TimedOut, match=r"did not answer within 0\.2 s"):
            call(client)
        assert len(requests) == 3
    assert len(waits) == 2


def test_nobody_there(nobody_url: str, waits: list[float]) -> None:
    with (
        PlanetClient(nobody_url, sleep=waits.append) as client,
        pytest.raises(ServerUnreachable, match=f"^No planet server answers at {nobody_url}"),
    ):
        client.planet(1)
    assert [is_backoff(wait, step) for step, wait in enumerate(waits)] == [True, True]


@pytest.mark.parametrize("status", [400, 401, 404, 422, 500, 504])
def test_what_waiting_does_not_mend_is_not_tried_again(
    call, client: PlanetClient, stub: Stub, waits: list[float], status: int
) -> None:
    stub.failures = [failure("It is so.", status)]

    with pytest.raises(PlanetError, match=r"^It is so\.$"):
        call(client)
    assert waits == []
    assert len(stub.requests) == 1
