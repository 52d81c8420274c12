"""`python -m training.train refiner --size 128 --base RUN`: planet_v3's pictures twice as large, and again."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import keras

from datasets.errors import RequestError
from datasets.manifest import Size
from datasets.pictures import Pictures
from training.contract.config import TrainingConfig
from training.contract.family import Export, Family
from training.engine.workers import STRATEGIES
from training.families.planet.family import network_of
from training.families.planet.networks import build_planet_generator
from training.families.refiner.networks import build_patch_critic, build_refined_generator
from training.families.refiner.objective import RefinerObjective
from training.families.refiner.recipe import RECIPES, RefinerRecipe
from training.gan.exports import export_generator, size_in_name
from training.gan.kinds import check_kinds
from training.gan.projected.critic import projected_critics
from training.gan.recipes import CHOICES
from training.gan.trainer import GANTrainer
from training.measure.quality import SampleQuality
from training.records.runs import read_finished

_BASE = ("family", "size", "classes", "recipe", "base")  # of its config.json, what tells how its generator is built


def _build(config: TrainingConfig, recipe: RefinerRecipe, pictures: Pictures, total_steps: int) -> GANTrainer:
    check_kinds(pictures)
    if config.batch_size % 2:
        raise RequestError(
            f"--batch-size is {config.batch_size}: half of a batch are screenshots, take an even number."
        )
    if recipe.base is None:
        raise RequestError("A refiner needs pictures to refine: give --base, the run folder of a planet_v3 or refiner.")
    size, kinds = Size.of(config.size), len(pictures.class_names)
    base = _read_base(recipe.base, size, pictures.class_names)
    drawing = generator_of(base)
    drawing.load_weights(recipe.base / "generator.weights.h5")
    generator = build_refined_generator(drawing, size, kinds, recipe.width, "generator")
    discriminator = build_patch_critic(size, kinds, recipe.width)
    objective = RefinerObjective(generator, discriminator, recipe, total_steps)
    objective.facts = {"base": base}
    objective.critics += projected_critics(recipe, size, kinds, config.batch_size)
    return GANTrainer(objective, config.seed, SampleQuality(pictures.images))


def _read_base(run: Path, size: Size, class_names: tuple[str, ...]) -> dict[str, Any]:
    """Of the run to be refined, what `generator_of` asks for; raises `RequestError` where it doesn't fit."""
    config = read_finished(run, "planet_v3 or refiner", ("generator",), "--base")
    if tuple(config["classes"]) != class_names:
        raise RequestError(f"--base {run} was trained on other classes: {', '.join(config['classes'])}.")
    drawn = Size.of(config["size"])
    if size != Size(2 * drawn.width, 2 * drawn.height):
        raise RequestError(
            f"--base {run} draws pictures of {drawn} px, and a refiner makes them twice as large: "
            f"give --size {Size(2 * drawn.width, 2 * drawn.height)}, or another --base."
        )
    return {name: config[name] for name in _BASE if name in config}


def generator_of(config: Mapping[str, Any]) -> keras.Model:
    """The generator of a run of planet_v3 or refiner, its weights not loaded yet, from its `config.json`."""
    if config["family"] == "planet_v3":
        return network_of(build_planet_generator, "generator", config)
    base = generator_of(config["base"])
    width = config["recipe"]["width"]
    return build_refined_generator(base, Size.of(config["size"]), len(config["classes"]), width, "generator")


def _export_generator(run: Path, config: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    entries = export_generator(generator_of(config), run, config, folder)
    return entries | {"base": config["base"]}


REFINER = Family(
    name="refiner",
    help="planet_v3's pictures twice as large: 128 px from 64, 256 from 128",
    recipes=RECIPES,
    choices=CHOICES,
    build=_build,
    exports={"generator": Export(_export_generator, lambda config: f"planet_v3_{size_in_name(config)}")},
    strategies=STRATEGIES,
    batch_size=16,
    needs=("base",),
    networks={"generator": generator_of},
)
