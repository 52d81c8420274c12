from __future__ import annotations

import functools
import os
import signal
from itertools import count, islice
from pathlib import Path

import pytest

from datasets.errors import RequestError
from datasets.pool import pool


def _square(number: int) -> int:
    return number * number


def _die_once(number: int, folder: Path) -> int:
    """Kills its process at two numbers, at each of them once."""
    if number in (3, 40):
        try:
            (folder / str(number)).touch(exist_ok=False)
        except FileExistsError:
            return number
        os.kill(os.getpid(), signal.SIGKILL)
    return number


def _die(number: int) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _fail(number: int) -> None:
    raise OSError(28, "No space left on device")


@pytest.mark.parametrize("workers", [1, 2])
def test_each_task_comes_with_its_result_however_many_there_are(workers):
    taken = []
    with pool(workers) as run:
        for tasks in (range(50), [], range(3)):
            assert sorted(run(_square, "", tasks, len(tasks))) == [(number, number**2) for number in tasks]
        endless = (taken.append(number) or number for number in count())
        assert len(list(islice(run(_square, "", endless, 10**9), 50))) == 50
    assert len(taken) <= 50 + workers * 2 * 16 + 16


def test_what_killed_workers_had_begun_is_done_by_others(tmp_path):
    with pool(2) as run:
        results = sorted(run(functools.partial(_die_once, folder=tmp_path), "", range(60), 60))
    assert results == [(number, number) for number in range(60)]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["3", "40"]


def test_errors_of_the_work_reach_the_caller():
    with pool(2) as run, pytest.raises(OSError, match="No space left"):
        list(run(_fail, "", range(9), 9))


@pytest.mark.slow
def test_workers_that_are_killed_again_and_again_are_given_up():
    with pool(2) as run, pytest.raises(RequestError, match=r"killed 5 times.*fewer --workers"):
        list(run(_die, "", range(9), 9))
