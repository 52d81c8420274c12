from __future__ import annotations

import itertools
import threading
from collections.abc import Iterator

import pytest

from client import InvalidRequest, PlanetClient, ServerError
from client.concurrency import in_order
from tests.client.servers import Stub


def test_planets_come_in_order_and_one_failure_is_its_own(client: PlanetClient, stub: Stub) -> None:
    stub.failing = {"x/3"}
    outcomes = list(client.generate_many([f"x/{i}" for i in range(8)] + [2**64], size=12, format="webp"))

    assert [outcome.seed_or_address for outcome in outcomes] == [f"x/{i}" for i in range(8)] + [str(2**64)]
    failed = [outcome for outcome in outcomes if outcome.planet is None]
    assert [type(outcome.error) for outcome in failed] == [ServerError, InvalidRequest]
    with pytest.raises(ServerError, match="The model stumbled"):
        failed[0].get()
    planet = outcomes[5].get()
    assert (planet.address, planet.width, planet.format) == ("x/5", 12, "webp")
    assert sorted(path for _, path, _ in stub.requests) == [f"/v1/planets/x/{i}.webp?size=12" for i in range(8)]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"at_once": 0}, "0 requests at once are too few"),
        ({"at_once": 33}, "33 requests at once"),
        ({"format": "bmp"}, "'bmp' is not a picture format"),
        ({"temperature": 3}, "A temperature of 3"),
    ],
)
def test_what_cannot_be_is_refused_at_once(client: PlanetClient, stub: Stub, arguments: dict, sentence: str) -> None:
    with pytest.raises(InvalidRequest, match=sentence):
        client.generate_many(["a"], **arguments)
    assert stub.requests == []


def test_seeds_may_be_endless(client: PlanetClient, stub: Stub) -> None:
    outcomes = client.generate_many(itertools.count(), at_once=2)
    assert [next(outcomes).get().seed for _ in range(3)] == [0, 1, 2]
    outcomes.close()

    assert len(stub.requests) <= 3 + 2 * 2


def test_no_more_than_so_many_at_once() -> None:
    lock, both = threading.Lock(), threading.Barrier(2, timeout=20)
    running: set[int] = set()
    most = []

    def work(item: int) -> int:
        with lock:
            running.add(item)
            most.append(len(running))
        both.wait()  # passes only if two run at the same time
        with lock:
            running.discard(item)
        return item

    assert list(in_order(work, range(8), 2)) == list(range(8))
    assert max(most) == 2


def test_a_slow_one_does_not_stop_those_behind_it() -> None:
    others_done = threading.Event()

    def work(item: int) -> int:
        if item == 0:
            assert others_done.wait(20)
        elif item == 3:
            others_done.set()
        return item

    assert list(in_order(work, range(5), 2)) == list(range(5))


def test_what_a_call_raises_comes_in_its_turn_and_ends_it() -> None:
    taken = []

    def items() -> Iterator[int]:
        for item in range(100):
            taken.append(item)
            yield item

    results = in_order(lambda item: 1 // (3 - item), items(), 2)
    assert [next(results) for _ in range(3)] == [0, 0, 1]
    with pytest.raises(ZeroDivisionError):
        next(results)
    assert len(taken) < 10
