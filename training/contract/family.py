"""What makes a family of models trainable by `python -m training.train FAMILY`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import keras

from datasets.pictures import Pictures
from training.contract.config import TrainingConfig
from training.contract.trainer import Trainer
from training.engine.precision import dtype_policy


class Export(NamedTuple):
    """One of the models of a family as a SavedModel.

    Attributes:
        write: `(run folder, its config.json, target folder)`: writes the SavedModel and returns the card's entries
            that depend on the family, at least `task`, `image_size` and `description`.
        name: `config.json` to the default name of the exported model.
    """

    write: Callable[[Path, Mapping[str, Any], Path], dict[str, Any]]
    name: Callable[[Mapping[str, Any]], str]


class Family(NamedTuple):
    """A kind of model, from its command-line options to its SavedModel.

    Attributes:
        name: What `python -m training.train` and a run's `config.json` call it.
        help: One line for the command line.
        recipes: Hyperparameters by name, the default first: frozen dataclasses of one type, each field of which
            becomes a command-line option and whose `__post_init__` raises `RequestError` for what can't be.
        choices: The allowed values of the recipe's text fields.
        build: `(config, recipe, pictures, total_steps)` to models and optimizers at step 0; `begin` calls it.
        exports: What `python -m training.export RUN --model NAME` can write, by name, the default first.
        strategies: Those of `training.engine.workers.STRATEGIES` under which its step is the same as on one device: all
            that it draws comes from `training.engine.draws`, all its optimizers from `training.engine`.
        feed: `(config, recipe, pictures, first_step)` to batches without end, of images, labels and, for the trainer's
            `step`, a dict of more tensors; None for the pictures and labels as they are.
        sampling: What an epoch shows: `"shuffled"`, or `"alternating"`: the rows of a batch are of class 0, class 1,
            class 0, … (`datasets.sampling`).
        batch_size: Pictures per step unless the command line says otherwise.
    """

    name: str
    help: str
    recipes: Mapping[str, Any]
    choices: Mapping[str, tuple[str, ...]]
    build: Callable[[TrainingConfig, Any, Pictures, int], Trainer]
    exports: Mapping[str, Export]
    strategies: tuple[str, ...] = ("none",)
    feed: Callable[[TrainingConfig, Any, Pictures, int], Iterator] | None = None
    sampling: str = "shuffled"
    batch_size: int = TrainingConfig.batch_size


def begin(
    family: Family, config: TrainingConfig, recipe: Any, pictures: Pictures, total_steps: int, precision: str
) -> Trainer:
    """A family's models and optimizers at step 0, a function of its arguments alone.

    The seed is set first, for networks draw their weights when they are built; all is built in the dtype policy.
    """
    keras.utils.set_random_seed(config.seed)
    with dtype_policy(precision):
        return family.build(config, recipe, pictures, total_steps)
