"""The backend that loads SavedModels into this process. Importing it imports TensorFlow."""

from __future__ import annotations

import concurrent.futures
import contextlib
import logging
import math
import os
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from serving.backends.base import (
    BackendUnavailable,
    DeadlineExceeded,
    InvalidInput,
    ModelNotFound,
    ModelVersion,
    Overloaded,
)
from serving.backends.cards import StoredVersion, scan
from serving.backends.inputs import as_batch, check_signature

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")  # read by TensorFlow when it is imported
import tensorflow as tf

_WARM_SIGNATURES = ("serving_default", "generate", "classify", "discriminate", "translate")

_log = logging.getLogger(__name__)


class EmbeddedBackend:
    """Serves every version in a folder as it was when the backend was made.

    The newest version of each model that can be loaded is loaded and warmed up at once, an older one at its first call.
    A broken version is reported by `models()` and leaves the others alone. Calls run on one thread per core and queue
    for it up to `max_pending`; a call past its deadline is given up, but a run that has begun ends in the background.

    Args:
        saved_models: Folder with `NAME/VERSION/` SavedModels.
        max_pending: Calls that may run or wait at a time; more raise `Overloaded`.
    """

    def __init__(self, saved_models: Path, *, max_pending: int = 256) -> None:
        _share_accelerators()
        cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
        self._closed = False
        self._free_slots = threading.BoundedSemaphore(max_pending)
        self._pool = concurrent.futures.ThreadPoolExecutor(cores, thread_name_prefix="embedded")
        self._versions = [_Version(stored) for stored in scan(saved_models)]
        for version in self._versions:
            if version.error:
                _log.warning("Model '%s' version %d: %s", version.name, version.version, version.error)
        for name in {version.name for version in self._versions}:
            with contextlib.suppress(ModelNotFound):  # nothing of it loads: models() tells why
                self._find(name, None)

    def models(self) -> list[ModelVersion]:
        """See `Backend.models`. An older version that was never called counts as available."""
        self._check_open()
        return [version.describe() for version in self._versions]

    def predict(
        self,
        name: str,
        inputs: Mapping[str, np.ndarray],
        *,
        signature: str = "serving_default",
        version: int | None = None,
        deadline: float | None = None,
    ) -> dict[str, np.ndarray]:
        """See `Backend.predict`."""
        self._check_open()
        expires = math.inf if deadline is None else time.monotonic() + deadline
        arrays, _ = as_batch(inputs)
        if not self._free_slots.acquire(blocking=False):
            raise Overloaded("Too many predictions are waiting for this server: try again in a moment.")
        try:
            future = self._pool.submit(self._run, name, version, signature, arrays, expires)
        except RuntimeError:  # closed since the check above
            self._free_slots.release()
            raise _closed_error() from None
        future.add_done_callback(lambda _: self._free_slots.release())
        try:
            return future.result(None if deadline is None else max(0.0, expires - time.monotonic()))
        except TimeoutError:
            future.cancel()
            raise DeadlineExceeded(_late(name)) from None
        except concurrent.futures.CancelledError:
            raise _closed_error() from None

    def close(self) -> None:
        """See `Backend.close`. Waits for the calls under way; those still queued raise `BackendUnavailable`."""
        self._closed = True
        self._pool.shutdown(cancel_futures=True)
        self._versions = []

    def _run(
        self, name: str, version: int | None, signature: str, arrays: dict[str, np.ndarray], expires: float
    ) -> dict[str, np.ndarray]:
        if time.monotonic() >= expires:
            raise DeadlineExceeded(_late(name))
        return self._find(name, version).call(signature, arrays)

    def _find(self, name: str, version: int | None) -> _Version:
        """The version asked for, or the newest that loads; loaded when returned."""
        candidates = [known for known in self._versions if known.name == name]
        if not candidates:
            raise ModelNotFound(f"There is no model '{name}'.")
        if version is not None:
            candidates = [known for known in candidates if known.version == version]
            if not candidates:
                raise ModelNotFound(f"Model '{name}' has no version {version}.")
        for candidate in candidates:  # newest first
            if candidate.load():
                return candidate
        newest = candidates[0]
        raise ModelNotFound(f"Version {newest.version} of model '{name}' cannot be served: {newest.error}")

    def _check_open(self) -> None:
        if self._closed:
            raise _closed_error()


class _Version:
    """A stored version, loaded once, whoever asks first."""

    def __init__(self, stored: StoredVersion) -> None:
        self.name = stored.name
        self.version = stored.version
        self.error = stored.error or _missing_file(stored.folder)
        self._stored = stored
        self._lock = threading.Lock()
        self._model: Any = None

    def describe(self) -> ModelVersion:
        state = "UNAVAILABLE" if self.error else "AVAILABLE"
        return ModelVersion(self.name, self.version, state, self._stored.card, self.error)

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

    def call(self, signature: str, arrays: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Runs a signature of the loaded version."""
        function = self._model.signatures.get(signature)
        if function is None:
            known = ", ".join(f"'{name}'" for name in sorted(self._model.signatures))
            raise ModelNotFound(f"Model '{self.name}' has no signature '{signature}': it has {known}.")
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


def _share_accelerators() -> None:
    """Makes TensorFlow take GPU memory as it needs it, so that a training beside the server can live."""
    for gpu in tf.config.list_physical_devices("GPU"):
        with contextlib.suppress(RuntimeError):  # a program that used the GPU before has chosen already
            tf.config.experimental.set_memory_growth(gpu, True)


def _missing_file(folder: Path) -> str:
    """What a half-written SavedModel lacks, one sentence, or `""`."""
    for path in ("saved_model.pb", "variables/variables.index"):
        try:
            size = (folder / path).stat().st_size
        except OSError:
            size = 0
        if size == 0:
            return f"Its file {folder.parent.name}/{folder.name}/{path} is missing or empty: export the model again."
    return ""


def _warm_up(model: Any) -> None:
    """Runs what users will call first once, which also proves that it runs."""
    for name in _WARM_SIGNATURES:
        function = model.signatures.get(name)
        if function is None:
            continue
        expected = _expected(function)
        if all(None not in shape[1:] for _, shape in expected.values()):
            function(**{key: tf.zeros([1, *shape[1:]], dtype) for key, (dtype, shape) in expected.items()})


def _expected(function: Any) -> dict[str, tuple[np.dtype, tuple[int | None, ...]]]:
    """Dtype and shape of a signature's inputs by name; None for a size left open."""
    specs = function.structured_input_signature[1]
    return {name: (np.dtype(spec.dtype.as_numpy_dtype), tuple(spec.shape)) for name, spec in specs.items()}


def _reason(error: Exception) -> str:
    """The telling line of an error; of a failed graph it is the last line above the node, below a stack trace."""
    above, node, _ = str(error).partition("[[{{")
    lines = [line.strip() for line in above.splitlines() if line.strip()]
    return lines[-1 if node else 0].rstrip(".") if lines else type(error).__name__


def _late(name: str) -> str:
    return f"Model '{name}' did not answer within the deadline: try fewer pictures or more time."


def _closed_error() -> BackendUnavailable:
    return BackendUnavailable("This server is shutting down: try again in a moment.")
