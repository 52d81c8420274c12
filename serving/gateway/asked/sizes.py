"""How large pictures are asked for and drawn, and how many at once."""

from __future__ import annotations

from serving.backends.base import ModelVersion
from serving.gateway.problems import Problem

_USUAL = 256  # px, or what a model draws in its place, where it draws at any size and none is asked for
_MOST_PIXELS = 36 * 512 * 512  # drawn for one request: what two slow cores manage within the deadline


def draws_planets_at_any_size(model: ModelVersion) -> bool:
    """Whether a model tells from where planets are seen, and so draws them, too, as it draws worlds: at their size."""
    return bool(model.card.get("world", {}).get("sights"))


def planet_sides(model: ModelVersion, size: int | None) -> tuple[int, int]:
    """Width and height, in px, of a planet's picture whose longer side shall be `size`; the model's own if None."""
    if draws_planets_at_any_size(model):
        return (world_side(model, size),) * 2
    return scaled_sides(model.card["image_size"]["width"], model.card["image_size"]["height"], size)


def world_side(model: ModelVersion, size: int | None) -> int:
    """Side of a world's picture in px, `size` if one is asked for."""
    return size or drawn_side(model, _USUAL)


def drawn_side(model: ModelVersion, side: int) -> int:
    """At which of its sizes, in px, a model draws a picture that shall have this side: the next larger one, if any."""
    sizes = model.card["world"]["sizes"]
    return next((one for one in sizes if one >= side), sizes[-1])


def check_count(model: ModelVersion, count: int, side: int, parameter: str, what: str = "planets") -> None:
    """Refuses more pictures of a world's side than can be drawn within the deadline, by a 422 `Problem`."""
    most = _MOST_PIXELS // max(side, drawn_side(model, side)) ** 2
    if count > most:
        detail = f"{count} {what} of {side} px are too many; ask for at most {most}, or a smaller size."
        raise Problem(422, detail, parameter=parameter)


def scaled_sides(width: int, height: int, size: int | None) -> tuple[int, int]:
    """Width and height of a picture in px once its longer side is `size`; as they are if None."""
    if size is None:
        return width, height
    longer = max(width, height)
    return max(1, round(width * size / longer)), max(1, round(height * size / longer))
