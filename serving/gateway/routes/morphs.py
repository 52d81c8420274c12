"""`/v1/morph`: an animation from one planet to another."""

from __future__ import annotations

import dataclasses

import numpy as np
from flask import Flask, Response, g, request
from numpy.typing import NDArray
from PIL import Image
from werkzeug.datastructures import MultiDict

from serving.backends.base import Backend
from serving.gateway.asked.catalog import Catalog
from serving.gateway.asked.kinds import kind_rows, parse_mix
from serving.gateway.asked.options import PictureOptions, check_ending, parse_integer, query_names, single_values
from serving.gateway.asked.orders import Order, order_of
from serving.gateway.config import GatewayConfig
from serving.gateway.pictures.animations import MEDIA_TYPES, check_background, encode_animation
from serving.gateway.pictures.pictures import scaled_sides
from serving.gateway.problems import Problem
from serving.gateway.routes.answering import Answers
from serving.gateway.routes.drawing import draw, to_pictures
from serving.latents import latents
from serving.morphing import slerp

_ENDS = ("from", "to")
_MAX_FRAMES = 96
_MAX_FPS = 30
_MAX_PIXELS = _MAX_FRAMES * 512 * 512  # of all frames; bounds the memory and the time of encoding


@dataclasses.dataclass(frozen=True)
class Morph:
    """An animation to make.

    Attributes:
        order: The planets at its two ends.
        format: `"webp"` or `"gif"`.
        frames: From one end to the other, both included, 2..96.
        fps: Frames a second, 1..30.
        loop: Whether it goes there and back for ever; else there, once.
    """

    order: Order
    format: str
    frames: int
    fps: int
    loop: bool


def add_morph_route(app: Flask, backend: Backend, catalog: Catalog, answers: Answers, config: GatewayConfig) -> None:
    """Adds `GET /v1/morph.{webp,gif}`."""

    @app.get("/v1/morph.<extension>")
    def morph(extension: str) -> Response:
        asked = _morph(extension, request.args, catalog)

        def make() -> bytes:
            pictures = _pictures(asked, backend, config)
            with g.timings.stage("encode"):
                return encode_animation(pictures, asked.format, asked.fps, asked.loop)

        form = ["morph", asked.format, asked.frames, asked.fps, asked.loop]
        return answers.answer(asked.order, form, MEDIA_TYPES[asked.format], make)


def _morph(extension: str, query: MultiDict[str, str], catalog: Catalog) -> Morph:
    check_ending(extension, MEDIA_TYPES)
    given = single_values(query, [*_ENDS, "to_kind", "frames", "fps", "loop", *query_names()])
    for name in _ENDS:
        if name not in given:
            raise Problem(422, f"{name} is missing; give a seed or an address to go {name}.", parameter=name)
    texts = [given.pop(name) for name in _ENDS]
    to_kind = given.pop("to_kind", None)
    frames = parse_integer("frames", given.pop("frames", "24"), 2, _MAX_FRAMES)
    fps = parse_integer("fps", given.pop("fps", "12"), 1, _MAX_FPS)
    loop = parse_integer("loop", given.pop("loop", "1"), 0, 1) == 1
    options = PictureOptions.parse(given)
    check_background(options.background, extension)
    order = order_of(texts, options, catalog, _ENDS)
    if to_kind is not None:
        order = _ending_as(order, to_kind)
    _check_size(order, frames)
    return Morph(order, extension, frames, fps, loop)


def _ending_as(order: Order, to_kind: str) -> Order:
    """The order with another kind for its last planet."""
    rows = kind_rows(order.model, parse_mix(to_kind, "to_kind"), order.seeds[-1:], "to_kind")
    return dataclasses.replace(order, kinds=np.concatenate([order.kinds[:-1], rows]))


def _check_size(order: Order, frames: int) -> None:
    size = order.model.card["image_size"]
    width, height = scaled_sides(size["width"], size["height"], order.options.size)
    if frames * width * height > _MAX_PIXELS:
        most = _MAX_PIXELS // (width * height)
        detail = f"{frames} frames of {width}x{height} px are too many; ask for at most {most}, or a smaller size."
        raise Problem(422, detail, parameter="frames")


def _pictures(morph: Morph, backend: Backend, config: GatewayConfig) -> list[Image.Image]:
    order = morph.order
    shares = np.linspace(0, 1, morph.frames)
    start, end = latents(order.seeds, order.model.card["latent_size"])
    rows = slerp(start, end, shares).astype(np.float32)
    kinds = None if order.kinds is None else _between(*order.kinds, shares)
    # Each end is drawn alone, as the single planet is: in company a pixel may round otherwise.
    parts = [slice(0, 1), slice(1, -1), slice(-1, None)]
    pixels = [
        draw(order, rows[part], None if kinds is None else kinds[part], backend, config)
        for part in parts
        if len(rows[part])
    ]
    names = [f"Frame {number} of {morph.frames}" for number in range(1, morph.frames + 1)]
    return to_pictures(order, np.concatenate(pixels), names)


def _between(start: NDArray[np.float32], end: NDArray[np.float32], shares: NDArray[np.float64]) -> NDArray[np.float32]:
    """Kinds that change steadily from one to the other, of shape (F, C); exactly these at the ends."""
    t = shares[:, None]
    return ((1 - t) * start + t * end).astype(np.float32)
