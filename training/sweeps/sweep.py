"""Trainings one after another or side by side, each in a process of its own."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

from tqdm import tqdm

from datasets.errors import RequestError
from datasets.manifest import load_manifest
from training.contract.config import TrainingConfig
from training.families.command import train_arguments
from training.records.runs import read_run

# TensorFlow's two pools, OpenMP's, and the number of processors that JAX goes by.
THREAD_VARIABLES = ("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS", "OMP_NUM_THREADS", "NPROC")
LOOK_EVERY_S = 1.0  # between two looks at a training


class Outcome(NamedTuple):
    """How a training ended: 0 finished, 130 stopped on request, else failed; with its last words."""

    code: int
    words: str

    @property
    def status(self) -> str:
        return {0: "finished", 130: "stopped"}.get(self.code, "failed") + (f": {self.words}" if self.words else "")


def sweep(
    configs: dict[str, TrainingConfig], jobs: int = 1, resume: bool = False, passed_on: Sequence[str] = ()
) -> dict[str, Outcome]:
    """Trains configurations, each in a process of its own that writes to `train.log` in its run folder.

    SIGINT, SIGTERM and SIGHUP make the trainings save their state and end; a second one makes them end at once.

    Args:
        configs: What to train by name, in this order.
        jobs: How many at once.
        resume: Continue from checkpoints; what has finished already is left as it is.
        passed_on: More options of `training.train` for all of them.

    Returns:
        How each ended.

    Raises:
        RequestError: `jobs` is below 1 or a data folder is not one.
    """
    if jobs < 1:
        raise RequestError(f"--jobs is {jobs}: it must be at least 1.")
    for data in {config.data for config in configs.values()}:
        load_manifest(data)
    outcomes = {name: Outcome(0, "") for name, config in configs.items() if resume and _is_finished(config)}
    for name in outcomes:
        tqdm.write(f"{name} has finished before", file=sys.stderr)
    waiting = [name for name in configs if name not in outcomes]
    environment = _share_of_processor(min(jobs, len(waiting)))
    with _stop_requests() as requests, ThreadPoolExecutor(jobs) as pool:

        def run(name: str) -> Outcome:
            if requests:
                return Outcome(130, "")
            config = configs[name]
            tqdm.write(f"{name} started, see {config.out}/train.log", file=sys.stderr)
            command = [sys.executable, "-m", "training.train", *train_arguments(config), *passed_on]
            outcome = _train(name, [*command, *["--resume"] * resume], Path(config.out), environment, requests)
            tqdm.write(f"{name} {outcome.status}", file=sys.stderr)
            return outcome

        outcomes |= zip(waiting, pool.map(run, waiting), strict=True)
    return {name: outcomes[name] for name in configs}


def _train(name: str, command: list[str], run: Path, environment: dict[str, str], requests: list[int]) -> Outcome:
    """Runs one training to its end, showing its progress and passing on what is asked of this process."""
    run.mkdir(parents=True, exist_ok=True)
    log = run / "train.log"
    with log.open("ab") as file, tqdm(bar_format="{desc}", leave=False, disable=None) as line:
        # In a session of its own, or Ctrl+C would reach it from the terminal and from here: twice means at once.
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=file, stderr=file, env=environment, start_new_session=True
        )
        passed_on = 0
        while True:
            with contextlib.suppress(subprocess.TimeoutExpired):
                code = process.wait(LOOK_EVERY_S)
                break
            if passed_on < len(requests):
                passed_on += 1
                process.terminate()
            width = shutil.get_terminal_size().columns - 1
            line.set_description_str(f"{name}  {_last_words(log)}"[:width])
    if code == 0:
        return Outcome(0, "")
    if requests and code in (130, -signal.SIGTERM):  # the latter before it could listen
        return Outcome(130, "")
    words = f"killed by {signal.Signals(-code).name}" if code < 0 else _last_words(log).removeprefix("error: ")
    return Outcome(code, words)


def _last_words(log: Path) -> str:
    """The newest line that isn't blank; a progress bar's lines end in carriage returns."""
    with log.open("rb") as file:
        file.seek(max(0, log.stat().st_size - 4096))
        lines = file.read().decode(errors="replace").replace("\r", "\n").splitlines()
    return next((line.strip() for line in reversed(lines) if line.strip()), "")


def _is_finished(config: TrainingConfig) -> bool:
    """Whether a run has its models and as many epochs or minutes as are wanted now."""
    folder = Path(config.out)
    if not (folder / "config.json").is_file():
        return False
    run = read_run(folder)
    if not run.finished or not run.rows:
        return False
    seconds = run.last("training_seconds")
    return len(run.rows) >= config.epochs or (config.minutes is not None and seconds >= config.minutes * 60)


def _share_of_processor(jobs: int) -> dict[str, str]:
    """The environment of one of `jobs` trainings at once; threads that the user has set stay so."""
    if jobs <= 1:
        return dict(os.environ)
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return {**dict.fromkeys(THREAD_VARIABLES, str(max(1, cores // jobs))), **os.environ}


@contextlib.contextmanager
def _stop_requests() -> Iterator[list[int]]:
    """Collects the signals that ask this process to stop, except those that it was started to ignore."""
    requests: list[int] = []
    wanted = [n for n in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP) if signal.getsignal(n) != signal.SIG_IGN]
    previous = {number: signal.signal(number, lambda number, frame: requests.append(number)) for number in wanted}
    try:
        yield requests
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
