"""A published model as a run that others begin with."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import keras
import tensorflow as tf

from datasets.errors import RequestError
from datasets.manifest import Size
from training.families import FAMILIES
from training.records.files import write_text
from training.records.weights import write_weights
from training.saved.served import check_files, find_version, first_line, read_card


def restore_run(saved_model: Path, out: Path) -> Path:
    """Writes the weights of a published generator, and of its discriminator where one is published, as a finished run.

    Weights alone: what the optimizers had learned is not in a SavedModel.

    Args:
        saved_model: `saved_models/NAME` or `saved_models/NAME/VERSION` of a generator, exported by this project;
            its discriminator is looked for in `saved_models/NAME_discriminator`.
        out: A new folder; gets `config.json` and `NAME.weights.h5` of each.

    Returns:
        `out`.

    Raises:
        RequestError: There is no generator, one of them can't be read or is of a family that nothing begins with, or
            `out` holds a training.
    """
    folder = find_version(saved_model)
    discriminator = folder.parents[1] / f"{folder.parent.name}_discriminator"
    folders = {"generator": folder}
    if discriminator.is_dir():
        folders["discriminator"] = find_version(discriminator)
    if (out / "config.json").exists():
        raise RequestError(f"{out} already holds a training: choose another folder.")
    for one in folders.values():
        check_files(one)
    config = _config_of(read_card(folder), folder)
    networks = FAMILIES[config["family"]].networks
    for name in folders.keys() & networks.keys():
        network = networks[name](config)
        _read_weights(network, folders[name])
        write_weights(out / f"{name}.weights.h5", network)
    write_text(out / "config.json", json.dumps(config, indent=2) + "\n")
    return out


def _config_of(card: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """Of a card, what `training.loop.loop` writes of a run and others begin with."""
    family = card.get("family")
    if family not in FAMILIES or not FAMILIES[family].networks:
        able = " or ".join(name for name, one in FAMILIES.items() if one.networks)
        raise RequestError(f"{folder} is of the family {family or 'unknown'}, not {able}: nothing can begin with it.")
    try:
        return {
            "family": family,
            "size": str(Size(**card["image_size"])),
            "classes": card["class_names"],
            "recipe": card["recipe"],
            **{name: card[name] for name in ("base",) if name in card},
        }
    except (KeyError, TypeError) as error:
        raise RequestError(
            f"The card of {folder} does not say enough ({first_line(error)}): export it again."
        ) from None


def _read_weights(network: keras.Model, folder: Path):
    """Assigns what `training.saved.signatures.save_signatures` stored of a network."""
    try:
        reader = tf.train.load_checkpoint(str(folder / "variables" / "variables"))
        values = [
            reader.get_tensor(f"variables_of_models/{i}/.ATTRIBUTES/VARIABLE_VALUE")
            for i in range(len(network.variables))
        ]
    except (OSError, ValueError, tf.errors.OpError) as error:
        raise RequestError(f"The weights of {folder} can't be read ({first_line(error)}): export it again.") from None
    for variable, value in zip(network.variables, values, strict=True):
        if tuple(variable.shape) != value.shape:
            raise RequestError(
                f"{folder} holds {value.shape} for {variable.path}, which is {tuple(variable.shape)}: it is of "
                "another release of the family."
            )
        variable.assign(value)
