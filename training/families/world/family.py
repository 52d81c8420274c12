"""`python -m training.train world_v1`: worlds, planets with a surface all around, to be seen from any side."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from datasets.manifest import Size
from datasets.pictures import Pictures
from training.contract.config import TrainingConfig
from training.contract.family import Export, Family
from training.engine.workers import STRATEGIES
from training.families.planet.family import build_growing, networks_of
from training.families.planet.networks import build_planet_critic
from training.families.planet.recipe import PlanetRecipe
from training.families.world.networks import build_world_generator
from training.families.world.objective import WorldObjective
from training.families.world.recipe import RECIPES
from training.families.world2.rendering import RADIUS
from training.gan.exports import export_discriminator, generator_entries, size_in_name
from training.gan.recipes import CHOICES
from training.gan.trainer import GANTrainer


def _build(config: TrainingConfig, recipe: PlanetRecipe, pictures: Pictures, total_steps: int) -> GANTrainer:
    return build_growing(WorldObjective, _NETWORKS, config, recipe, pictures, total_steps)


def _build_critic(size, kinds, width, name):
    """The width is the generator's alone."""
    del width
    return build_planet_critic(size, kinds, name=name)


_NETWORKS = {"generator": build_world_generator, "discriminator": _build_critic}
_OF_RUN = networks_of(_NETWORKS)


def _export_generator(run: Path, config: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    from training.families.world.savedmodel import LATENT_LENGTH, MAP_HEIGHT, SIZES, save_world  # needs TensorFlow
    from training.families.world.shader import shader

    generator = _OF_RUN["generator"](config)
    generator.load_weights(run / "generator.weights.h5")
    save_world(generator, Size.of(config["size"]), folder, SIZES, MAP_HEIGHT)
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
    return export_discriminator(_OF_RUN["discriminator"](config), run, config, folder)


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
    networks=_OF_RUN,
)
