"""A training from start to finish: data in, a run folder out, continued where it was interrupted.

The run folder holds `config.json`, `log.csv` (one row per epoch), `samples/`, `checkpoints/`, `tensorboard/` and at the
end `generator.weights.h5`, the generator to export.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import signal
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import keras
import numpy as np
from tqdm import tqdm

from datasets.pictures import Pictures, load_pictures, steps_per_epoch
from training import logs
from training.checkpoints import load_checkpoint, newest_checkpoint, save_checkpoint
from training.feeding import training_batches
from training.files import write_text
from training.grids import save_grid
from training.models.critic import build_critic
from training.models.dcgan import build_discriminator, build_generator
from training.precision import choose_precision, dtype_policy
from training.recipes import RECIPES, Recipe
from training.trainers.gan import GANTrainer

SAMPLE_COUNT = 64


@dataclasses.dataclass(frozen=True)
class TrainingConfig:
    """What `python -m training.train dcgan` was asked for."""

    data: str  # a folder made by datasets.prepare
    out: str  # the run folder
    variant: str = "v1"
    size: int = 64  # pixels
    recipe: str = "stable"  # a key of RECIPES
    changes: Mapping[str, Any] = dataclasses.field(default_factory=dict)  # fields of the recipe set otherwise
    classes: tuple[str, ...] | None = None  # None: all
    epochs: int = 500
    minutes: float | None = None  # stop after the epoch in which this much training time is reached
    batch_size: int = 32
    precision: str = "auto"  # one of training.precision.PRECISIONS
    seed: int = 0
    sample_every: int = 10  # epochs
    checkpoint_every: int = 5  # epochs
    keep_checkpoints: int = 2


class TrainingInterrupted(Exception):
    """The training was asked to stop; its checkpoint is saved."""


def train(config: TrainingConfig, resume: bool = False) -> Path:
    """Trains until `config.epochs` or `config.minutes` are reached.

    Args:
        config: What to train, on what, for how long.
        resume: Continue from the newest checkpoint of the run folder, if there is one.

    Returns:
        The path of the trained generator's weights.

    Raises:
        ValueError: The configuration, the data or the run folder do not fit; the text says what to do.
        FloatingPointError: A loss became NaN or infinite; the last good checkpoint is kept.
        TrainingInterrupted: SIGINT or SIGTERM came; the state at that step is saved.
    """
    _check(config)
    pictures = load_pictures(config.data, config.size, classes=config.classes)
    steps = steps_per_epoch(len(pictures), config.batch_size)
    run = Path(config.out)
    progress = _Progress()
    checkpoint = newest_checkpoint(run / "checkpoints")
    if checkpoint and not resume:
        raise ValueError(f"{run} already holds a training: add --resume to continue it, or choose another --out.")
    precision = choose_precision(_recorded_precision(run) if checkpoint else config.precision)
    trainer = build_trainer(config, config.epochs * steps, precision)
    if checkpoint:
        progress = _Progress(**load_checkpoint(checkpoint, trainer.state))
    write_text(run / "config.json", json.dumps(_describe(config, trainer, pictures, precision), indent=2) + "\n")
    with logs.TrainingLog(run, keep_epochs=progress.step // steps) as log, _stop_requests() as stop:
        _run_epochs(config, trainer, pictures, progress, log, stop, steps)
    weights = run / "generator.weights.h5"
    partial = run / "partial.weights.h5"
    trainer.trained_generator.save_weights(partial)
    partial.replace(weights)
    return weights


def recipe_of(config: TrainingConfig) -> Recipe:
    """The recipe with the changes asked for; raises `ValueError` where they don't fit."""
    if config.recipe not in RECIPES:
        raise ValueError(f"Unknown recipe {config.recipe!r}: choose one of {', '.join(RECIPES)}.")
    return dataclasses.replace(RECIPES[config.recipe], **config.changes)


def build_trainer(config: TrainingConfig, total_steps: int, precision: str = "float32") -> GANTrainer:
    """Models and optimizers at step 0, a function of the arguments alone.

    Args:
        config: Architecture, recipe and seed.
        total_steps: Steps over which a learning rate schedule falls.
        precision: Keras dtype policy of the models; weights are float32 with either.
    """
    keras.utils.set_random_seed(config.seed)
    recipe = recipe_of(config)
    with dtype_policy(precision):
        generator = build_generator(config.variant, config.size)
        if recipe.discriminator == "deep":
            discriminator = build_critic(config.size)
        else:
            discriminator = build_discriminator(config.variant, config.size)
        return GANTrainer(generator, discriminator, recipe, total_steps, config.seed)


@dataclasses.dataclass
class _Progress:
    """Where a training stands; saved with every checkpoint."""

    step: int = 0
    training_seconds: float = 0.0
    sums: dict[str, float] = dataclasses.field(default_factory=dict)  # of this epoch's metrics


def _run_epochs(config, trainer, pictures: Pictures, progress: _Progress, log, stop, steps: int):
    run = Path(config.out)
    recipe: Recipe = trainer.recipe
    batches = training_batches(pictures, config.batch_size, config.seed, progress.step)
    latent = sample_latent(trainer.latent_size)

    def checkpoint():
        meta = {"training_seconds": progress.training_seconds, "sums": progress.sums}
        save_checkpoint(run / "checkpoints", progress.step, trainer.state, meta, config.keep_checkpoints)

    for epoch in range(progress.step // steps + 1, config.epochs + 1):
        metrics, stopped, started = [], False, time.perf_counter()
        bar = tqdm(
            total=steps,
            initial=progress.step % steps,
            desc=f"epoch {epoch}/{config.epochs}",
            unit_scale=config.batch_size,
            unit=" images",
            leave=False,
        )
        with bar:
            while bar.n < steps and not (stopped := stop()):
                regularize = bool(recipe.r1_gamma) and (progress.step + len(metrics)) % recipe.r1_every == 0
                metrics.append(trainer.step(next(batches), regularize=regularize))
                bar.update()
        _take_in(progress, metrics, run)
        progress.training_seconds += time.perf_counter() - started
        if stopped:
            checkpoint()
            raise TrainingInterrupted(f"Stopped at step {progress.step}, all is saved: add --resume to continue.")
        means = {name: total / steps for name, total in progress.sums.items()}
        progress.sums = {}
        log.write(epoch, progress.step, progress.step * config.batch_size, progress.training_seconds, means)
        timed_out = config.minutes is not None and progress.training_seconds >= config.minutes * 60
        last = timed_out or epoch == config.epochs
        if last or epoch % config.sample_every == 0:
            images = trainer.sample(latent)
            log.image(save_grid(images, run / "samples" / f"epoch_{epoch:05d}.png"), progress.step)
        if last or epoch % config.checkpoint_every == 0:
            checkpoint()
        if last:
            return


def _check(config: TrainingConfig):
    for name in ("epochs", "batch_size", "sample_every", "checkpoint_every", "keep_checkpoints"):
        if getattr(config, name) < 1:
            raise ValueError(f"--{name.replace('_', '-')} is {getattr(config, name)}: it must be at least 1.")
    if recipe_of(config).discriminator == "deep" and config.batch_size % 4:
        raise ValueError(f"--batch-size {config.batch_size} does not fit recipe {config.recipe}: use a multiple of 4.")


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
                f"use --recipe stable; the last good checkpoint is {kept.name if kept else 'not there yet'}."
            )
        for name, value in values.items():
            progress.sums[name] = progress.sums.get(name, 0.0) + value


def _recorded_precision(run: Path) -> str:
    """What the training began with, so that it goes on as it began, whatever a probe would say today."""
    return json.loads((run / "config.json").read_text(encoding="utf-8"))["precision"]


def _describe(config: TrainingConfig, trainer: GANTrainer, pictures: Pictures, precision: str) -> dict:
    return {
        "family": "dcgan",
        **dataclasses.asdict(config),
        "data": Path(config.data).name,
        "out": Path(config.out).name,
        "recipe": {"name": config.recipe, **dataclasses.asdict(trainer.recipe)},
        "changes": sorted(config.changes),
        "precision": precision,
        "latent_size": trainer.latent_size,
        "training_pictures": len(pictures),
        "classes": list(pictures.class_names),
        "generator_parameters": trainer.generator.count_params(),
        "discriminator_parameters": trainer.discriminator.count_params(),
        "keras": keras.version(),
        "backend": keras.backend.backend(),
    }


def sample_latent(latent_size: int) -> np.ndarray:
    """The latents of every sample grid, float32 `(SAMPLE_COUNT, latent_size)`."""
    return np.random.default_rng(0).standard_normal((SAMPLE_COUNT, latent_size), dtype=np.float32)


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
