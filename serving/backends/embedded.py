"""The backend that loads SavedModels into this process. Importing it imports TensorFlow."""

from __future__ import annotations

import concurrent.futures
import contextlib
import itertools
import os
import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from serving.backends.base import (
    BackendMisconfigured,
    BackendUnavailable,
    DeadlineExceeded,
    ModelNotFound,
    ModelVersion,
    Overloaded,
)
from serving.backends.cards import scan
from serving.backends.inputs import as_batch, check_choice
from serving.backends.joining import JoinedCalls
from serving.backends.loading import LoadedVersion, tf
from serving.backends.rollout import Rollout, RolloutError, labels_of


class EmbeddedBackend:
    """Serves the versions in a folder.

    To begin with, the newest version of each model that can be loaded, and those that bear labels, are loaded and
    warmed up at once, an older one at its first call. `models()` looks at the folder again: a version that has come is
    loaded in the background and called once that is done; one that has gone ends with the calls that it has begun, or,
    if no other of its model can be called, goes on until one can. A broken version is reported by `models()`, leaves
    the others alone, and is tried again when its files change. Calls run on one thread per core and queue for it up to
    `max_pending`, and those that wait for the same model are run as one batch; a call past its deadline is given up,
    but a run that has begun ends in the background.

    Args:
        saved_models: Folder with `NAME/VERSION/` SavedModels.
        rollout: TOML file that chooses which versions are `stable` and `canary`, and may be edited at any time. Of a
            model that it leaves out, the newest version that can be called is `stable`.
        max_pending: Calls that may run or wait at a time; more raise `Overloaded`.

    Raises:
        BackendMisconfigured: The file of the rollout cannot be used.
    """

    def __init__(self, saved_models: Path, rollout: Path | None = None, *, max_pending: int = 256) -> None:
        try:
            self._rollout = Rollout(rollout)
        except RolloutError as error:
            raise BackendMisconfigured(str(error)) from error
        _share_accelerators()
        cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
        self._saved_models = saved_models
        self._closed = False
        self._free_slots = threading.BoundedSemaphore(max_pending)
        self._calls = JoinedCalls(self._run, threads=cores)
        self._loader = concurrent.futures.ThreadPoolExecutor(1, thread_name_prefix="loader")
        self._looking = threading.Lock()
        # Sorted as `models` tells them; replaced, never changed.
        self._versions = [LoadedVersion(stored) for stored in scan(saved_models)]
        for name, known in _by_name(self._versions).items():
            for label in (None, *self._labels(known)):
                with contextlib.suppress(ModelNotFound):  # nothing of it loads: models() tells why
                    self._find(name, None, label)

    def models(self) -> list[ModelVersion]:
        """See `Backend.models`. An older version that was never called counts as available."""
        self._check_open()
        for version in self._look():
            try:
                self._loader.submit(version.load)
            except RuntimeError:  # closed since the check above
                raise _closed_error() from None
        described = []
        for known in _by_name(self._versions).values():
            labels = self._labels(known)
            described += [version.describe(_borne(labels, version)) for version in known]
        return described

    def predict(
        self,
        name: str,
        inputs: Mapping[str, np.ndarray],
        *,
        signature: str = "serving_default",
        version: int | None = None,
        label: str | None = None,
        deadline: float | None = None,
    ) -> dict[str, np.ndarray]:
        """See `Backend.predict`."""
        self._check_open()
        expires = None if deadline is None else time.monotonic() + deadline
        check_choice(version, label)
        arrays, _ = as_batch(inputs)
        if deadline is not None and deadline <= 0:
            raise DeadlineExceeded(_late(name))
        if not self._free_slots.acquire(blocking=False):
            raise Overloaded("Too many predictions are waiting for this server: try again in a moment.")
        try:
            future = self._calls.submit(_Called(name, version, label, signature), arrays)
        except RuntimeError:  # closed since the check above
            self._free_slots.release()
            raise _closed_error() from None
        future.add_done_callback(lambda _: self._free_slots.release())
        try:
            return future.result(None if expires is None else max(0.0, expires - time.monotonic()))
        except TimeoutError:
            future.cancel()
            raise DeadlineExceeded(_late(name)) from None
        except concurrent.futures.CancelledError:
            raise _closed_error() from None

    def close(self) -> None:
        """See `Backend.close`. Waits for the calls under way; those still queued raise `BackendUnavailable`."""
        self._closed = True
        self._loader.shutdown(cancel_futures=True)
        self._calls.close()
        self._versions = []

    def _look(self) -> list[LoadedVersion]:
        """Brings the versions up to date with the folder; returns those to load."""
        with self._looking:
            known = {(version.name, version.version): version for version in self._versions}
            here, new = [], []
            for stored in scan(self._saved_models):
                version = known.get((stored.name, stored.version))
                if version is None or not version.follow(stored):
                    version = LoadedVersion(stored)
                    version.expect()
                    new.append(version)
                here.append(version)
            numbers = {(version.name, version.version) for version in here}
            gone = [version for key, version in known.items() if key not in numbers and version.is_loaded]
            kept = [version for version in gone if _is_needed(version, here)]
            self._versions = sorted([*here, *kept], key=lambda version: (version.name, -version.version))
            return [version for version in new if not version.error]

    def _labels(self, known: Sequence[LoadedVersion]) -> dict[str, int]:
        """Version by label of one model, of all its versions; a label whose version is not there is borne by none."""
        ready = (version.version for version in known if version.state == "AVAILABLE")
        choice = self._rollout.choices().get(known[0].name, {})
        labels = labels_of(next(ready, known[0].version), choice)
        return {label: number for label, number in labels.items() if number in {one.version for one in known}}

    def _run(self, called: _Called, arrays: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        return self._find(called.name, called.version, called.label).call(called.signature, arrays)

    def _find(self, name: str, version: int | None, label: str | None) -> LoadedVersion:
        """The version asked for, or the newest that loads; loaded when returned."""
        candidates = [known for known in self._versions if known.name == name]
        if not candidates:
            raise ModelNotFound(f"There is no model '{name}'.")
        if label is not None:
            version = self._labels(candidates).get(label)
            if version is None:
                raise ModelNotFound(f"Model '{name}' has no label '{label}'.")
        if version is not None:
            candidates = [known for known in candidates if known.version == version]
            if not candidates:
                raise ModelNotFound(f"Model '{name}' has no version {version}.")
        # Newest first, but nobody waits for one that is being loaded while another can be called.
        for candidate in sorted(candidates, key=lambda known: known.state == "LOADING"):
            if candidate.load():
                return candidate
        newest = candidates[0]
        raise ModelNotFound(f"Version {newest.version} of model '{name}' cannot be served: {newest.error}")

    def _check_open(self) -> None:
        if self._closed:
            raise _closed_error()


class _Called(NamedTuple):
    """What a prediction calls."""

    name: str
    version: int | None
    label: str | None
    signature: str


def _is_needed(gone: LoadedVersion, here: Iterable[LoadedVersion]) -> bool:
    """Whether a version that has gone is the only one of its model, which has others, that can be called."""
    states = [version.state for version in here if version.name == gone.name]
    return bool(states) and "AVAILABLE" not in states


def _by_name(versions: Iterable[LoadedVersion]) -> dict[str, list[LoadedVersion]]:
    return {name: list(known) for name, known in itertools.groupby(versions, key=lambda version: version.name)}


def _borne(labels: Mapping[str, int], version: LoadedVersion) -> tuple[str, ...]:
    return tuple(label for label, number in labels.items() if number == version.version)


def _share_accelerators() -> None:
    """Makes TensorFlow take GPU memory as it needs it, so that a training beside the server can live."""
    for gpu in tf.config.list_physical_devices("GPU"):
        with contextlib.suppress(RuntimeError):  # a program that used the GPU before has chosen already
            tf.config.experimental.set_memory_growth(gpu, True)


def _late(name: str) -> str:
    return f"Model '{name}' did not answer within the deadline: try fewer pictures or more time."


def _closed_error() -> BackendUnavailable:
    return BackendUnavailable("This server is shutting down: try again in a moment.")
