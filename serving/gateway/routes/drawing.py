"""Orders to pictures, by way of the door to the models."""

from __future__ import annotations

import reprlib
from collections.abc import Iterable, Sequence

import numpy as np
from flask import g
from numpy.typing import NDArray
from PIL import Image

from serving.gateway.asked.orders import PlanetOrder
from serving.gateway.guards.door import ModelDoor
from serving.gateway.pictures.finishing import finish
from serving.gateway.problems import Problem


def draw_planets(order: PlanetOrder, door: ModelDoor, expires: float) -> list[Image.Image]:
    """The pictures of an order, one for each of its seeds.

    Raises:
        BackendError: As `Backend.predict`.
        Problem: 422, a picture that shall be transparent shows no planet to cut out.
    """
    pixels = door.run(order.model, model_inputs(order), expires)["image"]
    return finished(order, pixels, [f"The picture of {reprlib.repr(text)}" for text in order.texts])


def model_inputs(
    order: PlanetOrder, rows: NDArray[np.float32] | None = None, kinds: NDArray[np.float32] | None = None
) -> dict[str, NDArray[np.float32]]:
    """The inputs of a model that tell the planets of an order, at its temperature, a factor on the latents.

    Args:
        order: The planets.
        rows: float32 of shape (B, Z), standard normal latents in place of the order's own.
        kinds: float32 of shape (B, C), rows summing to 1, in place of the order's own.
    """
    rows, kinds = (order.latents(), order.kinds) if rows is None else (rows, kinds)
    inputs = {"latent": rows * np.float32(order.options.temperature)}
    return inputs if kinds is None else {**inputs, "kind": kinds}


def finished(
    order: PlanetOrder, pixels: Iterable[NDArray[np.uint8]], names: Sequence[str], size: int | None = None
) -> list[Image.Image]:
    """Pictures as an order asks for them.

    Args:
        order: Tells how they shall look.
        pixels: As for `finish`, of B pictures.
        names: What each of the B is, for the sentence of a problem, such as `"Frame 3"`.
        size: As for `finish`.

    Raises:
        Problem: 422, a picture that shall be transparent shows no planet to cut out.
    """
    with g.timings.stage("decode"):
        return [_finished(order, one, name, size) for one, name in zip(pixels, names, strict=True)]


def _finished(order: PlanetOrder, pixels: NDArray[np.uint8], name: str, size: int | None) -> Image.Image:
    picture = finish(pixels, order.options, size)
    if picture is None:
        shows = f"{name} by {order.model.name} shows no planet on a black sky to cut out"
        raise Problem(422, f"{shows}; ask for a black background or another model.", parameter="background")
    return picture
