"""The average of a training's checkpoints that draws best: a GAN circles around where it would go, and their mean is
nearer to that than any of them.

References: Izmailov 2018, "Averaging Weights Leads to Wider Optima" (arXiv:1803.05407); Wortsman 2022, "Model soups"
(arXiv:2203.05482), whose greedy recipe this is.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from tqdm import tqdm

from training.contract.trainer import Trainer
from training.loop.checkpoints import load_checkpoint


class Average(NamedTuple):
    """Which checkpoints a mean is of.

    Attributes:
        checkpoints: In order of their steps.
        score: Of the mean; None without scores.
        alone: The best of the checkpoints' own.
    """

    checkpoints: list[Path]
    score: float | None
    alone: float | None


def take_best_average(trainer: Trainer, checkpoints: Sequence[Path]) -> Average:
    """Gives a trainer the mean of those checkpoints that together have the lowest score.

    From the best one on, each joins, in order of their own scores, if the mean is better with it. Without scores, all
    join.

    Args:
        trainer: Of the training that wrote them. Gets its weights, averages and optimizers from them.
        checkpoints: In order of their steps, at least one.

    Raises:
        RequestError: A checkpoint can't be read.
    """
    scores = {}
    with tqdm(total=2 * len(checkpoints) - 1, desc="average", unit=" previews", leave=False) as bar:
        for path in checkpoints:
            load_checkpoint(path, trainer.state)
            scores[path] = trainer.preview().score
            if scores[path] is None:
                _take_mean(trainer, checkpoints)
                return Average(list(checkpoints), None, None)
            bar.update()
        first, *others = sorted(checkpoints, key=scores.get)
        chosen, best = [first], scores[first]
        for path in others:
            _take_mean(trainer, [*chosen, path])
            score = trainer.preview().score
            if score < best:
                chosen, best = [*chosen, path], score
            bar.update()
    _take_mean(trainer, chosen)
    return Average([path for path in checkpoints if path in chosen], best, scores[first])


def _take_mean(trainer: Trainer, checkpoints: Sequence[Path]):
    """Counters and random states, which have no mean, are the last one's."""
    sums = {}
    for path in checkpoints:
        load_checkpoint(path, trainer.state)
        for name, variable in trainer.state.items():
            value = np.asarray(variable.numpy())
            if np.issubdtype(value.dtype, np.floating):
                sums[name] = sums.get(name, 0.0) + value.astype(np.float64)
    state = trainer.state
    for name, total in sums.items():
        state[name].assign(total / len(checkpoints))
