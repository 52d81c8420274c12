"""`/v1/sheet`: many planets in one picture, and the atlas that tells a game engine where each is."""

from __future__ import annotations

import dataclasses
import math
from typing import Any
from urllib.parse import urlencode

from flask import Flask, Response, g, json, request
from PIL import Image
from werkzeug.datastructures import MultiDict

from serving.gateway.asked.catalog import Catalog
from serving.gateway.asked.options import MEDIA_TYPES, OF_PICTURE, PictureOptions
from serving.gateway.asked.orders import PlanetOrder, counted_texts, order_of, seed_parameter, to_seed
from serving.gateway.asked.parameters import Parameter, check_ending, parse_integer, read_query, unread, whole
from serving.gateway.asked.sizes import planet_sides
from serving.gateway.config import GatewayConfig
from serving.gateway.guards.door import ModelDoor
from serving.gateway.pictures.encoding import encode
from serving.gateway.problems import Problem
from serving.gateway.routes.answering import Answers
from serving.gateway.routes.drawing import draw_planets
from serving.latents import is_address

FORMATS = ("png", "webp")
MAX_SIDE = 8192  # px; larger textures are refused by many graphics processors


@dataclasses.dataclass(frozen=True)
class Sheet:
    """A sprite sheet: planets in a grid, row by row, without gaps.

    Attributes:
        base: The seed, in digits, or the address from which its planets are counted.
        count: Its planets.
        columns: Planets in a row.
        width: Of one planet, in px.
        height: Of one planet, in px.
    """

    base: str
    count: int
    columns: int
    width: int
    height: int

    @property
    def sides(self) -> tuple[int, int]:
        """Width and height in px."""
        return self.columns * self.width, math.ceil(self.count / self.columns) * self.height

    def place(self, index: int) -> tuple[int, int]:
        """Left and top of a planet in px."""
        row, column = divmod(index, self.columns)
        return column * self.width, row * self.height


def sheet_parameters(config: GatewayConfig) -> list[Parameter]:
    """What `/v1/sheet` takes."""
    most = config.max_planets
    return [
        seed_parameter("seed", "Counted from", "orion", "a seed or an address to count from"),
        Parameter("count", whole(1, most), "Planets in it.", 16, needed=f"the number of planets, 1..{most}"),
        Parameter("columns", unread(whole(1, most)), "Planets in a row, at most `count`; about square if left out.", 4),
        *OF_PICTURE,
    ]


def add_sheet_route(app: Flask, door: ModelDoor, catalog: Catalog, answers: Answers, config: GatewayConfig) -> None:
    """Adds `GET /v1/sheet.{png,webp}` and `GET /v1/sheet.json`, which is answered without drawing."""
    parameters = sheet_parameters(config)

    @app.get("/v1/sheet.<extension>")
    def sheet(extension: str) -> Response:
        check_ending(extension, [*FORMATS, "json"])
        asked = read_query(request.args, parameters)
        if extension != "json":
            asked["format"] = extension
        order, form = _asked(asked, catalog, config)
        if extension == "json":
            return answers.plain(order, json.dumps(_atlas(order, form, request.args)), "application/json")
        return answers.answer(order, form, MEDIA_TYPES[extension], make)

    def make(order: PlanetOrder, form: Sheet, expires: float) -> bytes:
        pictures = draw_planets(order, door, expires)
        with g.timings.stage("encode"):
            return encode(_joined(form, pictures), order.options.format, _about(order, form))


def _asked(asked: dict[str, Any], catalog: Catalog, config: GatewayConfig) -> tuple[PlanetOrder, Sheet]:
    base, count, columns = (asked[name] for name in ("seed", "count", "columns"))
    texts = counted_texts(count, base, config)
    columns = math.ceil(math.sqrt(count)) if columns is None else parse_integer("columns", columns, 1, count)
    order = order_of(texts, PictureOptions.of(asked), catalog)
    base = base if is_address(base) else str(to_seed(base))
    sheet = Sheet(base, count, columns, *planet_sides(order.model, order.options.size))
    width, height = sheet.sides
    if max(width, height) > MAX_SIDE:
        detail = f"The sheet would be {width}x{height} px, and may be {MAX_SIDE} px a side; ask for a smaller size"
        raise Problem(422, f"{detail}, fewer planets or other columns.", parameter="size")
    return order, sheet


def _joined(sheet: Sheet, pictures: list[Image.Image]) -> Image.Image:
    joined = Image.new(pictures[0].mode, sheet.sides)
    for index, picture in enumerate(pictures):
        joined.paste(picture, sheet.place(index))
    return joined


def _about(order: PlanetOrder, sheet: Sheet) -> dict[str, str]:
    """What the sheet tells about itself: the seed and address it counts from, and the kind if all have the same."""
    entries = order.entries
    kind = entries[0]["kind"] if all(entry["kind"] == entries[0]["kind"] for entry in entries) else None
    address = sheet.base if is_address(sheet.base) else None
    about = order.about({"seed": str(to_seed(sheet.base)), "address": address, "kind": kind})
    return {**about, "count": str(sheet.count)}


def _atlas(order: PlanetOrder, sheet: Sheet, query: MultiDict[str, str]) -> dict[str, Any]:
    """TexturePacker's "JSON hash", with planets by their seeds; its picture is of the same model and version."""
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
