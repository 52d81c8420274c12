"""Trainers of any family on pictures drawn here, too small to be slow."""

from __future__ import annotations

import dataclasses

import numpy as np

from datasets.manifest import Size
from datasets.pictures import Pictures
from training.contract.config import TrainingConfig
from training.contract.family import begin
from training.families import FAMILIES, recipe_of

CLASSES = ("earth", "mars")
COLORS = np.array([[60, 110, 220], [210, 100, 60]])


def draw_pictures(size: int | str = 16, count: int = 16) -> Pictures:
    """Blue and red noise in turn; the last picture is of both classes and violet."""
    size = Size.of(size)
    labels = np.eye(2, dtype=np.float32)[np.arange(count) % 2]
    labels[-1] = 1.0
    light = np.random.default_rng(0).uniform(0.6, 1.0, (count, size.height, size.width, 1))
    colors = labels / labels.sum(axis=1, keepdims=True) @ COLORS
    images = (light * colors[:, None, None]).astype(np.uint8)
    return Pictures(images, labels, CLASSES, tuple(f"{index}.png" for index in range(count)))


def build_trainer(family: str, pictures: Pictures, total_steps: int = 100, **changes):
    """A trainer with the family's first recipe, changed in those of the fields that it has."""
    height, width = pictures.images.shape[1:3]
    fields = {field.name for field in dataclasses.fields(next(iter(FAMILIES[family].recipes.values())))}
    config = TrainingConfig(
        data="",
        out="",
        family=family,
        size=str(Size(width, height)),
        batch_size=8,
        changes={name: value for name, value in changes.items() if name in fields},
    )
    return begin(FAMILIES[family], config, recipe_of(config)[1], pictures, total_steps, "float32")
