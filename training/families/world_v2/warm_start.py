"""First weights of worlds from other worlds, trained or published."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import keras
from keras import ops

from datasets.errors import RequestError
from datasets.manifest import Size
from training.contract.config import TrainingConfig
from training.families.world_v2.networks import build_world_generator
from training.families.world_v2.recipe import WorldRecipe
from training.gan.objective import Critic
from training.records.runs import read_finished

_BUILT = ("width", "grids")  # what a generator's weights depend on besides its kinds


def begin_with(generator: keras.Model, folder: Path, recipe: WorldRecipe, class_names: Sequence[str]):
    """Gives a generator the weights of other worlds of the same kinds, or of these and more.

    Args:
        generator: Gets the weights.
        folder: Run folder of a finished training of world_v2, or the folder of a version of an exported one.
        recipe: Of the training that begins.
        class_names: Its kinds.

    Raises:
        RequestError: It is neither, its networks are built otherwise, or it lacks a kind: from others' weights a kind
            is learned more slowly than from nothing.
    """
    exported = (folder / "saved_model.pb").is_file()
    told = _card(folder) if exported else read_finished(folder, "world_v2", ["generator"])
    if told.get("family") != "world_v2":
        raise RequestError(f"--init-from {folder} is of the family {told.get('family')}: give worlds of world_v2.")
    for name in _BUILT:
        ours, theirs = getattr(recipe, name), told["recipe"][name]
        if ours != theirs:
            raise RequestError(f"--init-from {folder} was trained with --{name} {theirs}, not {ours}: give that.")
    kinds = list(told["class_names" if exported else "classes"])
    if missing := [kind for kind in class_names if kind not in kinds]:
        raise RequestError(
            f"--init-from {folder} draws no {missing[0]}: give worlds of the same kinds, or begin from nothing: so "
            "new kinds are learned sooner."
        )
    other = build_world_generator(Size(*generator.output_shape[3:1:-1]), len(kinds), recipe.width, recipe.grids)
    if exported:
        from training.saved.weights import load_exported

        load_exported(other, folder)
    else:
        other.load_weights(folder / "generator.weights.h5")
    embedding, rows = generator.get_layer("embedding").kernel, [kinds.index(kind) for kind in class_names]
    for mine, theirs in zip(generator.variables, other.variables, strict=True):
        values = ops.convert_to_numpy(theirs.value)
        mine.assign(values[rows] if mine is embedding else values)


def go_on_with(critics: Sequence[Critic], folder: Path, config: TrainingConfig, class_names: Sequence[str]):
    """Gives discriminators the weights that a run folder of the same size and kinds has of them; others, and all beside
    exported worlds, begin from nothing.

    Args:
        critics: Get the weights.
        folder: As for `begin_with`, which has taken it.
        config: Of the training that begins.
        class_names: Its kinds.
    """
    if (folder / "saved_model.pb").is_file():
        return
    kept = [critic for critic in critics if (folder / f"{critic.name}.weights.h5").is_file()]
    told = read_finished(folder, "world_v2", [critic.name for critic in kept])
    if told["size"] != config.size or list(told["classes"]) != list(class_names):
        return
    for critic in kept:
        critic.network.load_weights(folder / f"{critic.name}.weights.h5")


def _card(folder: Path) -> dict[str, Any]:
    try:
        from training.saved.served import read_card  # needs TensorFlow
    except ImportError as error:
        raise RequestError(f"--init-from {folder} is read by TensorFlow: install it, or give a run folder.") from error
    return read_card(folder)
