"""`python -m training.train conditional` and `acgan`: GANs that draw the kind of picture asked for."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import keras

from datasets.manifest import Size
from datasets.pictures import Pictures
from training.contract.config import TrainingConfig
from training.contract.family import Export, Family
from training.engine.workers import STRATEGIES
from training.families.labelled.objective import ACGANObjective, ConditionalObjective
from training.families.labelled.recipe import (
    ACGAN_CHOICES,
    ACGAN_RECIPES,
    CONDITIONAL_CHOICES,
    CONDITIONAL_RECIPES,
    ACGANRecipe,
    ConditionalRecipe,
)
from training.gan.conditional import build_conditional_generator
from training.gan.critic import build_auxiliary_critic, build_conditional_critic, check_batch_size, doubling
from training.gan.exports import export_conditional, export_discriminator, size_in_name
from training.gan.kinds import check_kinds
from training.gan.objective import Objective
from training.gan.projected.critic import projected_critics
from training.gan.trainer import GANTrainer
from training.measure.quality import SampleQuality


def _build_conditional(
    config: TrainingConfig, recipe: ConditionalRecipe, pictures: Pictures, total_steps: int
) -> GANTrainer:
    return _build(ConditionalObjective, _conditional_critic, config, recipe, pictures, total_steps)


def _build_acgan(config: TrainingConfig, recipe: ACGANRecipe, pictures: Pictures, total_steps: int) -> GANTrainer:
    return _build(ACGANObjective, _auxiliary_critic, config, recipe, pictures, total_steps)


def _build(objective: type[Objective], build_critic, config, recipe, pictures, total_steps) -> GANTrainer:
    check_kinds(pictures)
    check_batch_size(config.batch_size)
    size, kinds = Size.of(config.size), len(pictures.class_names)
    generator = build_conditional_generator(size, kinds, recipe.generator_filters)
    discriminator = build_critic(size, kinds, recipe)
    objective = objective(generator, discriminator, recipe, total_steps)
    objective.critics += projected_critics(recipe, size, kinds, config.batch_size)
    return GANTrainer(objective, config.seed, SampleQuality(pictures.images))


def _conditional_critic(size: Size, kinds: int, recipe: ConditionalRecipe) -> keras.Model:
    return build_conditional_critic(size, kinds, recipe.conditioning, doubling(recipe.discriminator_filters))


def _auxiliary_critic(size: Size, kinds: int, recipe: ACGANRecipe) -> keras.Model:
    return build_auxiliary_critic(size, kinds, doubling(recipe.discriminator_filters))


def _export_critic(run: Path, config: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    recipe, build_critic = {
        "conditional": (ConditionalRecipe, _conditional_critic),
        "acgan": (ACGANRecipe, _auxiliary_critic),
    }[config["family"]]
    settings = {name: value for name, value in config["recipe"].items() if name != "name"}
    critic = build_critic(Size.of(config["size"]), len(config["classes"]), recipe(**settings))
    return export_discriminator(critic, run, config, folder)


def _exports(family: str) -> dict[str, Export]:
    return {
        "generator": Export(export_conditional, lambda config: f"{family}_{size_in_name(config)}"),
        "discriminator": Export(_export_critic, lambda config: f"{family}_{size_in_name(config)}_discriminator"),
    }


CONDITIONAL = Family(
    name="conditional",
    help="a GAN whose discriminator is shown the kind",
    recipes=CONDITIONAL_RECIPES,
    choices=CONDITIONAL_CHOICES,
    build=_build_conditional,
    exports=_exports("conditional"),
    strategies=STRATEGIES,
)

ACGAN = Family(
    name="acgan",
    help="a GAN whose discriminator has to tell the kind",
    recipes=ACGAN_RECIPES,
    choices=ACGAN_CHOICES,
    build=_build_acgan,
    exports=_exports("acgan"),
    strategies=STRATEGIES,
)
