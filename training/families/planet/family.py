"""`python -m training.train planet_v3`: planets of any kind, sharp, at 64 px and, grown from there, at 128 and 256."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import keras

from datasets.errors import RequestError
from datasets.manifest import Size
from datasets.pictures import Pictures
from training.contract.config import TrainingConfig
from training.contract.family import Export, Family
from training.engine.workers import STRATEGIES
from training.families.planet.networks import build_planet_critic, build_planet_generator, grow
from training.families.planet.objective import PlanetObjective
from training.families.planet.recipe import RECIPES, PlanetRecipe
from training.gan.critic import check_batch_size
from training.gan.exports import export_discriminator, export_generator, size_in_name
from training.gan.kinds import check_kinds
from training.gan.projected.critic import projected_critics
from training.gan.recipes import CHOICES
from training.gan.trainer import GANTrainer
from training.measure.quality import SampleQuality
from training.records.runs import read_finished

_R1_SIZE = 64  # pixels, for which a recipe gives the weight of R1
_NETWORKS = {"generator": build_planet_generator, "discriminator": build_planet_critic}


def _build(config: TrainingConfig, recipe: PlanetRecipe, pictures: Pictures, total_steps: int) -> GANTrainer:
    return build_growing(PlanetObjective, _NETWORKS, config, recipe, pictures, total_steps)


def build_growing(
    objective: type[PlanetObjective],
    networks: Mapping[str, Callable[..., keras.Model]],
    config: TrainingConfig,
    recipe: PlanetRecipe,
    pictures: Pictures,
    total_steps: int,
) -> GANTrainer:
    """As `Family.build`, for one of the families whose networks grow.

    Args:
        objective: What it minimizes.
        networks: `generator` and `discriminator`: `(size, kinds, width, name)` to the network.
        config: As in `Family.build`, like all that follow.
        recipe: As above.
        pictures: As above.
        total_steps: As above.
    """
    check_kinds(pictures)
    check_batch_size(config.batch_size)
    size = Size.of(config.size)
    built = {name: build(size, len(pictures.class_names), recipe.width, name) for name, build in networks.items()}
    if recipe.init_from:
        _grow(built, networks, config.family, recipe.init_from, pictures.class_names)
    # Larger pictures have smaller slopes per pixel: Karras 2020 (arXiv:2006.06676), table 5, has γ ∝ pixels, too.
    scale = size.width * size.height / _R1_SIZE**2
    gammas = {name: getattr(recipe, name) * scale for name in ("r1_gamma", "r1_gamma_early", "r2_gamma")}
    minimized = objective(**built, recipe=dataclasses.replace(recipe, **gammas), total_steps=total_steps)
    minimized.critics += projected_critics(recipe, size, len(pictures.class_names), config.batch_size)
    return GANTrainer(minimized, config.seed, SampleQuality(pictures.images))


def _grow(built, networks, family: str, run: Path, class_names: tuple[str, ...]):
    """Begins networks with what a finished training came to; raises `RequestError` where that does not fit."""
    config = read_finished(run, family, tuple(built))
    if tuple(config["classes"]) != class_names:
        raise RequestError(f"--init-from {run} was trained on other classes: {', '.join(config['classes'])}.")
    for name, network in built.items():
        smaller = network_of(networks[name], name, config)
        smaller.load_weights(run / f"{name}.weights.h5")
        grow(network, smaller)


def network_of(build: Callable[..., keras.Model], name: str, config: Mapping[str, Any]) -> keras.Model:
    """One of a run's networks, its weights not loaded yet."""
    return build(Size.of(config["size"]), len(config["classes"]), config["recipe"]["width"], name)


def networks_of(networks: Mapping[str, Callable[..., keras.Model]]) -> dict[str, Callable[..., keras.Model]]:
    """`Family.networks` of what `build_growing` takes."""
    return {name: functools.partial(network_of, build, name) for name, build in networks.items()}


_OF_RUN = networks_of(_NETWORKS)


def _export_generator(run: Path, config: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    return export_generator(_OF_RUN["generator"](config), run, config, folder)


def _export_discriminator(run: Path, config: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    return export_discriminator(_OF_RUN["discriminator"](config), run, config, folder)


PLANET_V3 = Family(
    name="planet_v3",
    help="planets of any kind, sharp, growing from 64 px to 128 and 256",
    recipes=RECIPES,
    choices=CHOICES,
    build=_build,
    exports={
        "generator": Export(_export_generator, lambda config: f"planet_v3_{size_in_name(config)}"),
        "discriminator": Export(
            _export_discriminator, lambda config: f"planet_v3_{size_in_name(config)}_discriminator"
        ),
    },
    strategies=STRATEGIES,
    networks=_OF_RUN,
)
