"""First weights of a CycleGAN from another run's."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from datasets.errors import RequestError
from training.families.cyclegan.recipe import CycleGANRecipe
from training.records.runs import read_finished

if TYPE_CHECKING:
    from training.families.cyclegan.trainer import Networks

_OF_GENERATORS = ("filters", "blocks", "downsamplings")
_OF_DISCRIMINATORS = ("discriminator", "discriminator_filters", "discriminator_layers")
_BEFORE_THERE_WAS_A_CHOICE = {"discriminator": "patchgan"}
_REVERSED = {
    "generator_ab": "generator_ba",
    "generator_ba": "generator_ab",
    "discriminator_a": "discriminator_b",
    "discriminator_b": "discriminator_a",
}


def load_networks(networks: Networks, run: Path, recipe: CycleGANRecipe, class_names: Sequence[str]):
    """Gives networks the weights that a finished training came to; the size of its pictures may have been another.

    Its first domain becomes the first one here and its second the second, whatever they are, unless they are the two
    of this training in reverse.

    Args:
        networks: Get the weights.
        run: A run folder of the family cyclegan.
        recipe: Of the training that begins.
        class_names: Its two domains.

    Raises:
        RequestError: There is no such run, or its networks are built otherwise.
    """
    config = read_finished(run, "cyclegan", networks._fields)
    built = _BEFORE_THERE_WAS_A_CHOICE | config["recipe"]
    for name in _OF_GENERATORS + _OF_DISCRIMINATORS:
        ours, theirs = getattr(recipe, name), built[name]
        if ours != theirs:
            option = f"--{name.replace('_', '-')}"
            raise RequestError(
                f"--init-from {run} was trained with {option} {theirs}, not {ours}: give {option} {theirs}."
            )
    reverse = list(config["classes"]) == list(reversed(class_names))
    for name, network in networks._asdict().items():
        network.load_weights(run / f"{_REVERSED[name] if reverse else name}.weights.h5")
