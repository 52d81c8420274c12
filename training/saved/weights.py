"""The weights of an exported model, read back to train on with."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import keras
import numpy as np

from datasets.errors import RequestError

CARD = Path("assets.extra") / "card.json"


def read_card(folder: Path) -> Mapping[str, Any]:
    """The card of the exported model in a version's folder.

    Raises:
        RequestError: There is none that can be read.
    """
    try:
        return json.loads((folder / CARD).read_text())
    except (OSError, ValueError) as error:
        raise RequestError(f"{folder / CARD} can't be read ({error}): give the folder of a version.") from error


def load_exported(network: keras.Model, folder: Path):
    """Gives a network the weights that it had when `training.saved.signatures.save_signatures` wrote it.

    Args:
        network: Built as it was; the only one whose weights the exported model holds.
        folder: Of a version.

    Raises:
        RequestError: TensorFlow, whose format it is, isn't installed; or the weights are of another network.
    """
    try:
        import tensorflow as tf
    except ImportError as error:
        raise RequestError(f"TensorFlow is needed to read {folder}: install it, or give a run folder.") from error
    try:
        saved = tf.train.load_checkpoint(str(folder / "variables" / "variables"))
        for place, variable in enumerate(network.variables):
            values = saved.get_tensor(f"variables_of_models/{place}/.ATTRIBUTES/VARIABLE_VALUE")
            variable.assign(_fitting(values, variable))
    except (tf.errors.OpError, ValueError) as error:
        raise RequestError(f"The weights in {folder} are not those of this network: {error}") from error


def _fitting(values: np.ndarray, variable: keras.Variable) -> np.ndarray:
    if values.shape != tuple(variable.shape):
        raise ValueError(f"{variable.path} is {tuple(variable.shape)}, not {values.shape}")
    return values
