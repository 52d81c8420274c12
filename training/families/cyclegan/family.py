"""`python -m training.train cyclegan --kinds earth,mars`: pictures of one kind turned into pictures of another."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from datasets.errors import RequestError
from datasets.manifest import Size
from datasets.pictures import Pictures, load_pictures
from training.contract.config import TrainingConfig
from training.contract.family import Export, Family
from training.engine import fast_layers
from training.families.cyclegan.patchgan import build_patchgan
from training.families.cyclegan.recipe import CHOICES, RECIPES, CycleGANRecipe
from training.families.cyclegan.resnet_generator import build_resnet_generator
from training.families.cyclegan.trainer import CycleGANTrainer, Networks
from training.families.cyclegan.warm_start import load_networks
from training.gan.projected.discriminator import build_projected_discriminator

_DIRECTIONS = {"ab": (0, 1), "ba": (1, 0)}  # source and target, indices of the classes


def _build(config: TrainingConfig, recipe: CycleGANRecipe, pictures: Pictures, total_steps: int) -> CycleGANTrainer:
    held = load_pictures(config.data, config.size, split="holdout", classes=config.classes)
    if not held.labels.any(axis=0).all():
        raise RequestError("Previews need held-out pictures of both classes: prepare more pictures of each.")
    networks = build_networks(config.size, recipe)
    if recipe.init_from:
        load_networks(networks, recipe.init_from, recipe, pictures.class_names)
    return CycleGANTrainer(networks, recipe, total_steps, config.seed, _by_domain(held), _by_domain(pictures))


def build_networks(size: int | str, recipe: CycleGANRecipe) -> Networks:
    """The networks of a recipe, untrained, for pictures of a size such as 128 or `"64x128"`."""
    size = Size.of(size)
    side = (size.height, size.width)
    generator = functools.partial(
        build_resnet_generator, *side, recipe.filters, recipe.blocks, recipe.downsamplings, convolutions=fast_layers
    )
    if recipe.discriminator == "projected":
        discriminator = functools.partial(build_projected_discriminator, size)
    else:
        discriminator = functools.partial(
            build_patchgan, *side, recipe.discriminator_filters, recipe.discriminator_layers
        )
    return Networks(
        generator(name="generator_ab"),
        generator(name="generator_ba"),
        discriminator(name="discriminator_a"),
        discriminator(name="discriminator_b"),
    )


def _by_domain(pictures: Pictures):
    """Pictures of the first class, and of the second, uint8 `(N, H, W, 3)` each."""
    return tuple(pictures.images[pictures.kinds == kind] for kind in (0, 1))


def _export(run: Path, config: Mapping[str, Any], folder: Path, direction: str) -> dict[str, Any]:
    """Writes the generator that translates in one direction, a key of `_DIRECTIONS`."""
    from training.families.cyclegan.savedmodel import save_translator  # needs TensorFlow, which a JAX machine lacks

    recipe, size = config["recipe"], Size.of(config["size"])
    generator = build_resnet_generator(
        size.height, size.width, recipe["filters"], recipe["blocks"], recipe["downsamplings"]
    )
    generator.load_weights(run / f"generator_{direction}.weights.h5")
    save_translator(generator, folder)
    source, target = (config["classes"][index] for index in _DIRECTIONS[direction])
    return {
        "task": "translate",
        "description": (
            f"Turns pictures of {source} into pictures of {target} at {size} px: a CycleGAN that saw no pairs, recipe "
            f"'{recipe['name']}'."
        ),
        "image_size": {"width": size.width, "height": size.height},
        "source": source,
        "target": target,
        "class_names": [],
        "generator_parameters": config["generator_parameters"],
    }


def _name(config: Mapping[str, Any], direction: str) -> str:
    source, target = (config["classes"][index] for index in _DIRECTIONS[direction])
    return f"cyclegan_{source}2{target}_{config['size']}"


CYCLEGAN = Family(
    name="cyclegan",
    help="pictures of one class turned into pictures of another, and back",
    recipes=RECIPES,
    choices=CHOICES,
    build=_build,
    exports={
        direction: Export(
            functools.partial(_export, direction=direction), functools.partial(_name, direction=direction)
        )
        for direction in _DIRECTIONS
    },
    sampling="alternating",
    batch_size=2,  # the paper's: one picture of each domain
)
