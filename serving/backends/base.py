"""What the gateway asks of a model server, whichever it is (contract: tests/serving/backends/test_conformance.py)."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any, Protocol

import numpy as np

LABELS = ("stable", "canary")


class BackendError(Exception):
    """Base of every error a backend raises; its text is one sentence fit for a user."""


class BackendMisconfigured(BackendError):
    """A backend cannot be made as asked: a folder, an address or a package is missing or wrong."""


class ModelNotFound(BackendError):
    """No model of that name, no such version or label of it that can be served, or no such signature."""


class InvalidInput(BackendError):
    """The inputs do not fit the model's signature: name, dtype, shape or batch size."""


class BackendUnavailable(BackendError):
    """The model server cannot be reached or is not serving yet; trying later may help."""


class Overloaded(BackendError):
    """The model server refused the work because its queue or its threads are full."""


class DeadlineExceeded(BackendError):
    """The answer did not come within the deadline."""


@dataclasses.dataclass(frozen=True)
class ModelVersion:
    """One version of one model.

    Attributes:
        name: Folder name below `saved_models/`, such as `dcgan_v1_64`.
        version: Version number, an integer of at least 1.
        state: `"LOADING"`, `"AVAILABLE"`, `"UNLOADING"` or `"UNAVAILABLE"`.
        card: The parsed `assets.extra/card.json`.
        error: Why the version is `"UNAVAILABLE"`, one sentence, else `""`.
        labels: Those of `LABELS` that it bears; a label is borne by at most one version of a model.
    """

    name: str
    version: int
    state: str
    card: Mapping[str, Any]
    error: str = ""
    labels: tuple[str, ...] = ()


class Backend(Protocol):
    """A source of predictions. Safe to call from many threads at once."""

    def models(self) -> list[ModelVersion]:
        """Every known version, sorted by name, then by version, newest first. Never raises for a server that is away:
        its versions are then `"UNAVAILABLE"` with the reason in `error`."""

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
        """Runs one signature.

        Args:
            name: Model name.
            inputs: Arrays by input name; the first dimension of each is the batch.
            signature: Signature to call.
            version: Version to call; with neither it nor a label, the newest available one.
            label: Label of the version to call, in place of its number.
            deadline: Seconds the call may take; unbounded if None.

        Returns:
            Arrays by output name, first dimension the batch; they may be read-only. Promised for one input is the same
            picture, not the same bytes: the batch it came in may move a value by one rounding step.

        Raises:
            ModelNotFound, InvalidInput, BackendUnavailable, Overloaded, DeadlineExceeded.
        """

    def close(self) -> None:
        """Releases connections and models; later calls raise `BackendUnavailable`."""
