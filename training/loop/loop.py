"""A training from start to finish: data in, a run folder out, continued where it was interrupted.

The run folder holds `config.json`, `log.csv` (one row per epoch), `samples/`, `checkpoints/`, `tensorboard/` and at the
end the models to export, each as `NAME.weights.h5`, `report.html` and a timelapse; the best checkpoint's models are in
`best/`.
"""

from __future__ import annotations

import contextlib
import dataclasses
import datetime
import itertools
import json
import shutil
import signal
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import keras
import numpy as np
from tqdm import tqdm

from datasets.errors import RequestError
from datasets.pictures import Pictures, open_pictures
from training.contract.config import TrainingConfig
from training.contract.family import begin
from training.contract.trainer import Preview, Trainer
from training.engine.joining import join_workers
from training.engine.memory import is_out_of_memory
from training.engine.precision import PRECISIONS, choose_precision
from training.engine.workers import Workers
from training.families import FAMILIES, recipe_of
from training.loop.averaging import take_best_average
from training.loop.checkpoints import checkpoints_of, keep_best, newest_checkpoint, read_meta, save_checkpoint
from training.loop.earlier import find_earlier
from training.loop.feeding import choose_sampler, training_batches
from training.records import logs
from training.records.checksums import forget_sums, write_sums
from training.records.files import write_text
from training.records.grids import save_picture
from training.records.resources import RESOURCES_NAME, record_peak_memory
from training.records.runs import AVERAGE, AVERAGE_NAME, BEST, CONFIG_NAME
from training.records.weights import write_weights
from training.reports.report import write_report
from training.reports.timelapse import write_timelapse


class TrainingInterrupted(Exception):
    """The training was asked to stop; its checkpoint is saved."""


class OutOfMemory(Exception):
    """The memory of this machine or its accelerator does not hold the training."""


def train(config: TrainingConfig, resume: bool = False) -> Path:
    """Trains until `config.epochs` or `config.minutes` are reached.

    Args:
        config: What to train, on what, for how long.
        resume: Continue from the newest checkpoint of the run folder, if there is one.

    Returns:
        The run folder.

    Raises:
        RequestError: The configuration, the data or the run folder do not fit; the text says what to do.
        FloatingPointError: A loss became NaN or infinite; the last good checkpoint is kept.
        ConnectionError: Another process of the training was lost.
        TrainingInterrupted: SIGINT or SIGTERM came; the state at that step is saved.
        OutOfMemory: The training needs more memory than there is; the newest checkpoint is kept.
        OSError: A file of the run folder can't be written; the newest checkpoint is kept.
    """
    strategies = FAMILIES[config.family].strategies
    if config.strategy not in strategies:
        raise RequestError(
            f"--strategy {config.strategy} is not for {config.family}: choose {' or '.join(strategies)}."
        )
    workers = join_workers(config.strategy, config.batch_size)
    with workers.together(), _memory_told(config):
        _train(config, resume, workers)
    return Path(config.out)


@contextlib.contextmanager
def _memory_told(config: TrainingConfig):
    """Turns the backends' errors for want of memory into an `OutOfMemory` whose advice can be followed."""
    try:
        yield
    except Exception as error:
        if not is_out_of_memory(error):
            raise
        kept = newest_checkpoint(Path(config.out) / "checkpoints")
        where = "in another --out, as a training goes on only with the batches it began with" if kept else "again"
        raise OutOfMemory(
            f"Memory ran out with --batch-size {config.batch_size}: start {where}, with a smaller one or a smaller "
            f"--size; the newest checkpoint is {kept.name if kept else 'not there yet'}."
        ) from error


def _train(config: TrainingConfig, resume: bool, workers: Workers):
    recipe_name, recipe = recipe_of(config)
    pictures = _load(config)
    family = FAMILIES[config.family]
    sampler = choose_sampler(config, family.sampling, pictures)
    steps = sampler.steps(config.batch_size)
    run = Path(config.out)
    progress = _Progress()
    earlier = find_earlier(config, resume)
    precision = choose_precision(earlier.config["precision"] if earlier else config.precision)
    precision = PRECISIONS[min(workers.gather(PRECISIONS.index(precision)))]  # float32 if one machine is faster at it
    with workers.sharing():
        trainer = begin(family, config, recipe, pictures, config.epochs * steps, precision)
    described = _describe(config, recipe_name, recipe, trainer, pictures, precision, workers)
    if earlier:
        described = earlier.continued_as(described, config.epochs * steps)
        progress = _Progress(**earlier.load(trainer.state))
        progress.log = earlier.log[: progress.step // steps]
    progress.config = described
    if len(set(workers.gather(progress.step))) > 1:
        raise RequestError(
            f"The workers see different checkpoints in {run}: give all of them the same folder as --out."
        )
    log = contextlib.nullcontext()
    if workers.chief:
        if earlier:
            earlier.set_damaged_aside()
        _forget_models(trainer, run)
        write_text(run / CONFIG_NAME, json.dumps(described, indent=2) + "\n")
        write_sums(run, [CONFIG_NAME])
        log = logs.TrainingLog(run, progress.log)
    with log, _stop_requests() as stop:
        if family.feed:
            batches = family.feed(config, recipe, pictures, progress.step)
        else:
            rows = workers.rows(config.batch_size)
            batches = training_batches(pictures, config.batch_size, sampler, progress.step, rows)
        _run_epochs(config, trainer, batches, progress, log, workers, _agreed(stop, workers, progress, steps), steps)
    if workers.chief:
        _save_models(trainer, run, CONFIG_NAME, logs.CSV_NAME, RESOURCES_NAME)
        if config.average:
            _average(trainer, run)
        _show(run)
    workers.meet()


def _load(config: TrainingConfig) -> Pictures:
    try:
        return open_pictures(config.data, config.size, classes=config.classes)
    except MemoryError:
        raise OutOfMemory(
            f"Memory ran out at reading the pictures of {config.data} at {config.size} px, which are all kept in it: "
            "take a smaller --size, or prepare them with --format arrayrecord, whose pictures stay on the disk."
        ) from None


@dataclasses.dataclass
class _Progress:
    """Where a training stands; saved with every checkpoint."""

    step: int = 0
    training_seconds: float = 0.0
    sums: dict[str, float] = dataclasses.field(default_factory=dict)  # of this epoch's metrics
    best_score: float | None = None
    sound: bool = False  # whether the last preview drew no warning; the first ones of a training always do
    config: Mapping[str, Any] = dataclasses.field(default_factory=dict)  # as config.json, should that be damaged
    log: list[dict[str, Any]] = dataclasses.field(default_factory=list)  # the rows of log.csv


def _run_epochs(config, trainer: Trainer, batches, progress: _Progress, log, workers: Workers, stop, steps: int):
    if progress.step % steps == 0 and _timed_out(config, progress):
        return
    for epoch in range(progress.step // steps + 1, config.epochs + 1):
        if _run_epoch(config, trainer, batches, progress, stop, steps, epoch):
            if workers.chief:
                _checkpoint(config, trainer, progress)
            workers.meet()
            raise TrainingInterrupted(f"Stopped at step {progress.step}, all is saved: add --resume to continue.")
        means = {name: total / steps for name, total in progress.sums.items()}
        progress.sums = {}
        last = any(workers.gather(_timed_out(config, progress) or epoch == config.epochs))
        if workers.chief:
            _record(config, trainer, progress, log, means, epoch, last)
        if last:
            return


def _timed_out(config: TrainingConfig, progress: _Progress) -> bool:
    return config.minutes is not None and progress.training_seconds >= config.minutes * 60


def _record(config, trainer: Trainer, progress: _Progress, log, means: dict[str, float], epoch: int, last: bool):
    """Writes down what an epoch has led to."""
    preview = None
    if last or epoch % config.sample_every == 0:
        preview = trainer.preview()
        save_picture(preview.picture, Path(config.out) / "samples" / f"epoch_{epoch:05d}.png")
        log.image(preview.picture, progress.step)
        _warn(preview, progress, last)
        means |= preview.measures
    log.write(epoch, progress.step, progress.step * config.batch_size, progress.training_seconds, means)
    record_peak_memory(Path(config.out))
    if last or epoch % config.checkpoint_every == 0:
        _checkpoint(config, trainer, progress, preview)


def _run_epoch(config, trainer: Trainer, batches, progress: _Progress, stop, steps: int, epoch: int) -> bool:
    """Takes the steps that are left of an epoch; returns whether it was asked to stop before the last one."""
    metrics, stopped, started = [], False, time.perf_counter()
    bar = tqdm(
        total=steps,
        initial=progress.step % steps,
        desc=f"epoch {epoch}/{config.epochs}",
        unit_scale=config.batch_size,
        unit=" images",
        postfix=_time_left(config, progress, steps),
        leave=False,
    )
    with bar:
        while bar.n < steps and not (stopped := stop()):
            images, labels, *extras = next(batches)
            metrics.append(trainer.step(images, labels, progress.step + len(metrics), *extras))
            bar.update()
    _take_in(progress, metrics, Path(config.out))
    progress.training_seconds += time.perf_counter() - started
    return stopped


def _time_left(config: TrainingConfig, progress: _Progress, steps: int) -> str:
    """Of the whole training, at its speed so far."""
    if not progress.step:
        return ""
    seconds = progress.training_seconds * (config.epochs * steps / progress.step - 1)
    if config.minutes is not None:
        seconds = min(seconds, config.minutes * 60 - progress.training_seconds)
    return f"{datetime.timedelta(seconds=max(0, round(seconds)))} left"


def _checkpoint(config, trainer: Trainer, progress: _Progress, preview: Preview | None = None):
    """Saves the state, and keeps it apart if its preview is the best so far."""
    run = Path(config.out)
    score = preview.score if preview else None
    best = score is not None and (progress.best_score is None or score < progress.best_score)
    if best:
        progress.best_score = score
    meta = {name: value for name, value in dataclasses.asdict(progress).items() if name != "step"}
    path = save_checkpoint(run / "checkpoints", progress.step, trainer.state, meta, config.keep_checkpoints)
    if best:
        keep_best(path)
        _save_models(trainer, run / BEST)


def _save_models(trainer: Trainer, folder: Path, *others: str):
    """Writes the models' weights, and the checksums of these and of other files in the folder."""
    forget_sums(folder)
    weights = {f"{name}.weights.h5": model for name, model in trainer.models.items()}
    for name, model in weights.items():
        write_weights(folder / name, model)
    write_sums(folder, [*weights, *(name for name in others if (folder / name).is_file())])


def _average(trainer: Trainer, run: Path):
    """Saves the models of the best average of the checkpoints, and which it is of."""
    average = take_best_average(trainer, checkpoints_of(run / "checkpoints"))
    steps = [read_meta(path)["step"] for path in average.checkpoints]
    folder = run / AVERAGE
    write_text(folder / AVERAGE_NAME, json.dumps({"steps": steps, "score": average.score}) + "\n")
    _save_models(trainer, folder, AVERAGE_NAME)
    told = "" if average.score is None else f" scores {average.score:.3g}, the best checkpoint {average.alone:.3g}"
    tqdm.write(f"The average of steps {', '.join(map(str, steps))}{told}: {folder}.", file=sys.stderr)


def _forget_models(trainer: Trainer, folder: Path):
    """Removes the models of a training that goes on: what is exported, or begun with, must be as far as its log."""
    shutil.rmtree(folder / AVERAGE, ignore_errors=True)
    forget_sums(folder)
    for name in trainer.models:
        (folder / f"{name}.weights.h5").unlink(missing_ok=True)


def _show(run: Path):
    """Makes report and timelapse; the training is done and saved, so nothing that goes wrong here may fail it."""
    for make in (write_report, write_timelapse):
        try:
            make(run)
        except Exception as error:
            print(f"warning: {make.__name__} failed: {error}. Try python -m training.report {run}", file=sys.stderr)


def _warn(preview: Preview, progress: _Progress, last: bool):
    """Says what is wrong when it goes wrong, and at the end, not in every epoch between."""
    if preview.warning and (progress.sound or last):
        tqdm.write(f"warning: at step {progress.step} {preview.warning}.", file=sys.stderr)
    progress.sound = not preview.warning


def _take_in(progress: _Progress, metrics: list[dict], run: Path):
    """Adds the metrics of the steps just taken; this is where Python waits for an accelerator."""
    for step in metrics:
        values = {name: float(value) for name, value in step.items()}
        progress.step += 1
        broken = [name for name, value in values.items() if not np.isfinite(value)]
        if broken:
            kept = newest_checkpoint(run / "checkpoints")
            raise FloatingPointError(
                f"{' and '.join(broken)} stopped being a number at step {progress.step}: lower the learning rates or "
                f"use another --recipe; the last good checkpoint is {kept.name if kept else 'not there yet'}."
            )
        for name, value in values.items():
            progress.sums[name] = progress.sums.get(name, 0.0) + value


def _describe(
    config: TrainingConfig,
    recipe_name: str,
    recipe: Any,
    trainer: Trainer,
    pictures: Pictures,
    precision: str,
    workers: Workers,
) -> dict[str, Any]:
    return {
        **dataclasses.asdict(config),
        "data": Path(config.data).name,
        "out": Path(config.out).name,
        "recipe": {"name": recipe_name, **_without_folders(dataclasses.asdict(recipe))},
        "changes": sorted(config.changes),
        "precision": precision,
        "devices": workers.replicas,
        **trainer.facts,
        "training_pictures": len(pictures),
        "data_sha256": pictures.sha256() if workers.chief else None,  # one reads all of them, not each
        "classes": list(pictures.class_names),
        "keras": keras.version(),
        "backend": keras.backend.backend(),
    }


def _without_folders(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Only the names of files and folders: `config.json` and the card made of it may be published."""
    return {name: value.name if isinstance(value, Path) else value for name, value in settings.items()}


def _agreed(stop, workers: Workers, progress: _Progress, steps: int):
    """`stop`, answered alike in all processes: where there are several they are asked once per epoch."""
    if workers.processes == 1:
        return stop
    step = itertools.count(progress.step)
    return lambda: next(step) % steps == 0 and any(workers.gather(stop()))


@contextlib.contextmanager
def _stop_requests():
    """Turns SIGINT and SIGTERM into a question the loop asks between steps; a second signal acts as usual."""
    asked = []
    previous = {}

    def ask(number, frame):
        asked.append(number)
        for each, handler in previous.items():
            signal.signal(each, handler)

    for number in (signal.SIGINT, signal.SIGTERM):
        with contextlib.suppress(ValueError):  # not in the main thread: whoever started us handles signals
            previous[number] = signal.signal(number, ask)
    try:
        yield lambda: bool(asked)
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
