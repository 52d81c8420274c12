"""`python -m training.train world_v1`: worlds, planets with a surface all around, to be seen from any side."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from datasets.manifest import Size
from datasets.pictures import Pictures
from training.contract.config import TrainingConfig
from training.contract.family import Export, Family
from training.engine.workers import STRATEGIES
from training.families.world.critic import build_world_critic
from training.families.world.networks import build_world_generator
from training.families.world.objective import WorldObjective
from training.families.world.recipe import RECIPES, WorldRecipe
from training.families.world2.rendering import RADIUS
from training.gan.critic import check_batch_size
from training.gan.exports import export_discriminator, generator_entries, size_in_name
from training.gan.kinds import check_kinds
from training.gan.projected.critic import projected_critics
from training.gan.recipes import CHOICES
from training.gan.trainer import GANTrainer
from training.measure.quality import SampleQuality

_R1_SIZE = 64  # pixels, for which a recipe gives the weight of R1


def _build(config: TrainingConfig, recipe: WorldRecipe, pictures: Pictures, total_steps: int) -> GANTrainer:
    check_kinds(pictures)
    check_batch_size(config.batch_size)
    size, kinds = Size.of(config.size), len(pictures.class_names)
    generator, critic = build_world_generator(size, kinds, recipe.width), build_world_critic(size, kinds)
    # Larger pictures have smaller slopes per pixel: Karras 2020 (arXiv:2006.06676), table 5, has γ ∝ pixels, too.
    scale = size.width * size.height / _R1_SIZE**2
    gammas = {name: getattr(recipe, name) * scale for name in ("r1_gamma", "r1_gamma_early", "r2_gamma")}
    objective = WorldObjective(generator, critic, dataclasses.replace(recipe, **gammas), total_steps)
    objective.critics += projected_critics(recipe, size, kinds, config.batch_size)
    return GANTrainer(objective, config.seed, SampleQuality(pictures.images))


def _export_generator(run: Path, config: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    from training.families.world.savedmodel import LATENT_LENGTH, MAP_HEIGHT, SIZES, save_world  # needs TensorFlow
    from training.families.world.shader import shader

    size = Size.of(config["size"])
    generator = build_world_generator(size, len(config["classes"]), config["recipe"]["width"])
    generator.load_weights(run / "generator.weights.h5")
    save_world(generator, size, folder, SIZES, MAP_HEIGHT)
    return {
        **generator_entries(config),
        "description": (
            f"Worlds with a surface all around, like {', '.join(config['classes'])} or mixes of them, seen from any "
            f"side at any size ({config['family']})."
        ),
        "latent_size": LATENT_LENGTH,
        "world": {"sizes": list(SIZES), "map": [MAP_HEIGHT, 2 * MAP_HEIGHT]},
        "shader": {"glsl": shader(generator.get_layer("surface")), "radius": RADIUS},
    }


def _export_discriminator(run: Path, config: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    critic = build_world_critic(Size.of(config["size"]), len(config["classes"]))
    return export_discriminator(critic, run, config, folder)


WORLD_V1 = Family(
    name="world_v1",
    help="worlds: planets with a surface all around, seen from any side under any sun",
    recipes=RECIPES,
    choices=CHOICES,
    build=_build,
    exports={
        "generator": Export(_export_generator, lambda config: f"world_v1_{size_in_name(config)}"),
        "discriminator": Export(_export_discriminator, lambda config: f"world_v1_{size_in_name(config)}_discriminator"),
    },
    strategies=STRATEGIES,
)
