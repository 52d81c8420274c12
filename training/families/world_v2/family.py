"""`python -m training.train world_v2`: worlds that hold up at any size, learned from near and far."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from datasets.errors import RequestError
from datasets.manifest import Size, load_manifest
from datasets.pictures import Pictures, open_pictures
from datasets.windows import load_sizes, window_batches
from training.contract.config import TrainingConfig
from training.contract.family import Export, Family
from training.families.world_v2.critic import build_world_critic, zonal_critics
from training.families.world_v2.exposure import exposed, exposures
from training.families.world_v2.networks import build_world_generator
from training.families.world_v2.objective import WorldObjective
from training.families.world_v2.planned import freeze_grounds, plan_grounds, read_plan
from training.families.world_v2.recipe import RECIPES, WorldRecipe, chances_of_kinds
from training.families.world_v2.trainer import WorldTrainer
from training.families.world_v2.warm_start import begin_with, go_on_with
from training.gan.exports import generator_entries
from training.gan.kinds import check_kinds
from training.gan.projected.critic import projected_critics
from training.gan.recipes import CHOICES
from training.measure.quality import SampleQuality
from training.measure.small_yardstick import SmallYardstick
from training.records.grids import from_uint8


def _build(config: TrainingConfig, recipe: WorldRecipe, pictures: Pictures, total_steps: int) -> WorldTrainer:
    check_kinds(pictures)
    if config.batch_size % recipe.views:
        raise RequestError(
            f"--batch-size {config.batch_size} is no multiple of --views {recipe.views}: each world of a batch is seen "
            "so many times."
        )
    chances_of_kinds(recipe.kind_chances, pictures.class_names)  # what is wrong with it is said before anything begins
    size, kinds = Size(config.side, config.side), len(pictures.class_names)
    generator = build_world_generator(size, kinds, recipe.width, recipe.grids)
    if recipe.init_from:
        begin_with(generator, recipe.init_from, recipe, pictures.class_names)
    if recipe.grounds:
        plan_grounds(generator, read_plan(recipe.grounds, pictures.class_names), pictures.class_names)
        freeze_grounds(generator)
    critic = build_world_critic(size, kinds, recipe.width, config.batch_size)
    objective = WorldObjective(generator, critic, recipe, total_steps)
    objective.generator_ramp = recipe.generator_ramp / config.batch_size
    objective.critics += projected_critics(recipe, size, kinds, config.batch_size)
    objective.critics += zonal_critics(recipe, size, pictures.class_names)
    if recipe.init_from:
        go_on_with(objective.critics, recipe.init_from, config, pictures.class_names)
    return WorldTrainer(objective, config.seed, _quality(config, pictures))


def _quality(config: TrainingConfig, pictures: Pictures) -> SmallYardstick | SampleQuality:
    """What previews are measured by, and the best checkpoint chosen: the yardstick if it is there."""
    try:
        holdout = open_pictures(config.data, config.side, "holdout", config.classes)
        return SmallYardstick(pictures.images, holdout.images)
    except RequestError as error:
        print(f"note: previews are measured by sliced Wasserstein distance, not by features: {error}", file=sys.stderr)
        return SampleQuality(pictures.images)


def _feed(config: TrainingConfig, recipe: WorldRecipe, pictures: Pictures, first_step: int) -> Iterator:
    """Batches of whole planets, and of windows of all larger pictures that the data set has."""
    larger = [size for size in _square_sizes(config.data) if size > config.side]
    found = {config.side: pictures, **load_sizes(config.data, larger, classes=config.classes)}

    def share(step: int) -> float:
        return recipe.windows if step * config.batch_size < recipe.late_from else recipe.late_windows

    worlds, factors = config.batch_size // recipe.views, exposures(pictures)
    chances = chances_of_kinds(recipe.kind_chances, pictures.class_names)
    for batch in window_batches(found, worlds, recipe.views, share, config.seed, first_step, chances):
        extras = {"window": batch.windows, "sight": batch.sights, "likely": batch.likely}
        extras["exposure"] = batch.labels @ factors
        yield exposed(from_uint8(batch.images), extras["exposure"]), batch.labels, extras


def _square_sizes(data: str) -> list[int]:
    return [size.width for size in map(Size.of, load_manifest(data).sizes) if size.width == size.height]


def _export_generator(run: Path, config: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    from training.families.world_v2.savedmodel import (  # needs TensorFlow
        LATENT_LENGTH,
        MAP_HEIGHT,
        SIZES,
        card_spins,
        save_world,
    )
    from training.families.world_v2.shader import card_entry

    size, recipe = Size.of(config["size"]), config["recipe"]
    generator = build_world_generator(size, len(config["classes"]), recipe["width"], recipe["grids"])
    generator.load_weights(run / "generator.weights.h5")
    save_world(generator, size, folder)
    return {
        **generator_entries(config),
        "description": (
            f"Worlds with a surface all around, like {', '.join(config['classes'])} or mixes of them, seen from any "
            f"side at any size ({config['family']})."
        ),
        "latent_size": LATENT_LENGTH,
        "world": {
            "sizes": list(SIZES),
            "map": [MAP_HEIGHT, 2 * MAP_HEIGHT],
            "heights": True,
            "sights": True,
            "spins": card_spins(),
        },
        "shader": card_entry(generator),
    }


WORLD_V2 = Family(
    name="world_v2",
    help="worlds: planets with a surface all around, at any size, learned from near and far",
    recipes=RECIPES,
    choices=CHOICES,
    build=_build,
    exports={"generator": Export(_export_generator, lambda config: "world_v2")},
    feed=_feed,
)
