"""A bake beside a bare loop of its model, and what is left of it where workers are killed. Linux only.

    python -m tests.benchmarks.bake [--model dcgan_v1_64] [--planets 5000]

Bakes the same planets in a bare loop, in one process and in two, each with the start of Python and TensorFlow; in two
of which one is killed ten times, whenever so many shards are there as chance has it; and on a Ray cluster of two nodes,
of which one goes away after a third of the shards. Exit code 1 if pictures differ or are missing, or if the bake in one
process does less than 0.75 of the bare loop's for its CPU time. Takes 4 minutes on two cores.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import importlib.util
import os
import random
import signal
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow.parquet as pq

from serving.bake.shards import index_path
from tests.benchmarks.preparation import children, digest

KILLS = 10
SHARDS = 50
LIMIT = 0.75
_WHAT = "planet.webp"


class Done(NamedTuple):
    """A bake that ended well: its wall-clock and CPU time in seconds, with those of processes that it waited for."""

    wall_s: float
    cpu_s: float


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--saved-models", type=Path, default=Path("saved_models"))
    parser.add_argument("--model", default="dcgan_v1_64")
    parser.add_argument("--planets", type=int, default=5000, help="(%(default)s)")
    given = parser.parse_args(arguments)
    version = max((given.saved_models / given.model).glob("[0-9]*"), key=lambda path: int(path.name))
    print(f"{given.planets} planets of {given.model}", flush=True)
    print(f"{'':36} {'seconds':>8} {'CPU-s':>8} {'planets/CPU-s':>14} {'× bare loop':>12}  files", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        tar, alone = Path(folder, "bare.tar"), Path(folder, "one")
        bare = run([sys.executable, "-m", "tests.benchmarks.bare_bake", str(version), str(given.planets), str(tar)])
        tell("bare loop", given.planets, bare, bare, "")
        faults = 0

        def bake(name: str, out: Path, *options: str, during: Callable[[subprocess.Popen], None] = lambda _: None):
            nonlocal faults
            done = run(bake_command(given, version, out, *options), during)
            same = is_whole(out, tar, given.planets) if out == alone else digest(out) == digest(alone)
            faults += not same
            tell(name, given.planets, done, bare, "as they shall be" if same else "OTHERS")
            return done

        one = bake("one process", alone)
        bake("two processes", Path(folder, "two"), "--workers", "2")
        killed = Path(folder, "killed")
        bake(f"two processes, {KILLS} times one killed", killed, "--workers", "2", during=lambda it: kill(it, killed))
        if importlib.util.find_spec("ray") is None:
            print("Ray isn't installed, so it was left out: pip install -r requirements-ray.txt")
        else:
            with two_nodes() as (address, leave):
                out = Path(folder, "ray")
                bake("Ray, two nodes, one goes away", out, "--ray", address, during=lambda it: leave(it, out))
    ratio = bare.cpu_s / one.cpu_s
    print(
        f"\nplanets per CPU-second in one process, × bare loop: {ratio:.2f} >= {LIMIT}",
        "" if ratio >= LIMIT else "MISSED",
    )
    return 1 if faults or ratio < LIMIT else 0


def bake_command(given: argparse.Namespace, version: Path, out: Path, *options: str) -> list[str]:
    shard = max(1, given.planets // SHARDS)
    command = [sys.executable, "-m", "serving.bake", str(out), "--seeds", f"0:{given.planets}", "--want", _WHAT]
    command += ["--model", given.model, "--version", version.name, "--saved-models", str(given.saved_models)]
    return [*command, "--shard-size", str(shard), *options]


def run(command: list[str], during: Callable[[subprocess.Popen], None] = lambda _: None) -> Done:
    started = time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        during(process)
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    finally:
        if process.returncode is None:
            process.kill()
            process.wait()
    if process.returncode:
        raise SystemExit(f"{' '.join(command)} ended with {process.returncode}.")
    return Done(time.monotonic() - started, used.ru_utime + used.ru_stime)


def tell(name: str, planets: int, done: Done, bare: Done, files: str) -> None:
    figures = f"{done.cpu_s:8.1f} {planets / done.cpu_s:14.1f} {bare.cpu_s / done.cpu_s:12.2f}"
    if name.startswith("Ray"):
        figures = " " * len(figures)  # its workers are no children of the bake
    print(f"{name:36} {done.wall_s:8.1f} {figures}  {files}", flush=True)


def is_whole(out: Path, bare: Path, planets: int) -> bool:
    """Whether each planet is there once, and is the bare loop's picture."""
    rows = [row for path in sorted(out.glob("index/*.parquet")) for row in pq.read_table(path).to_pylist()]
    pictures = [row for row in rows if row["file"] == _WHAT]
    with tarfile.open(bare) as archive:
        expected = [hashlib.sha256(archive.extractfile(one).read()).hexdigest() for one in archive]
    return [row["seed"] for row in pictures] == list(range(planets)) and expected == [row["sha256"] for row in pictures]


def kill(process: subprocess.Popen, out: Path) -> None:
    """Kills one of a bake's workers ten times."""
    chance = random.Random(0)
    for shards in sorted(chance.sample(range(2, SHARDS - 3, 4), KILLS)):
        wait_for(process, lambda shards=shards: made(out) >= shards)
        os.kill(chance.choice(wait_for(process, lambda: workers(process.pid))), signal.SIGKILL)


def wait_for(process: subprocess.Popen, look: Callable[[], Any]) -> Any:
    """What there is to see, once there is something."""
    while not (seen := look()):
        if os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT):
            raise SystemExit(f"{' '.join(process.args)} has ended too early.")
        time.sleep(0.01)  # between looks
    return seen


def workers(pid: int) -> list[int]:
    """The processes that make a bake's shards."""
    return [one for one in children(pid) if b"spawn_main" in Path(f"/proc/{one}/cmdline").read_bytes()]


def made(out: Path) -> int:
    """How many shards are there."""
    return sum(1 for _ in index_path(out, 0).parent.glob("[0-9]*.parquet"))


@contextlib.contextmanager
def two_nodes() -> Iterator[tuple[str, Callable[[subprocess.Popen, Path], None]]]:
    """A Ray cluster's address, and what takes one of its nodes away once a third of a bake's shards are there."""
    from ray.cluster_utils import Cluster

    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 1, "include_dashboard": False})
    try:
        leaving = cluster.add_node(num_cpus=1)

        def leave(process: subprocess.Popen, out: Path) -> None:
            wait_for(process, lambda: made(out) >= SHARDS // 3)
            cluster.remove_node(leaving, allow_graceful=False)

        yield cluster.address, leave
    finally:
        cluster.shutdown()


if __name__ == "__main__":
    sys.exit(main())
