"""The families of models that `python -m training.train` knows."""

from __future__ import annotations

import dataclasses
import importlib
from typing import Any

from datasets.errors import RequestError
from training.contract.config import TrainingConfig
from training.contract.family import Family

# Each folder's `family.py` declares one or more, which are known by their names.
_FOLDERS = (
    "world_v2",
    "dcgan",
    "labelled",
    "autoencoders",
    "cyclegan",
    "classifier",
)


def _declared(folder: str) -> list[Family]:
    module = importlib.import_module(f"training.families.{folder}.family")
    return [value for value in vars(module).values() if isinstance(value, Family)]


FAMILIES: dict[str, Family] = {family.name: family for folder in _FOLDERS for family in _declared(folder)}


def recipe_of(config: TrainingConfig) -> tuple[str, Any]:
    """Name and settings of the recipe asked for, changes made; raises `RequestError` where they don't fit."""
    recipes = FAMILIES[config.family].recipes
    name = config.recipe or next(iter(recipes))
    if name not in recipes:
        raise RequestError(f"Unknown recipe {name!r}: choose one of {', '.join(recipes)}.")
    return name, dataclasses.replace(recipes[name], **config.changes)
