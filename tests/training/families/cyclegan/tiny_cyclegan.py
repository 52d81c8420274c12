"""A CycleGAN small enough for tests.

`python -m tests.training.families.cyclegan.tiny_cyclegan STATE.npz` takes its first step and prints it as JSON.

The state before the step is read from the file, or written to it if it isn't there.
"""

from __future__ import annotations

import dataclasses
import json
import sys
from pathlib import Path

import keras
import numpy as np

from datasets.pictures import load_pictures
from training.contract.config import TrainingConfig
from training.contract.family import begin
from training.families.cyclegan.family import CYCLEGAN, build_networks
from training.families.cyclegan.recipe import RECIPES
from training.families.cyclegan.trainer import CycleGANTrainer

SIZE = 16
COLORS = np.array([[60, 110, 220], [210, 100, 60]])
CHANGES = {
    "filters": 4,
    "blocks": 1,
    "downsamplings": 2,
    "discriminator_filters": 4,
    "discriminator_layers": 1,
    "pool": 4,
    "flip": False,
}


def pairs(count: int, seed: int = 0) -> np.ndarray:
    """Blue and red noise in turn, float32 `(2 * count, 16, 16, 3)` in [-1, 1]."""
    light = np.random.default_rng(seed).uniform(0.6, 1.0, (2 * count, SIZE, SIZE, 1))
    colors = COLORS[np.arange(2 * count) % 2]
    return (light * colors[:, None, None] / 127.5 - 1.0).astype(np.float32)


def build_trainer(data: Path | None = None, total_steps: int = 100, **changes) -> CycleGANTrainer:
    """A trainer of drawn pictures, or of those prepared in `data`, as its family builds it."""
    recipe = dataclasses.replace(RECIPES["small"], **CHANGES | changes)
    if data:
        config = TrainingConfig(data=str(data), out="", family="cyclegan", size=SIZE, batch_size=2)
        return begin(CYCLEGAN, config, recipe, load_pictures(data, SIZE), total_steps, "float32")
    keras.utils.set_random_seed(0)
    pictures = np.clip((pairs(3) + 1.0) * 127.5, 0, 255).astype(np.uint8)
    domains = (pictures[0::2], pictures[1::2])
    return CycleGANTrainer(build_networks(SIZE, recipe), recipe, total_steps, 0, domains, domains)


def first_step(state: Path) -> dict[str, float]:
    """Metrics of a step with identity loss and clipping, and the mean absolute change it made to a generator."""
    trainer = build_trainer(identity_weight=1.0, clip_norm=1.0, clip_norm_end=1.0)
    variables = {name: variable for name, variable in trainer.state.items() if not name.startswith("random")}
    if state.exists():
        with np.load(state) as saved:
            for name, variable in variables.items():
                variable.assign(saved[name])
    else:
        np.savez(state, **{name: np.asarray(variable) for name, variable in variables.items()})
    before = trainer.networks.generator_ab.get_weights()
    metrics = trainer.step(pairs(2), None, 0)
    changes = [
        np.abs(new - old).mean() for new, old in zip(trainer.networks.generator_ab.get_weights(), before, strict=True)
    ]
    return {name: float(value) for name, value in metrics.items()} | {"change": float(np.mean(changes))}


if __name__ == "__main__":
    print(json.dumps(first_step(Path(sys.argv[1]))))
