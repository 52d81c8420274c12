"""`python -m training.train dcgan`: the eight DCGANs of the first Planet Generator, and any size between."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from datasets.manifest import Size
from datasets.pictures import Pictures
from training.contract.config import TrainingConfig
from training.contract.family import Export, Family
from training.engine import fast_layers
from training.engine.workers import STRATEGIES
from training.families.dcgan.networks import build_discriminator, build_generator
from training.families.dcgan.recipe import CHOICES, RECIPES, DCGANRecipe
from training.gan.critic import build_critic, check_batch_size
from training.gan.objective import Objective
from training.gan.projected.critic import projected_critics
from training.gan.trainer import GANTrainer
from training.measure.quality import SampleQuality


def _build(config: TrainingConfig, recipe: DCGANRecipe, pictures: Pictures, total_steps: int) -> GANTrainer:
    if recipe.discriminator == "deep":
        check_batch_size(config.batch_size)
    generator = build_generator(recipe.variant, config.side, convolutions=fast_layers)
    if recipe.discriminator == "deep":
        discriminator = build_critic(Size.of(config.size))
    else:
        discriminator = build_discriminator(recipe.variant, config.side, convolutions=fast_layers)
    objective = Objective(generator, discriminator, recipe, total_steps)
    objective.critics += projected_critics(recipe, Size.of(config.size), 0, config.batch_size)
    return GANTrainer(objective, config.seed, SampleQuality(pictures.images))


def _export(run: Path, config: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    from training.saved.savedmodel import save_generator  # needs TensorFlow, which a JAX machine lacks

    recipe = config["recipe"]
    generator = build_generator(recipe["variant"], config["size"])
    generator.load_weights(run / "generator.weights.h5")
    save_generator(generator, folder)
    kinds = ", ".join(config["classes"])
    return {
        "task": "generate",
        "description": (
            f"DCGAN {recipe['variant']} at {config['size']} px, recipe '{recipe['name']}', drawing {kinds} "
            "without a choice of kind: the seed decides."
        ),
        "image_size": {"width": config["size"], "height": config["size"]},
        "latent_size": config["latent_size"],
        "class_names": [],
        "generator_parameters": config["generator_parameters"],
    }


DCGAN = Family(
    name="dcgan",
    help="the DCGANs of the first Planet Generator",
    recipes=RECIPES,
    choices=CHOICES,
    build=_build,
    exports={"generator": Export(_export, lambda config: f"dcgan_{config['recipe']['variant']}_{config['size']}")},
    strategies=STRATEGIES,
)
