"""What the families that draw have in common: their names, and their models as SavedModels."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import keras

from datasets.errors import RequestError
from datasets.manifest import Size
from training.gan.conditional import build_conditional_generator
from training.gan.losses import LOSSES
from training.saved.archetypes import archetypes_of


def export_conditional(run: Path, config: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """Exports a run's `training.gan.conditional` generator; as `Export.write`."""
    filters = config["recipe"]["generator_filters"]
    generator = build_conditional_generator(Size.of(config["size"]), len(config["classes"]), filters)
    return export_generator(generator, run, config, folder)


def export_generator(generator: keras.Model, run: Path, config: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """Exports a run's generator of kinds.

    Args:
        generator: With inputs `latent` and `kind`; gets the run's weights.
        run: Run folder.
        config: Its config.json.
        folder: Target folder.

    Returns:
        The card's entries.
    """
    from training.saved.savedmodel import save_generator  # needs TensorFlow, which a JAX machine lacks

    generator.load_weights(run / "generator.weights.h5")
    save_generator(generator, folder)
    return generator_entries(config)


def generator_entries(config: Mapping[str, Any]) -> dict[str, Any]:
    """The card's entries for a run's generator of kinds."""
    size = Size.of(config["size"])
    return {
        "task": "generate",
        "description": f"Draws {', '.join(config['classes'])}, or mixes of them, at {size} px ({config['family']}).",
        "image_size": size._asdict(),
        "latent_size": config["latent_size"],
        "class_names": config["classes"],
        "archetypes": archetypes_of(config["classes"]),
        "generator_parameters": config["generator_parameters"],
    }


def export_discriminator(critic: keras.Model, run: Path, config: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """Exports what a run's discriminator thinks of a picture, whatever its kind.

    Args:
        critic: With an input `image` and a layer `logit`; gets the run's weights. The recipe's `loss` is what it
            learned by.
        run: Run folder.
        config: Its config.json.
        folder: Target folder.

    Returns:
        The card's entries.

    Raises:
        RequestError: What it learned makes no probability of its logits.
    """
    from training.saved.savedmodel import save_discriminator  # needs TensorFlow, which a JAX machine lacks

    size, loss = Size.of(config["size"]), config["recipe"]["loss"]
    realness = LOSSES[loss].realness
    if realness is None:
        able = " or ".join(name for name, one in LOSSES.items() if one.realness)
        raise RequestError(
            f"By the {loss} loss a discriminator learns no probability that a picture is real: export one that was "
            f"trained with --loss {able}."
        )
    critic.load_weights(run / "discriminator.weights.h5")
    save_discriminator(critic, realness, folder)
    return {
        "task": "discriminate",
        "description": f"Tells how much a picture of {size} px looks like its training data ({config['family']}).",
        "image_size": size._asdict(),
        "class_names": [],
        "discriminator_parameters": config["discriminator_parameters"],
    }


def size_in_name(config: Mapping[str, Any]) -> str:
    """`64` or `64x128`, for the name of a model."""
    return str(Size.of(config["size"]))
