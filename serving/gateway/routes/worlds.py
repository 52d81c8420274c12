"""`/v1/worlds`: planets with a surface all around, seen from any side under any sun, their maps, and a full turn.

The end of the path tells what is asked for: `orion/7.png` is a picture of the world at the address `orion/7`, and
`orion/7/map.png` its map. So the picture of an address that itself ends in `/map` or `/normal` comes as WebP only, and
that of one that ends in `/spin` as PNG.
"""

from __future__ import annotations

import dataclasses
import math
import reprlib
from collections.abc import Mapping
from typing import Any

import numpy as np
from flask import Flask, Response, g, request
from numpy.typing import NDArray
from PIL import Image

from serving.backends.base import Backend
from serving.gateway.asked.catalog import Catalog
from serving.gateway.asked.options import (
    PictureOptions,
    check_ending,
    parse_integer,
    parse_number,
    query_names,
    single_values,
)
from serving.gateway.asked.orders import Order, order_of
from serving.gateway.config import GatewayConfig
from serving.gateway.pictures.animations import MEDIA_TYPES as ANIMATIONS
from serving.gateway.pictures.animations import check_background, encode_animation
from serving.gateway.pictures.pictures import MEDIA_TYPES, encode, to_picture
from serving.gateway.problems import Problem
from serving.gateway.routes.answering import Answers
from serving.gateway.routes.drawing import run_model
from serving.gateway.routes.planets import planet_headers
from serving.latents import latents

VIEW_NAMES = ("lon", "lat", "roll", "sun")
SURFACE_NAMES = [name for name in query_names() if name not in ("size", "background")]  # of what is no picture
SUN = "22,17"  # degrees: that of the pictures which the models learned from
FRAMES = (2, 36, 96)  # of a full turn: fewest, usual, most
FPS = (1, 12, 30)

_PICTURES = ("png", "webp")
_SIZE = 256  # px, unless asked otherwise
_ROUND = ("lon", "roll")
_MAX_ANGLE = 36_000  # degrees, a hundred turns
_MAX_PIXELS = 32 * 512 * 512  # of all frames of a turn: what two slow cores draw within the deadline
_CALL_PIXELS = 512 * 512  # of one call to the model server, unless a single picture has more


@dataclasses.dataclass(frozen=True)
class View:
    """From where, and under which sun, a world is seen; angles in degrees.

    Attributes:
        lon: Longitude of the middle of the picture, east of 0, -180 to 180.
        lat: Its latitude, -90 to 90.
        roll: By how much the picture is turned counterclockwise, -180 to 180.
        sun: Azimuth, 0 behind the viewer, 90 at the right, and elevation of the sun, as the viewer sees it.
    """

    lon: float
    lat: float
    roll: float
    sun: tuple[float, float]

    @classmethod
    def parse(cls, given: Mapping[str, str]) -> View:
        """The view that a query's texts tell; longitude, roll and azimuth may go round more than once.

        Raises:
            Problem: 422, naming the parameter at fault.
        """
        lon, roll = (_wrapped(parse_number(name, given.get(name, "0"), -_MAX_ANGLE, _MAX_ANGLE)) for name in _ROUND)
        lat = parse_number("lat", given.get("lat", "0"), -90, 90)
        azimuth, comma, elevation = given.get("sun", SUN).partition(",")
        if not comma:
            detail = "it must be its azimuth and elevation in degrees, such as 22,17"
            raise Problem(422, f"sun is {reprlib.repr(azimuth)}; {detail}.", parameter="sun")
        around = parse_number("sun", azimuth, -_MAX_ANGLE, _MAX_ANGLE)
        return cls(lon, lat, roll, (_wrapped(around), parse_number("sun", elevation, -90, 90)))

    def inputs(self) -> dict[str, NDArray[np.float32]]:
        """The inputs `view` and `sun` of a model, of shape (3,) each."""
        azimuth, elevation = map(math.radians, self.sun)
        sun = [math.cos(elevation) * math.sin(azimuth), math.sin(elevation), math.cos(elevation) * math.cos(azimuth)]
        return {"view": np.float32([self.lon, self.lat, self.roll]), "sun": np.float32(sun)}

    def about(self) -> dict[str, str]:
        """What a file tells of it, by keyword of PNG."""
        return {"view": f"{self.lon:g},{self.lat:g},{self.roll:g}", "sun": "{:g},{:g}".format(*self.sun)}


def add_world_routes(app: Flask, backend: Backend, catalog: Catalog, answers: Answers, config: GatewayConfig) -> None:
    """Adds `GET /v1/worlds/{seed or address}.{png,webp}`, `…/map.png`, `…/normal.png` and `…/spin.{webp,gif}`."""

    @app.get("/v1/worlds/<anything:file>")
    def world(file: str) -> Response:
        text, dot, extension = file.rpartition(".")
        check_ending(extension if dot else "", _PICTURES)
        given = single_values(request.args, [*VIEW_NAMES, *query_names()])
        view = View.parse(_taken(given, VIEW_NAMES))
        order = world_order(text, {**given, "format": extension}, catalog)

        def make() -> bytes:
            [picture] = _pictures(order, [view], backend, config)
            with g.timings.stage("encode"):
                return encode(picture, extension, order.about(order.entries()[0]) | view.about())

        return _answer(order, ["world", dataclasses.astuple(view)], MEDIA_TYPES[extension], make)

    @app.get("/v1/worlds/<anything:text>/<any(map, normal):which>.png")
    def world_map(text: str, which: str) -> Response:
        order = world_order(text, single_values(request.args, SURFACE_NAMES), catalog)

        def make() -> bytes:
            outputs = run_model(order.model, world_inputs(order), backend, config, which)
            with g.timings.stage("encode"):
                about = order.about(order.entries()[0])
                if "axes" in outputs:
                    about["axes"] = ",".join(f"{axis:.4g}" for axis in outputs["axes"][0])
                return encode(Image.fromarray(outputs["image"][0]), "png", about)

        return _answer(order, which, MEDIA_TYPES["png"], make)

    @app.get("/v1/worlds/<anything:text>/spin.<any(webp, gif):extension>")
    def world_spin(text: str, extension: str) -> Response:
        given = single_values(request.args, [*VIEW_NAMES, "frames", "fps", *query_names()])
        view = View.parse(_taken(given, VIEW_NAMES))
        frames = parse_integer("frames", given.pop("frames", str(FRAMES[1])), FRAMES[0], FRAMES[2])
        fps = parse_integer("fps", given.pop("fps", str(FPS[1])), FPS[0], FPS[2])
        given.setdefault("background", "black" if extension == "gif" else "transparent")
        order = world_order(text, given, catalog)
        check_background(order.options.background, extension)
        most = _MAX_PIXELS // _size(order) ** 2
        if frames > most:
            detail = f"{frames} frames of {_size(order)} px are too many; ask for at most {most}, or a smaller size."
            raise Problem(422, detail, parameter="frames")
        # Planets turn to the east, so that what is seen of them comes from the west.
        turn = [dataclasses.replace(view, lon=_wrapped(view.lon - 360.0 * i / frames)) for i in range(frames)]

        def make() -> bytes:
            pictures = _pictures(order, turn, backend, config)
            with g.timings.stage("encode"):
                return encode_animation(pictures, extension, fps, loop=True, back=False)

        return _answer(order, ["spin", extension, frames, fps, dataclasses.astuple(view)], ANIMATIONS[extension], make)

    def _answer(order: Order, form: Any, media_type: str, make: Any) -> Response:
        response = answers.answer(order, form, media_type, make)
        response.headers.update(planet_headers(order))
        return response


def _taken(given: dict[str, str], names: tuple[str, ...]) -> dict[str, str]:
    """Those of the given texts, taken out."""
    return {name: given.pop(name) for name in names if name in given}


def _wrapped(degrees: float) -> float:
    """The same direction within -180..180."""
    return (degrees + 180.0) % 360.0 - 180.0


def world_order(text: str, given: Mapping[str, Any], catalog: Catalog) -> Order:
    """The order that a seed or address and a query's texts tell, by a model that draws worlds."""
    return order_of([text], PictureOptions.parse(given), catalog, task="world")


def _size(order: Order) -> int:
    """Of the pictures in px, both sides."""
    return order.options.size or min(_SIZE, order.model.card["world"]["sizes"][-1])


def _pictures(order: Order, views: list[View], backend: Backend, config: GatewayConfig) -> list[Image.Image]:
    """A world seen from several sides: drawn at the next size that its model draws, then made smaller."""
    size, sizes = _size(order), order.model.card["world"]["sizes"]
    drawn_size = next((one for one in sizes if one >= size), sizes[-1])
    inputs = {name: np.repeat(row, len(views), axis=0) for name, row in world_inputs(order).items()}
    seen = [view.inputs() for view in views]
    inputs |= {name: np.stack([one[name] for one in seen]) for name in ("view", "sun")}
    rows = max(1, _CALL_PIXELS // drawn_size**2)
    pixels = run_model(order.model, inputs, backend, config, f"render_{drawn_size}", rows)["image"]
    with g.timings.stage("decode"):
        if order.options.background == "black":
            pixels = [_on_black(one) for one in pixels]
        return [to_picture(one, size) for one in pixels]


def world_inputs(order: Order) -> dict[str, NDArray[np.float32]]:
    """The inputs of a model that tell the world, of one row."""
    rows = latents(order.seeds, order.model.card["latent_size"]) * np.float32(order.options.temperature)
    return {"latent": rows} if order.kinds is None else {"latent": rows, "kind": order.kinds}


def _on_black(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Of shape (H, W, 3), for pixels with alpha, of shape (H, W, 4)."""
    light = pixels[..., :3].astype(np.uint16) * pixels[..., 3:]
    return ((light + 127) // 255).astype(np.uint8)
