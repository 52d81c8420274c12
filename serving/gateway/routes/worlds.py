"""`/v1/worlds`: planets with a surface all around, seen from any side under any sun, and a full turn.

The end of the path tells what is asked for: `orion/7.png` is a picture of the world at the address `orion/7`, and
`orion/7/map.png` its map (`serving.gateway.routes.maps`). So the picture of an address that itself ends in `/map`,
`/normal` or `/height` comes as WebP only, and that of one that ends in `/spin` as PNG.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

import numpy as np
from flask import Flask, Response, g, request

from serving.gateway.asked.catalog import Catalog
from serving.gateway.asked.motion import FPS, frames
from serving.gateway.asked.options import MEDIA_TYPES, OF_PICTURE, PictureOptions
from serving.gateway.asked.orders import PlanetOrder, order_of
from serving.gateway.asked.parameters import check_ending, read_query
from serving.gateway.asked.sizes import check_count, world_side
from serving.gateway.asked.views import VIEW, View
from serving.gateway.guards.door import ModelDoor
from serving.gateway.pictures.animations import MEDIA_TYPES as ANIMATIONS
from serving.gateway.pictures.animations import check_background, encode_animation
from serving.gateway.pictures.encoding import encode
from serving.gateway.routes.answering import Answers
from serving.gateway.routes.drawing import draw_turn, draw_worlds, finished, model_inputs

FORMATS = ("png", "webp")
PARAMETERS = [*VIEW, *OF_PICTURE]
# Transparent is what a turn is without asking, where its format can be.
_TURN = [dataclasses.replace(one, default=None) if one.name == "background" else one for one in PARAMETERS]
SPIN_PARAMETERS = [frames(36, "Of the full turn."), FPS, *_TURN]


@dataclasses.dataclass(frozen=True)
class Spin:
    """A full turn of a world.

    Attributes:
        view: From where it is seen first.
        format: `"webp"` or `"gif"`.
        frames: Of the turn, 2..96.
        fps: Frames a second, 1..30.
    """

    view: View
    format: str
    frames: int
    fps: int


def add_world_routes(app: Flask, door: ModelDoor, catalog: Catalog, answers: Answers) -> None:
    """Adds `GET /v1/worlds/{seed or address}.{png,webp}` and `…/spin.{webp,gif}`."""

    @app.get("/v1/worlds/<anything:file>")
    def world(file: str) -> Response:
        text, dot, extension = file.rpartition(".")
        check_ending(extension if dot else "", FORMATS)
        asked = read_query(request.args, PARAMETERS)
        order = world_order(text, {**asked, "format": extension}, catalog)
        return answers.planet(order, View.of(asked), MEDIA_TYPES[extension], make_picture)

    @app.get("/v1/worlds/<anything:text>/spin.<any(webp, gif):extension>")
    def world_spin(text: str, extension: str) -> Response:
        asked = read_query(request.args, SPIN_PARAMETERS)
        asked["background"] = asked["background"] or ("black" if extension == "gif" else "transparent")
        order = world_order(text, asked, catalog)
        check_background(order.options.background, extension)
        form = Spin(View.of(asked), extension, asked["frames"], asked["fps"])
        check_count(order.model, form.frames, world_side(order.model, order.options.size), "frames", "frames")
        return answers.planet(order, form, ANIMATIONS[extension], make_spin)

    def make_picture(order: PlanetOrder, view: View, expires: float) -> bytes:
        inputs = model_inputs(order) | {name: one[None] for name, one in view.inputs().items()}
        [picture] = finished(order, draw_worlds(order, inputs, door, expires), ["The picture"])
        with g.timings.stage("encode"):
            return encode(picture, order.options.format, order.about(order.entries[0]) | view.about())

    def make_spin(order: PlanetOrder, form: Spin, expires: float) -> bytes:
        # Planets turn to the east, so that what is seen of them comes from the west.
        turn = [form.view.turned(-360.0 * index / form.frames).inputs() for index in range(form.frames)]
        views = np.stack([one["view"] for one in turn])
        pixels = draw_turn(order, views, turn[0]["sun"], door, expires)
        pictures = finished(order, pixels, [f"View {number}" for number in range(1, form.frames + 1)])
        with g.timings.stage("encode"):
            return encode_animation(pictures, form.format, form.fps, loop=True, back=False)


def world_order(text: str, asked: Mapping[str, Any], catalog: Catalog) -> PlanetOrder:
    """The order of a seed or address and the options among what is asked, by a model that draws worlds."""
    return order_of([text], PictureOptions.of(asked), catalog, task="world")
