"""Pictures to a model's answers, by way of the backend."""

from __future__ import annotations

import time

import numpy as np
from flask import g
from PIL import Image

from serving.backends.base import Backend, ModelVersion
from serving.gateway.pictures.framing import frame


def model_headers(model: ModelVersion) -> dict[str, str]:
    """Headers that tell which model an answer is of."""
    return {"X-Planet-Model": model.name, "X-Planet-Version": str(model.version)}


def ask(backend: Backend, model: ModelVersion, picture: Image.Image, expires: float) -> dict[str, np.ndarray]:
    """What a model says of one picture, framed as it was trained to see them.

    Args:
        backend: Where the model runs.
        model: An available model whose task is also its signature, from `image` to anything.
        picture: RGB picture.
        expires: `time.monotonic()` at which the answer is too late.

    Returns:
        Its outputs by name, without the batch dimension.

    Raises:
        BackendError: As `Backend.predict`.
    """
    size = model.card["image_size"]
    with g.timings.stage("frame"):
        image = frame(picture, size["width"], size["height"])[None]
    with g.timings.stage("model"):
        outputs = backend.predict(
            model.name,
            {"image": image},
            signature=model.card["task"],
            version=model.version,
            deadline=expires - time.monotonic(),
        )
    return {name: rows[0] for name, rows in outputs.items()}
