"""The families of models that `python -m training.train` knows."""

from __future__ import annotations

import dataclasses
from typing import Any

from datasets.errors import RequestError
from training.contract.config import TrainingConfig
from training.contract.family import Family
from training.families.autoencoders.family import CVAEGAN, VAE
from training.families.classifier.family import CLASSIFIER
from training.families.cyclegan.family import CYCLEGAN
from training.families.dcgan.family import DCGAN
from training.families.labelled.family import ACGAN, CONDITIONAL
from training.families.planet.family import PLANET_V3
from training.families.refiner.family import REFINER
from training.families.world.family import WORLD_V1
from training.families.world2.family import WORLD_V2

FAMILIES: dict[str, Family] = {
    "planet_v3": PLANET_V3,
    "refiner": REFINER,
    "world_v1": WORLD_V1,
    "world_v2": WORLD_V2,
    "dcgan": DCGAN,
    "conditional": CONDITIONAL,
    "acgan": ACGAN,
    "vae": VAE,
    "cvaegan": CVAEGAN,
    "cyclegan": CYCLEGAN,
    "classifier": CLASSIFIER,
}


def recipe_of(config: TrainingConfig) -> tuple[str, Any]:
    """Name and settings of the recipe asked for, changes made; raises `RequestError` where they don't fit."""
    recipes = FAMILIES[config.family].recipes
    name = config.recipe or next(iter(recipes))
    if name not in recipes:
        raise RequestError(f"Unknown recipe {name!r}: choose one of {', '.join(recipes)}.")
    return name, dataclasses.replace(recipes[name], **config.changes)
