"""The weights of an exported model, read back to train on with; TensorFlow only, whose format they have."""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from datasets.errors import RequestError
from training.saved.served import check_files, first_line


def load_exported(network: keras.Model, folder: Path):
    """Gives a network the weights that it had when `training.saved.signatures.save_signatures` wrote it.

    Args:
        network: Built as it was; the only one whose weights the exported model holds.
        folder: Of a version.

    Raises:
        RequestError: A file is damaged, or the weights are of another network.
    """
    check_files(folder)
    try:
        saved = tf.train.load_checkpoint(str(folder / "variables" / "variables"))
        for place, variable in enumerate(network.variables):
            values = saved.get_tensor(f"variables_of_models/{place}/.ATTRIBUTES/VARIABLE_VALUE")
            variable.assign(_fitting(values, variable))
    except (tf.errors.OpError, ValueError) as error:
        raise RequestError(f"The weights in {folder} are not those of this network: {first_line(error)}.") from error


def _fitting(values: np.ndarray, variable: keras.Variable) -> np.ndarray:
    if values.shape != tuple(variable.shape):
        raise ValueError(f"{variable.path} is {tuple(variable.shape)}, not {values.shape}")
    return values
