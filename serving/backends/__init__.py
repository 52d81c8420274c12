"""Sources of predictions for the gateway: SavedModels in this process, or a TensorFlow Serving elsewhere."""

from __future__ import annotations

import importlib.util
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

from serving.backends.base import Backend, BackendMisconfigured
from serving.backends.cards import scan

KINDS = ("embedded", "tfserving")

_log = logging.getLogger(__name__)


def create_backend(
    kind: str,
    *,
    saved_models: Path | str,
    target: str | None = None,
    rollout: Path | None = None,
    intercept: Callable[[Any], Any] | None = None,
) -> Backend:
    """Makes a backend. A `tfserving` one is made at once even if its server is away.

    Args:
        kind: `"embedded"` or `"tfserving"`.
        saved_models: Folder of SavedModels; `tfserving` reads only their cards. It may be empty, which is logged.
        target: `HOST:PORT` of TensorFlow Serving's gRPC port, or several with commas between them; required by
            `tfserving`, ignored by `embedded`.
        rollout: File that chooses the versions which bear labels, read by `embedded`; TensorFlow Serving has its own.
        intercept: What `tfserving` uses in place of each of its gRPC channels; ignored by `embedded`.

    Raises:
        BackendMisconfigured: Unknown kind, missing folder, missing or malformed target, unusable rollout, or no
            TensorFlow.
    """
    if kind not in KINDS:
        raise BackendMisconfigured(f"Unknown backend '{kind}': use one of {', '.join(KINDS)}.")
    saved_models = Path(saved_models)
    if not saved_models.is_dir():
        raise BackendMisconfigured(
            f"The folder of saved models '{saved_models}' does not exist: name one that holds NAME/VERSION folders."
        )
    if not scan(saved_models):
        _log.warning("The folder of saved models '%s' holds no model: there is nothing to serve yet.", saved_models)
    # Only the module in use is imported: without TensorFlow the gateway is small and quick to start.
    if kind == "tfserving":
        from serving.backends.tfserving import TFServingBackend

        return TFServingBackend(saved_models, target, intercept=intercept)
    if importlib.util.find_spec("tensorflow") is None:
        raise BackendMisconfigured(
            "Backend 'embedded' needs TensorFlow, which is not installed: install requirements.txt or use 'tfserving'."
        )
    from serving.backends.embedded import EmbeddedBackend

    return EmbeddedBackend(saved_models, rollout)
