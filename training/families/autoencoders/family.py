"""`python -m training.train vae` and `cvaegan`: variational autoencoders that draw the kind of picture asked for."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from datasets.manifest import Size
from datasets.pictures import Pictures
from training.contract.config import TrainingConfig
from training.contract.family import Export, Family
from training.engine.workers import STRATEGIES
from training.families.autoencoders.encoder import build_encoder
from training.families.autoencoders.objective import CVAEGANObjective
from training.families.autoencoders.recipe import CVAEGAN_RECIPES, VAE_RECIPES, CVAEGANRecipe, VAERecipe
from training.families.autoencoders.trainer import VAETrainer
from training.gan.conditional import build_conditional_generator
from training.gan.critic import build_auxiliary_critic, check_batch_size, doubling
from training.gan.exports import export_conditional, export_discriminator, size_in_name
from training.gan.kinds import check_kinds
from training.gan.projected.critic import projected_critics
from training.gan.recipes import CHOICES
from training.gan.trainer import GANTrainer
from training.measure.quality import SampleQuality


def _build_vae(config: TrainingConfig, recipe: VAERecipe, pictures: Pictures, total_steps: int) -> VAETrainer:
    check_kinds(pictures)
    size, kinds = Size.of(config.size), len(pictures.class_names)
    generator = build_conditional_generator(size, kinds, recipe.generator_filters)
    encoder = build_encoder(size, kinds, doubling(recipe.encoder_filters))
    quality = SampleQuality(pictures.images)
    return VAETrainer(generator, encoder, recipe, total_steps, config.seed, quality)


def _build_cvaegan(config: TrainingConfig, recipe: CVAEGANRecipe, pictures: Pictures, total_steps: int) -> GANTrainer:
    check_kinds(pictures)
    check_batch_size(config.batch_size)
    size, kinds = Size.of(config.size), len(pictures.class_names)
    generator = build_conditional_generator(size, kinds, recipe.generator_filters)
    discriminator = build_auxiliary_critic(size, kinds, doubling(recipe.discriminator_filters))
    encoder = build_encoder(size, kinds, doubling(recipe.encoder_filters))
    objective = CVAEGANObjective(generator, discriminator, encoder, recipe, total_steps)
    objective.critics += projected_critics(recipe, size, kinds, config.batch_size)
    return GANTrainer(objective, config.seed, SampleQuality(pictures.images))


def _export_critic(run: Path, config: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    widths = doubling(config["recipe"]["discriminator_filters"])
    critic = build_auxiliary_critic(Size.of(config["size"]), len(config["classes"]), widths)
    return export_discriminator(critic, run, config, folder)


VAE = Family(
    name="vae",
    help="an autoencoder whose decoder draws the kind asked for",
    recipes=VAE_RECIPES,
    choices={},
    build=_build_vae,
    exports={"generator": Export(export_conditional, lambda config: f"vae_{size_in_name(config)}")},
    strategies=STRATEGIES,
)

CVAEGAN = Family(
    name="cvaegan",
    help="an autoencoder and a GAN that share their generator",
    recipes=CVAEGAN_RECIPES,
    choices=CHOICES,
    build=_build_cvaegan,
    exports={
        "generator": Export(export_conditional, lambda config: f"cvaegan_{size_in_name(config)}"),
        "discriminator": Export(_export_critic, lambda config: f"cvaegan_{size_in_name(config)}_discriminator"),
    },
    strategies=STRATEGIES,
)
