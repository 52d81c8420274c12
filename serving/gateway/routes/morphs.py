"""`/v1/morph`: an animation from one planet to another."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

import numpy as np
from flask import Flask, Response, g, request
from numpy.typing import NDArray
from PIL import Image

from serving.gateway.asked.catalog import Catalog
from serving.gateway.asked.kinds import SHARES, kind_rows
from serving.gateway.asked.motion import FPS, MAX_FRAMES, frames
from serving.gateway.asked.options import OF_PICTURE, PictureOptions
from serving.gateway.asked.orders import PlanetOrder, order_of, seed_parameter
from serving.gateway.asked.parameters import Parameter, check_ending, read_query, whole
from serving.gateway.asked.sizes import check_count, draws_planets_at_any_size, planet_sides
from serving.gateway.guards.door import ModelDoor
from serving.gateway.pictures.animations import MEDIA_TYPES, check_background, encode_animation
from serving.gateway.problems import Problem
from serving.gateway.routes.answering import Answers
from serving.gateway.routes.drawing import draw, finished, model_inputs, sights_of
from serving.morphing import slerp

_ENDS = ("from", "to")
PARAMETERS = [
    seed_parameter("from", "Where it begins", "orion/7/3", "a seed or an address to go from"),
    seed_parameter("to", "Where it ends", "42", "a seed or an address to go to"),
    Parameter("to_kind", SHARES, "Kind of the last planet; that of the first if left out.", "mars"),
    frames(24, "From one to the other, both included."),
    FPS,
    Parameter("loop", whole(0, 1), "1: there and back, for ever; 0: there, once.", 1, default=1),
    *OF_PICTURE,
]
_MAX_PIXELS = MAX_FRAMES * 512 * 512  # of all frames; bounds the memory and the time of encoding


@dataclasses.dataclass(frozen=True)
class Morph:
    """An animation from the first of two planets to the second.

    Attributes:
        format: `"webp"` or `"gif"`.
        frames: From one end to the other, both included, 2..96.
        fps: Frames a second, 1..30.
        loop: Whether it goes there and back for ever; else there, once.
    """

    format: str
    frames: int
    fps: int
    loop: bool


def add_morph_route(app: Flask, door: ModelDoor, catalog: Catalog, answers: Answers) -> None:
    """Adds `GET /v1/morph.{webp,gif}`."""

    @app.get("/v1/morph.<extension>")
    def morph(extension: str) -> Response:
        check_ending(extension, MEDIA_TYPES)
        asked = read_query(request.args, PARAMETERS)
        form = Morph(extension, asked["frames"], asked["fps"], asked["loop"] == 1)
        return answers.answer(_order(asked, form, catalog), form, MEDIA_TYPES[extension], make)

    def make(order: PlanetOrder, form: Morph, expires: float) -> bytes:
        pictures = _pictures(order, form, door, expires)
        with g.timings.stage("encode"):
            return encode_animation(pictures, form.format, form.fps, form.loop)


def _order(asked: dict[str, Any], form: Morph, catalog: Catalog) -> PlanetOrder:
    """The planets at the two ends."""
    options = PictureOptions.of(asked)
    check_background(options.background, form.format)
    order = order_of([asked[name] for name in _ENDS], options, catalog, _ENDS)
    if asked["to_kind"] is not None:
        rows = kind_rows(order.model, asked["to_kind"], order.seeds[-1:], "to_kind")
        order = dataclasses.replace(order, kinds=np.concatenate([order.kinds[:-1], rows]))
    width, height = planet_sides(order.model, options.size)
    if form.frames * width * height > _MAX_PIXELS:
        most = _MAX_PIXELS // (width * height)
        detail = f"{form.frames} frames of {width}x{height} px are too many; ask for at most {most}, or a smaller size."
        raise Problem(422, detail, parameter="frames")
    if draws_planets_at_any_size(order.model):
        check_count(order.model, form.frames, width, "frames", "frames")
    return order


def _pictures(order: PlanetOrder, form: Morph, door: ModelDoor, expires: float) -> list[Image.Image]:
    shares = np.linspace(0, 1, form.frames)
    start, end = order.latents()
    rows = slerp(start, end, shares).astype(np.float32)
    inputs = model_inputs(order, rows, None if order.kinds is None else _between(*order.kinds, shares))
    if draws_planets_at_any_size(order.model):
        # The view goes steadily from one to the other, where a latent between the two might choose any.
        inputs |= _sights_between(sights_of(order, model_inputs(order), door, expires), shares)
    # Each end is drawn alone, as the single planet is: in company a pixel may round otherwise.
    parts = [part for part in (slice(0, 1), slice(1, -1), slice(-1, None)) if len(rows[part])]
    pixels = [draw(order, {name: values[part] for name, values in inputs.items()}, door, expires) for part in parts]
    names = [f"Frame {number} of {form.frames}" for number in range(1, form.frames + 1)]
    return finished(order, np.concatenate(pixels), names)


def _between(start: NDArray[np.float32], end: NDArray[np.float32], shares: NDArray[np.float64]) -> NDArray[np.float32]:
    """Kinds that change steadily from one to the other, of shape (F, C); exactly these at the ends."""
    t = shares[:, None]
    return ((1 - t) * start + t * end).astype(np.float32)


def _sights_between(ends: Mapping[str, NDArray[np.float32]], shares: NDArray[np.float64]) -> dict[str, np.ndarray]:
    """Views and suns on the way, of shape (F, 3), the shorter one around the globe; exactly these at the ends."""
    start, end = ends["view"].astype(np.float64)
    end = np.where(shares[:, None] == 1, end, start + (end - start + 180.0) % 360.0 - 180.0)
    return {"view": _between(start, end, shares), "sun": _between(*ends["sun"], shares)}
