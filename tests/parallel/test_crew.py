from __future__ import annotations

import functools
import os
import signal
from itertools import count, islice
from pathlib import Path

import pytest

from parallel.chunks import ParallelError
from parallel.crew import crew

CHUNK = 8


def _square(number: int) -> int:
    return number * number


def _die_once(number: int, folder: Path) -> int:
    """Kills its process at one number, once."""
    if number == 40:
        try:
            (folder / str(number)).touch(exist_ok=False)
        except FileExistsError:
            return number
        os.kill(os.getpid(), signal.SIGKILL)
    return number


def _die(number: int) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _fail_at_3(number: int) -> int:
    if number == 3:
        raise OSError(28, "No space left on device")
    return number


def _check_work(run) -> None:
    taken: list[int] = []
    for tasks in (range(50), [], range(3)):
        assert sorted(run(_square, tasks, CHUNK)) == [(number, number**2) for number in tasks]
    endless = (taken.append(number) or number for number in count())
    assert len(list(islice(run(_square, endless, CHUNK), 50))) == 50
    assert len(taken) <= 200


def _check_errors(run) -> None:
    with pytest.raises(OSError, match="No space left"):
        list(run(_fail_at_3, range(9)))
    found = dict(run(_fail_at_3, range(9), failed=lambda task, error: str(error)))
    assert found == {**dict(zip(range(9), range(9), strict=True)), 3: "[Errno 28] No space left on device"}


def _check_deaths(run, folder: Path) -> None:
    results = sorted(run(functools.partial(_die_once, folder=folder), range(60), CHUNK))
    assert results == [(number, number) for number in range(60)]
    assert sorted(path.name for path in folder.iterdir()) == ["40"]


@pytest.mark.parametrize("workers", [1, 2])
def test_each_task_comes_with_its_result_and_errors_reach_the_caller(workers):
    with crew(workers) as run:
        _check_work(run)
        _check_errors(run)


def test_what_killed_workers_had_begun_is_done_by_others(tmp_path):
    with crew(2) as run:
        _check_deaths(run, tmp_path)


@pytest.mark.slow
def test_workers_that_are_killed_again_and_again_are_given_up():
    with crew(2) as run, pytest.raises(ParallelError, match=r"killed 5 times.*fewer --workers"):
        list(run(_die, range(9)))


@pytest.mark.slow
def test_a_ray_cluster_does_the_same(tmp_path):
    pytest.importorskip("ray", reason="needs Ray: pip install -r requirements-ray.txt")
    with crew(1, "local") as run:
        _check_work(run)
        _check_errors(run)
        _check_deaths(run, tmp_path)


@pytest.mark.slow
def test_a_node_that_goes_away_takes_nothing_with_it():
    ray = pytest.importorskip("ray", reason="needs Ray: pip install -r requirements-ray.txt")
    from ray.cluster_utils import Cluster

    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 1, "include_dashboard": False})
    try:
        leaving = cluster.add_node(num_cpus=1)
        with crew(1, cluster.address) as run:
            places = {}
            for task, place in run(_node, range(200), 2):
                places[task] = place
                if leaving and len(set(places.values())) == 2:
                    cluster.remove_node(leaving, allow_graceful=False)
                    leaving = None
        assert sorted(places) == list(range(200))
        assert leaving is None
    finally:
        ray.shutdown()
        cluster.shutdown()


def _node(number: int) -> str:
    """The node that does it, in a while."""
    import ray

    sum(range(1_000_000))
    return ray.get_runtime_context().get_node_id()


def test_a_cluster_that_is_not_there_is_named():
    pytest.importorskip("ray", reason="needs Ray: pip install -r requirements-ray.txt")
    with pytest.raises(ParallelError, match="cluster nowhere"), crew(1, "nowhere"):
        pass
