"""`python -m training.train conditional` and `acgan`: GANs that draw the kind of picture asked for."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import keras

from datasets.manifest import Size
from datasets.pictures import Pictures
from training.engine.precision import dtype_policy
from training.engine.workers import STRATEGIES
from training.families.labelled.trainer import ACGANTrainer, ConditionalGANTrainer, LabelledGANTrainer
from training.gan.conditional import build_conditional_generator
from training.gan.critic import build_auxiliary_critic, build_conditional_critic, check_batch_size, doubling
from training.gan.recipes import (
    ACGAN_RECIPES,
    CHOICES,
    CONDITIONAL_CHOICES,
    CONDITIONAL_RECIPES,
    ACGANRecipe,
    ConditionalRecipe,
)
from training.loop.config import TrainingConfig
from training.loop.family import Export, Family
from training.measure.quality import SampleQuality
from training.saved.generators import check_kinds, export_conditional, export_discriminator, size_in_name


def _build_conditional(
    config: TrainingConfig, recipe: ConditionalRecipe, pictures: Pictures, total_steps: int, precision: str
) -> ConditionalGANTrainer:
    return _build(ConditionalGANTrainer, _conditional_critic, config, recipe, pictures, total_steps, precision)


def _build_acgan(
    config: TrainingConfig, recipe: ACGANRecipe, pictures: Pictures, total_steps: int, precision: str
) -> ACGANTrainer:
    return _build(ACGANTrainer, _auxiliary_critic, config, recipe, pictures, total_steps, precision)


def _build(trainer: type[LabelledGANTrainer], build_critic, config, recipe, pictures, total_steps, precision):
    check_kinds(pictures)
    check_batch_size(config.batch_size)
    size, kinds = Size.of(config.size), len(pictures.class_names)
    keras.utils.set_random_seed(config.seed)
    with dtype_policy(precision):
        generator = build_conditional_generator(size, kinds, recipe.generator_filters)
        discriminator = build_critic(size, kinds, recipe)
        quality = SampleQuality(pictures.images)
        return trainer(generator, discriminator, recipe, total_steps, config.seed, quality)


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
    help="a GAN whose discriminator is shown the kind",
    recipes=CONDITIONAL_RECIPES,
    choices=CONDITIONAL_CHOICES,
    build=_build_conditional,
    exports=_exports("conditional"),
    strategies=STRATEGIES,
)

ACGAN = Family(
    help="a GAN whose discriminator has to tell the kind",
    recipes=ACGAN_RECIPES,
    choices=CHOICES,
    build=_build_acgan,
    exports=_exports("acgan"),
    strategies=STRATEGIES,
)
