"""`/v1/sheet`: many planets in one picture, and the atlas that tells a game engine where each is."""

from __future__ import annotations

import dataclasses
import math
from typing import Any
from urllib.parse import urlencode

from flask import Flask, Response, g, json, request
from PIL import Image
from werkzeug.datastructures import MultiDict

from serving.backends.base import Backend
from serving.gateway.asked.catalog import Catalog
from serving.gateway.asked.options import PictureOptions, check_ending, parse_integer, query_names, single_values
from serving.gateway.asked.orders import Order, counted_texts, order_of, to_seed
from serving.gateway.config import GatewayConfig
from serving.gateway.pictures.pictures import MEDIA_TYPES, encode, scaled_sides
from serving.gateway.problems import Problem
from serving.gateway.routes.answering import Answers
from serving.gateway.routes.drawing import draw_planets
from serving.latents import is_address

_PICTURE_FORMATS = ("png", "webp")
_MAX_SIDE = 8192  # px; larger textures are refused by many graphics processors


@dataclasses.dataclass(frozen=True)
class Sheet:
    """A sprite sheet: planets in a grid, row by row, without gaps.

    Attributes:
        base: The seed or address from which its planets are counted.
        order: Its planets.
        columns: Planets in a row.
        width: Of one planet, in px.
        height: Of one planet, in px.
    """

    base: str
    order: Order
    columns: int
    width: int
    height: int

    @property
    def sides(self) -> tuple[int, int]:
        """Width and height in px."""
        return self.columns * self.width, math.ceil(len(self.order.seeds) / self.columns) * self.height

    def place(self, index: int) -> tuple[int, int]:
        """Left and top of a planet in px."""
        row, column = divmod(index, self.columns)
        return column * self.width, row * self.height


def add_sheet_route(app: Flask, backend: Backend, catalog: Catalog, answers: Answers, config: GatewayConfig) -> None:
    """Adds `GET /v1/sheet.{png,webp}` and `GET /v1/sheet.json`, which is answered without drawing."""

    @app.get("/v1/sheet.<extension>")
    def sheet(extension: str) -> Response:
        check_ending(extension, [*_PICTURE_FORMATS, "json"])
        asked = _sheet(extension, request.args, catalog, config)
        if extension == "json":
            return answers.plain(asked.order, json.dumps(_atlas(asked, request.args)), "application/json")

        def make() -> bytes:
            pictures = draw_planets(asked.order, backend, config)
            with g.timings.stage("encode"):
                return encode(_joined(asked, pictures), extension, _about(asked))

        return answers.answer(asked.order, ["sheet", asked.base, asked.columns], MEDIA_TYPES[extension], make)


def _sheet(extension: str, query: MultiDict[str, str], catalog: Catalog, config: GatewayConfig) -> Sheet:
    given = single_values(query, ["seed", "count", "columns", *query_names()])
    base, count, columns = (given.pop(name, None) for name in ("seed", "count", "columns"))
    if base is None:
        raise Problem(422, "seed is missing; give a seed or an address to count from.", parameter="seed")
    if count is None:
        detail = f"count is missing; give the number of planets, 1..{config.max_planets}."
        raise Problem(422, detail, parameter="count")
    texts = counted_texts(count, base, config)
    square = math.ceil(math.sqrt(len(texts)))
    columns = square if columns is None else parse_integer("columns", columns, 1, len(texts))
    picture_format = "png" if extension == "json" else extension
    order = order_of(texts, PictureOptions.parse({**given, "format": picture_format}), catalog)
    size = order.model.card["image_size"]
    sheet = Sheet(base, order, columns, *scaled_sides(size["width"], size["height"], order.options.size))
    width, height = sheet.sides
    if max(width, height) > _MAX_SIDE:
        detail = f"The sheet would be {width}x{height} px, and may be {_MAX_SIDE} px a side; ask for a smaller size"
        raise Problem(422, f"{detail}, fewer planets or other columns.", parameter="size")
    return sheet


def _joined(sheet: Sheet, pictures: list[Image.Image]) -> Image.Image:
    joined = Image.new(pictures[0].mode, sheet.sides)
    for index, picture in enumerate(pictures):
        joined.paste(picture, sheet.place(index))
    return joined


def _about(sheet: Sheet) -> dict[str, str]:
    """What the sheet tells about itself: the seed and address it counts from, and the kind if all have the same."""
    entries = sheet.order.entries()
    kind = entries[0]["kind"] if all(entry["kind"] == entries[0]["kind"] for entry in entries) else None
    address = sheet.base if is_address(sheet.base) else None
    about = sheet.order.about({"seed": str(to_seed(sheet.base)), "address": address, "kind": kind})
    return {**about, "count": str(len(entries))}


def _atlas(sheet: Sheet, query: MultiDict[str, str]) -> dict[str, Any]:
    """TexturePacker's "JSON hash", with planets by their seeds; its picture is of the same model and version."""
    order = sheet.order
    size = {"w": sheet.width, "h": sheet.height}
    frames = {}
    for index, seed in enumerate(order.seeds):
        x, y = sheet.place(index)
        frames[str(seed)] = {
            "frame": {"x": x, "y": y, **size},
            "rotated": False,
            "trimmed": False,
            "spriteSourceSize": {"x": 0, "y": 0, **size},
            "sourceSize": size,
        }
    asked = {name: value for name, value in query.items() if name != "label"}  # it may move
    pinned = {**asked, "model": order.model.name, "version": order.model.version}
    width, height = sheet.sides
    meta = {
        "app": "Planet Generator",
        "image": f"sheet.png?{urlencode(pinned)}",
        "format": "RGB888" if order.options.background == "black" else "RGBA8888",
        "size": {"w": width, "h": height},
        "scale": "1",
    }
    return {"frames": frames, "meta": meta}
