"""What a request may choose about its pictures: one place for the query of a GET and the body of a POST."""

from __future__ import annotations

import dataclasses
import re
import reprlib
from collections.abc import Collection, Mapping
from typing import Any

from werkzeug.datastructures import MultiDict

from serving.gateway.asked.kinds import parse_mix
from serving.gateway.pictures.pictures import MAX_SIZE, MEDIA_TYPES, MIN_SIZE
from serving.gateway.problems import Problem

_MAX_VERSION = 2**63 - 1  # TensorFlow Serving's versions are int64
_DIGITS = re.compile(r"[0-9]{1,19}")
_DECIMAL = re.compile(r"-?[0-9]{1,20}(\.[0-9]{1,20})?(e-?[0-9]{1,3})?", re.IGNORECASE)
_MAX_TEMPERATURE = 2


@dataclasses.dataclass(frozen=True)
class PictureOptions:
    """Options of a request for planets, each already valid in itself.

    Attributes:
        model: Model name; the default model if None.
        version: Version, at least 1; chosen as `Catalog.find` tells if None, and there is no label.
        label: Label of the version, in place of its number.
        kind: Shares by kind's name, summing to 1; chosen by the seed if None.
        size: Longer side in px, 16..1024; the model's own if None.
        format: `"png"`, `"webp"` or `"jpg"`.
        background: `"black"`, or `"transparent"` for an alpha channel that follows the planet's outline.
        temperature: Factor on the latent, 0..2: 0 gives a model's most usual planet, above 1 come unusual ones.
    """

    model: str | None = None
    version: int | None = None
    label: str | None = None
    kind: Mapping[str, float] | None = None
    size: int | None = None
    format: str = "png"
    background: str = "black"
    temperature: float = 1.0

    @classmethod
    def parse(cls, given: Mapping[str, Any]) -> PictureOptions:
        """Options from texts (or JSON numbers) by name; one that is None counts as left out.

        Raises:
            Problem: 422, naming the parameter at fault; 400 for transparency in a format that has none.
        """
        check_names(given, option_names())
        options = cls(**_parse(given))
        if options.background == "transparent" and options.format == "jpg":
            detail = "JPEG pictures cannot be transparent; choose the format png or webp, or a black background."
            raise Problem(400, detail, parameter="background")
        return options


def option_names() -> list[str]:
    """Names that `PictureOptions.parse` accepts."""
    return [field.name for field in dataclasses.fields(PictureOptions)]


def query_names() -> list[str]:
    """Names of the options in the query of a GET, whose format is the ending of its path."""
    return [name for name in option_names() if name != "format"]


def parse_query(query: MultiDict[str, str], allowed: Collection[str]) -> dict[str, Any]:
    """The options that the query of a URL gives, each valid in itself.

    Raises:
        Problem: 422, naming the parameter at fault.
    """
    return _parse(single_values(query, allowed))


def single_values(query: MultiDict[str, str], allowed: Collection[str]) -> dict[str, str]:
    """The texts of a query by name; refuses names nobody knows, and those given more than once."""
    check_names(query, allowed)
    for name, values in query.lists():
        if len(values) > 1:
            raise Problem(422, f"{name} is given {len(values)} times; give it once.", parameter=name)
    return query.to_dict()


def check_names(given: Collection[str], allowed: Collection[str]) -> None:
    """Refuses parameters nobody knows, so that a typo is not silently ignored."""
    for name in given:
        if name not in allowed:
            raise Problem(
                422, f"There is no parameter {reprlib.repr(name)}; allowed: {', '.join(allowed)}.", parameter=name
            )


def check_ending(ending: str, allowed: Collection[str]) -> None:
    """Refuses a path that does not end in a format there is."""
    if ending not in allowed:
        endings = ", ".join(f".{name}" for name in allowed)
        raise Problem(422, f"The path must end in the picture's format, one of {endings}.", parameter="format")


def parse_integer(name: str, value: Any, low: int, high: int) -> int:
    """An integer of low..high from a JSON number or decimal digits."""
    number = int(value) if isinstance(value, str) and _DIGITS.fullmatch(value) else value
    if not isinstance(number, int) or isinstance(number, bool) or not low <= number <= high:
        raise Problem(
            422, f"{name} is {reprlib.repr(value)}; it must be a whole number of {low}..{high}.", parameter=name
        )
    return number


def parse_number(name: str, value: Any, low: float, high: float) -> float:
    """A finite number of low..high from a JSON number or decimal text."""
    number = float(value) if isinstance(value, str) and _DECIMAL.fullmatch(value) else value
    if not isinstance(number, int | float) or isinstance(number, bool) or not low <= number <= high:
        raise Problem(422, f"{name} is {reprlib.repr(value)}; it must be a number of {low}..{high}.", parameter=name)
    return float(number)


def _parse(given: Mapping[str, Any]) -> dict[str, Any]:
    options = {name: _PARSERS[name](value) for name, value in given.items() if value is not None}
    if "version" in options and "label" in options:
        raise Problem(422, "Give either version or label, not both.", parameter="label")
    return options


def _parse_text(name: str, value: Any) -> str:
    if not isinstance(value, str) or not value:
        raise Problem(422, f"{name} is {reprlib.repr(value)}; it must be text that is not empty.", parameter=name)
    return value


def _parse_choice(name: str, value: Any, choices: Collection[str]) -> str:
    if value not in choices:
        raise Problem(422, f"{name} is {reprlib.repr(value)}; possible: {', '.join(choices)}.", parameter=name)
    return value


_PARSERS = {
    "model": lambda value: _parse_text("model", value),
    "version": lambda value: parse_integer("version", value, 1, _MAX_VERSION),
    "label": lambda value: _parse_text("label", value),
    "kind": lambda value: parse_mix(_parse_text("kind", value)),
    "size": lambda value: parse_integer("size", value, MIN_SIZE, MAX_SIZE),
    "format": lambda value: _parse_choice("format", value, list(MEDIA_TYPES)),
    "background": lambda value: _parse_choice("background", value, ["black", "transparent"]),
    "temperature": lambda value: parse_number("temperature", value, 0, _MAX_TEMPERATURE),
    "discriminator": lambda value: _parse_text("discriminator", value),
    "source": lambda value: _parse_text("source", value),
    "target": lambda value: _parse_text("target", value),
}
