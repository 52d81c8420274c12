"""Calls that wait together: what is joined, who gets which rows, and what a failure of one does to the others."""

from __future__ import annotations

import queue
import threading
from collections.abc import Hashable, Iterator
from concurrent.futures import CancelledError, Future

import numpy as np
import pytest

from serving.backends.joining import Arrays, JoinedCalls


class Model:
    """Doubles `x`; refuses batches that hold a negative number.

    Attributes:
        calls: Key and batch size of each run.
        entered: Set once a run has begun.
        begun: Key and batch size of each run, put there as it begins.
        gate: A run waits until it is set.
    """

    def __init__(self) -> None:
        self.calls: list[tuple[Hashable, int]] = []
        self.entered = threading.Event()
        self.begun: queue.SimpleQueue[tuple[Hashable, int]] = queue.SimpleQueue()
        self.gate = threading.Event()

    def run(self, key: Hashable, arrays: Arrays) -> Arrays:
        self.begun.put((key, len(arrays["x"])))
        self.entered.set()
        assert self.gate.wait(30)
        x = arrays["x"]
        self.calls.append((key, len(x)))
        if (x < 0).any():
            raise ValueError("negative")
        return {"y": 2 * x}


@pytest.fixture
def model() -> Model:
    return Model()


@pytest.fixture
def calls(model: Model) -> Iterator[JoinedCalls]:
    """One thread, and at most 4 rows together."""
    yield from _joined(model, threads=1, max_rows=4)


def _joined(model: Model, threads: int, max_rows: int) -> Iterator[JoinedCalls]:
    joined = JoinedCalls(model.run, threads=threads, max_rows=max_rows)
    yield joined
    model.gate.set()
    joined.close()


def _submit(calls: JoinedCalls, *values: float, key: str = "a") -> Future[Arrays]:
    return calls.submit(key, {"x": np.array(values)})


def _occupy(calls: JoinedCalls, model: Model) -> Future[Arrays]:
    """Keeps the only thread at work until the gate opens."""
    first = _submit(calls, 0.0, key="first")
    assert model.entered.wait(30)
    return first


def test_a_lone_call_is_run_at_once(calls: JoinedCalls, model: Model) -> None:
    model.gate.set()
    assert _submit(calls, 1.0, 2.0).result(30)["y"].tolist() == [2.0, 4.0]
    assert model.calls == [("a", 2)]


def test_calls_that_wait_are_joined_and_each_gets_its_rows(calls: JoinedCalls, model: Model) -> None:
    _occupy(calls, model)
    waiting = [_submit(calls, 1.0), _submit(calls, 2.0, 3.0), _submit(calls, 4.0)]
    model.gate.set()

    assert [one.result(30)["y"].tolist() for one in waiting] == [[2.0], [4.0, 6.0], [8.0]]
    assert model.calls == [("first", 1), ("a", 4)]


@pytest.fixture
def paired(model: Model) -> Iterator[JoinedCalls]:
    """Two threads, and at most 8 rows together."""
    yield from _joined(model, threads=2, max_rows=8)


def test_what_runs_is_not_run_beside_itself_for_one_call_but_another_function_is(
    paired: JoinedCalls, model: Model
) -> None:
    first = _submit(paired, 0.0)
    assert model.begun.get(timeout=30) == ("a", 1)
    later = _submit(paired, 1.0)
    other = _submit(paired, 2.0, key="b")
    assert model.begun.get(timeout=30) == ("b", 1)
    assert not later.running()
    model.gate.set()
    assert [one.result(30)["y"].tolist() for one in (first, later, other)] == [[0.0], [2.0], [4.0]]


def test_what_runs_is_run_beside_itself_for_half_a_batch(paired: JoinedCalls, model: Model) -> None:
    waiting = [_submit(paired, 0.0)]
    assert model.begun.get(timeout=30) == ("a", 1)
    waiting += [_submit(paired, float(number)) for number in range(1, 5)]
    assert model.begun.get(timeout=30) == ("a", 4)
    model.gate.set()
    assert [one.result(30)["y"].tolist() for one in waiting] == [[0.0], [2.0], [4.0], [6.0], [8.0]]


def test_no_more_are_joined_than_allowed_and_a_large_call_is_run_alone(calls: JoinedCalls, model: Model) -> None:
    _occupy(calls, model)
    waiting = [_submit(calls, *range(rows)) for rows in (3, 9, 2, 1, 2)]
    model.gate.set()

    assert [len(one.result(30)["y"]) for one in waiting] == [3, 9, 2, 1, 2]
    assert [rows for _, rows in model.calls] == [1, 4, 9, 4]


def test_only_calls_of_one_function_and_one_shape_are_joined(calls: JoinedCalls, model: Model) -> None:
    _occupy(calls, model)
    inputs = [np.ones(1), np.ones(1, np.float32), np.ones((1, 2)), np.ones(1)]
    waiting = [calls.submit("a", {"x": x}) for x in inputs] + [_submit(calls, 1.0, key="b")]
    model.gate.set()

    for one, x in zip(waiting, [*inputs, np.ones(1)], strict=True):
        assert (one.result(30)["y"].dtype, one.result(30)["y"].shape) == (x.dtype, x.shape)
    assert model.calls == [("first", 1), ("a", 2), ("a", 1), ("a", 1), ("b", 1)]


def test_a_call_that_fails_fails_alone(calls: JoinedCalls, model: Model) -> None:
    _occupy(calls, model)
    good, bad, also_good = _submit(calls, 1.0), _submit(calls, -1.0), _submit(calls, 3.0)
    model.gate.set()

    assert good.result(30)["y"].tolist() == [2.0]
    assert also_good.result(30)["y"].tolist() == [6.0]
    with pytest.raises(ValueError, match="negative"):
        bad.result(30)


def test_a_call_that_was_given_up_is_not_run(calls: JoinedCalls, model: Model) -> None:
    _occupy(calls, model)
    given_up, wanted = _submit(calls, 1.0, 2.0), _submit(calls, 3.0)
    assert given_up.cancel()
    model.gate.set()

    assert wanted.result(30)["y"].tolist() == [6.0]
    assert model.calls == [("first", 1), ("a", 1)]


def test_close_ends_what_runs_and_cancels_what_waits(calls: JoinedCalls, model: Model) -> None:
    first = _occupy(calls, model)
    waiting = _submit(calls, 1.0)
    closer = threading.Thread(target=calls.close)
    closer.start()
    with pytest.raises(CancelledError):
        waiting.result(30)
    assert not first.done()
    model.gate.set()
    closer.join(30)

    assert first.result(0)["y"].tolist() == [0.0]
    with pytest.raises(RuntimeError):
        _submit(calls, 1.0)
