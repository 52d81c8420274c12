"""One version of a model, loaded into this process. Importing it imports TensorFlow."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from serving.backends.base import BackendUnavailable, InvalidInput, ModelVersion, Overloaded
from serving.backends.cards import StoredVersion
from serving.backends.inputs import Inputs, check_signature, no_signature
from serving.backends.saved_model import saved_model_fault

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")  # read by TensorFlow when it is imported
import tensorflow as tf

# It fails on sums of two biased convolutions, with an error message at each load, and saves no time where it works.
tf.config.optimizer.set_experimental_options({"remapping": False})

_WARM_SIGNATURES = ("serving_default", "generate", "classify", "discriminate", "translate")
_WARM_SIGNATURES_OF_WORLDS = ("sight", "render_256", "render_512")  # those that tell from where planets are seen

_log = logging.getLogger(__name__)


class LoadedVersion:
    """A stored version, loaded once, whoever asks first.

    Attributes:
        name: Model name.
        version: Version number.
        error: Why it cannot be called, one sentence, else `""`.
    """

    def __init__(self, stored: StoredVersion) -> None:
        self.name = stored.name
        self.version = stored.version
        self.error = stored.error or saved_model_fault(stored.folder)
        self._stored = stored
        self._files = _files(stored.folder)
        self._is_expected = False
        self._lock = threading.Lock()
        self._model: Any = None
        if self.error:
            _log.warning("Model '%s' version %d: %s", self.name, self.version, self.error)

    @property
    def state(self) -> str:
        """As in `ModelVersion`. One that nobody has asked for yet counts as available."""
        if self.error:
            return "UNAVAILABLE"
        return "LOADING" if self._is_expected and self._model is None else "AVAILABLE"

    @property
    def is_loaded(self) -> bool:
        return self._model is not None

    def describe(self, labels: tuple[str, ...]) -> ModelVersion:
        return ModelVersion(self.name, self.version, self.state, self._stored.card, self.error, labels)

    def follow(self, stored: StoredVersion) -> bool:
        """Takes over a card that has changed. Returns False for a broken version whose files have: it is to be made
        anew, for an export or a copy may have been under way."""
        if self.error:
            return _files(stored.folder) == self._files
        if not stored.error:
            self._stored = stored
        return True

    def expect(self) -> None:
        """Has it count as loading until it has been loaded."""
        self._is_expected = True

    def load(self) -> bool:
        """Loads and warms up unless that was tried before. Returns whether the version can be called."""
        with self._lock:
            if self._model is None and not self.error:
                try:
                    model = tf.saved_model.load(str(self._stored.folder))
                    _warm_up(model)
                    self._model = model
                except Exception as error:  # TensorFlow raises many types for a broken folder; none may stop the rest
                    reason = _reason(error).replace(str(self._stored.folder), f"{self.name}/{self.version}")
                    self.error = f"TensorFlow cannot load it ({reason}): export the model again."
                    _log.warning("Model '%s' version %d: %s", self.name, self.version, self.error)
            return self._model is not None

    def call(self, signature: str, arrays: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Runs a signature of the loaded version."""
        function = self._model.signatures.get(signature)
        if function is None:
            raise no_signature(self.name, signature, self._model.signatures)
        check_signature(arrays, _expected(function))
        try:
            outputs = function(**{name: tf.constant(array) for name, array in arrays.items()})
            return {name: tensor.numpy() for name, tensor in outputs.items()}
        except tf.errors.InvalidArgumentError as error:
            raise InvalidInput(f"Model '{self.name}' refused the inputs: {_reason(error)}.") from error
        except tf.errors.ResourceExhaustedError as error:
            raise Overloaded("This server has not enough memory for the batch: try a smaller one.") from error
        except tf.errors.OpError as error:
            raise BackendUnavailable(f"Model '{self.name}' failed: {_reason(error)}.") from error


def _warm_up(model: Any) -> None:
    """Runs what users will call first once, which also proves that it runs."""
    for name in _WARM_SIGNATURES_OF_WORLDS if "sight" in model.signatures else _WARM_SIGNATURES:
        function = model.signatures.get(name)
        if function is None:
            continue
        expected = _expected(function)
        if all(None not in shape[1:] for _, shape in expected.values()):
            function(**{key: tf.zeros([1, *shape[1:]], dtype) for key, (dtype, shape) in expected.items()})


def _expected(function: Any) -> Inputs:
    """Dtype and shape of a signature's inputs by name; None for a size left open."""
    specs = function.structured_input_signature[1]
    return {name: (np.dtype(spec.dtype.as_numpy_dtype), tuple(spec.shape)) for name, spec in specs.items()}


def _reason(error: Exception) -> str:
    """The telling line of an error; of a failed graph it is the last line above the node, below a stack trace."""
    above, node, _ = str(error).partition("[[{{")
    lines = [line.strip() for line in above.splitlines() if line.strip()]
    return lines[-1 if node else 0].rstrip(".") if lines else type(error).__name__


def _files(folder: Path) -> frozenset[tuple[str, int, int]]:
    """Path, size and time of change of every file: what differs once anything in the folder does."""
    files = set()
    for parent, _, names in os.walk(folder):
        for name in names:
            try:
                status = os.stat(os.path.join(parent, name))
            except OSError:  # removed since it was listed
                continue
            files.add((os.path.join(parent, name), status.st_size, status.st_mtime_ns))
    return frozenset(files)
