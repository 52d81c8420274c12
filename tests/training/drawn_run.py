"""A run folder as a training leaves it, drawn in no time."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import numpy as np

from training.contract.config import TrainingConfig
from training.families import recipe_of
from training.records.files import write_text
from training.records.grids import save_picture


def draw_run(
    folder: Path,
    epochs: int = 4,
    side: int = 64,
    config: TrainingConfig | None = None,
    distances: dict[int, float] | None = None,
    diversity: float = 0.8,
    steps: int = 25,
) -> Path:
    """Writes `config.json`, `log.csv`, `samples/` and weights.

    Args:
        folder: To make.
        epochs: How many; each takes 10 seconds but the first, which takes 60.
        side: Of the sample pictures in pixels; they become brighter with each epoch.
        config: What was asked for.
        distances: Sliced Wasserstein distances by epoch; those of the other epochs fall from 100.
        diversity: Of each epoch.
        steps: Per epoch.
    """
    config = config or TrainingConfig(data="data", out=folder.name, changes={"variant": "v2", "flip": False})
    name, recipe = recipe_of(config)
    described = dataclasses.asdict(config) | {
        "recipe": {"name": name, **dataclasses.asdict(recipe)},
        "changes": sorted(config.changes),
        "classes": list(config.classes or ("earth", "mars")),
        "training_pictures": 816,
        "generator_parameters": 7344864,
        "keras": "3.15.1",
        "backend": "tensorflow",
    }
    write_text(folder / "config.json", json.dumps(described))
    rows = ["epoch,step,images_seen,generator_loss,real_accuracy,sliced_wasserstein,diversity,training_seconds"]
    for epoch in range(1, epochs + 1):
        distance = (distances or {}).get(epoch, 100 / epoch)
        step, seconds = epoch * steps, 50 + 10 * epoch
        rows.append(f"{epoch},{step},{step * config.batch_size},{2 / epoch},0.75,{distance},{diversity},{seconds}")
        picture = np.full((side, side, 3), 255 * epoch // epochs, np.uint8)
        save_picture(picture, folder / "samples" / f"epoch_{epoch:05d}.png")
    write_text(folder / "log.csv", "\n".join(rows) + "\n")
    (folder / "generator.weights.h5").touch()
    return folder
