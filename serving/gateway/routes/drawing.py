"""Orders to pictures, by way of the door to the models."""

from __future__ import annotations

import reprlib
from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from flask import g
from numpy.typing import NDArray
from PIL import Image

from serving.gateway.asked.orders import PlanetOrder
from serving.gateway.asked.sizes import drawn_side, draws_planets_at_any_size, world_side
from serving.gateway.guards.door import ModelDoor
from serving.gateway.pictures.finishing import finish
from serving.gateway.problems import Problem

_CALL_PIXELS = 512 * 512  # of one call to the model server, unless a single picture has more
_TURN_PIXELS = 40 * 256 * 256  # of one that draws a turn, for which it first draws the whole surface
_LEAST_LIGHT = 0.9  # strength of the sun over planets


def draw_planets(order: PlanetOrder, door: ModelDoor, expires: float) -> list[Image.Image]:
    """The pictures of an order, one for each of its seeds.

    Raises:
        BackendError: As `Backend.predict`.
        Problem: 422, a picture that shall be transparent shows no planet to cut out.
    """
    pixels = draw(order, model_inputs(order), door, expires)
    return finished(order, pixels, [f"The picture of {reprlib.repr(text)}" for text in order.texts])


def draw(
    order: PlanetOrder, inputs: Mapping[str, NDArray[np.float32]], door: ModelDoor, expires: float
) -> NDArray[np.uint8]:
    """Planets as a model draws them: at about the size asked for if it draws at any, else at its own.

    Args:
        order: Tells the model and the size.
        inputs: Of the model, B rows, by name; with `view` and `sun` where these are not the latents' choice.
        door: To the models.
        expires: `time.monotonic()` at which the answer is too late.

    Returns:
        uint8 of shape (B, H, W, 3) or, with alpha, (B, H, W, 4).

    Raises:
        BackendError: As `Backend.predict`.
    """
    if not draws_planets_at_any_size(order.model):
        return door.run(order.model, inputs, expires)["image"]
    sights = {} if "view" in inputs else sights_of(order, inputs, door, expires)
    return draw_worlds(order, {**inputs, **sights}, door, expires)


def sights_of(
    order: PlanetOrder, inputs: Mapping[str, NDArray[np.float32]], door: ModelDoor, expires: float
) -> dict[str, NDArray[np.float32]]:
    """From where, and under which sun, latents are seen as planets: the inputs `view` and `sun` of a model.

    The sun is bright enough for a game: southern sides are dim in the pictures that models learned from.
    """
    told = door.run(order.model, {"latent": inputs["latent"]}, expires, signature="sight")
    strength = np.linalg.norm(told["sun"], axis=-1, keepdims=True)
    return {**told, "sun": told["sun"] * np.maximum(1.0, _LEAST_LIGHT / np.maximum(strength, 1e-6)).astype(np.float32)}


def draw_worlds(
    order: PlanetOrder, inputs: Mapping[str, NDArray[np.float32]], door: ModelDoor, expires: float
) -> NDArray[np.uint8]:
    """The same of worlds, by a model that draws these, whose inputs tell from where they are seen."""
    side = _side(order)
    rows = max(1, _CALL_PIXELS // side**2)
    return door.run(order.model, inputs, expires, signature=f"render_{side}", batch_size=rows)["image"]


def draw_turn(
    order: PlanetOrder,
    views: NDArray[np.float32],
    sun: NDArray[np.float32],
    door: ModelDoor,
    expires: float,
) -> NDArray[np.uint8]:
    """Many views of the one world of an order: models that have a signature for it draw them in less time.

    Args:
        order: As for `draw`.
        views: As many as there shall be pictures, of shape (N, 3), as the input `view`.
        sun: For all of them, of shape (3,).
        door: As for `draw`.
        expires: As for `draw`.

    Returns:
        As for `draw`, N pictures.
    """
    world, side, count = model_inputs(order), _side(order), len(views)
    spins = order.model.card["world"].get("spins")
    if spins is None or side not in spins["sizes"]:
        inputs = {name: np.repeat(row, count, axis=0) for name, row in world.items()}
        return draw_worlds(order, {**inputs, "view": views, "sun": np.tile(sun, (count, 1))}, door, expires)
    each = spins["views"]
    places = np.minimum(np.arange(-(-count // each) * each), count - 1).reshape(-1, each)  # the last ones again
    inputs = {name: np.repeat(row, len(places), axis=0) for name, row in world.items()}
    inputs |= {"views": views[places], "sun": np.tile(sun, (len(places), 1))}
    rows = max(1, _TURN_PIXELS // (each * side**2))
    images = door.run(order.model, inputs, expires, signature=f"spin_{side}", batch_size=rows)["image"]
    return images.reshape(-1, *images.shape[2:])[:count]


def _side(order: PlanetOrder) -> int:
    """Of what a model of worlds draws for an order, in px."""
    return drawn_side(order.model, world_side(order.model, order.options.size))


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


def finished(order: PlanetOrder, pixels: Iterable[NDArray[np.uint8]], names: Sequence[str]) -> list[Image.Image]:
    """Pictures as an order asks for them.

    Args:
        order: Tells how they shall look.
        pixels: As for `finish`, of B pictures.
        names: What each of the B is, for the sentence of a problem, such as `"Frame 3"`.

    Raises:
        Problem: 422, a picture that shall be transparent shows no planet to cut out.
    """
    with g.timings.stage("decode"):
        return [_finished(order, one, name) for one, name in zip(pixels, names, strict=True)]


def _finished(order: PlanetOrder, pixels: NDArray[np.uint8], name: str) -> Image.Image:
    picture = finish(pixels, order.options)
    if picture is None:
        shows = f"{name} by {order.model.name} shows no planet on a black sky to cut out"
        raise Problem(422, f"{shows}; ask for a black background or another model.", parameter="background")
    return picture
