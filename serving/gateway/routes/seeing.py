"""Pictures to what models say of them, by way of the door to the models."""

from __future__ import annotations

import numpy as np
from flask import g

from serving.backends.base import ModelVersion
from serving.gateway.guards.door import ModelDoor
from serving.gateway.pictures.framing import Framing


def see(model: ModelVersion, picture: Framing, door: ModelDoor, expires: float) -> dict[str, np.ndarray]:
    """What a model says of one picture, framed as it was trained to see them.

    Args:
        model: An available model whose task is also its signature, from `image` to anything.
        picture: The picture.
        door: Where the model runs.
        expires: `time.monotonic()` at which the answer is too late.

    Returns:
        Its outputs by name, without the batch dimension.

    Raises:
        BackendError: As `Backend.predict`.
    """
    size = model.card["image_size"]
    with g.timings.stage("frame"):
        image = picture.at(size["width"], size["height"])[None]
    outputs = door.run(model, {"image": image}, expires, signature=model.card["task"])
    return {name: rows[0] for name, rows in outputs.items()}
