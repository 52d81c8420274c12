"""Parameters of requests, each told once: how it is read, what it may be, and what the documentation says of it."""

from __future__ import annotations

import dataclasses
import re
import reprlib
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from werkzeug.datastructures import MultiDict

from serving.gateway.problems import Problem

_DIGITS = re.compile(r"[0-9]{1,19}")
_DECIMAL = re.compile(r"-?[0-9]{1,20}(\.[0-9]{1,20})?(e-?[0-9]{1,3})?", re.IGNORECASE)


@dataclasses.dataclass(frozen=True)
class Domain:
    """What a parameter may be.

    Attributes:
        parse: Turns a text or a value of JSON into a valid value; told the parameter's name for its 422 `Problem`.
        schema: The same as JSON Schema.
    """

    parse: Callable[[str, Any], Any]
    schema: Mapping[str, Any]


@dataclasses.dataclass(frozen=True)
class Parameter:
    """A parameter of a query, or of a body.

    Attributes:
        name: As requests write it.
        domain: What it may be.
        description: One sentence or two.
        example: None keeps it out of what tools send that try all examples at once.
        default: What it is where it is left out, as a request would write it; None if something else decides that.
        needed: What to give, if it cannot be left out, for the sentence that says so.
    """

    name: str
    domain: Domain
    description: str
    example: Any = None
    default: Any = None
    needed: str = ""

    def read(self, given: Any) -> Any:
        """The value of what is given; None, as also JSON's null, counts as left out.

        Raises:
            Problem: 422, naming the parameter.
        """
        if given is None and self.needed:
            raise Problem(422, f"{self.name} is missing; give {self.needed}.", parameter=self.name)
        given = self.default if given is None else given
        return None if given is None else self.domain.parse(self.name, given)


def whole(low: int, high: int) -> Domain:
    """Whole numbers of low..high."""
    return Domain(
        lambda name, value: parse_integer(name, value, low, high), {"type": "integer", "minimum": low, "maximum": high}
    )


def number(low: float, high: float) -> Domain:
    """Numbers of low..high."""
    return Domain(
        lambda name, value: parse_number(name, value, low, high), {"type": "number", "minimum": low, "maximum": high}
    )


def text(**more: Any) -> Domain:
    """Texts that are not empty; `more` is what else their schema tells."""
    return Domain(parse_text, {"type": "string", "minLength": 1, **more})


def choice(*values: str) -> Domain:
    """One of some texts."""

    def parse(name: str, value: Any) -> str:
        if value not in values:
            raise Problem(422, f"{name} is {reprlib.repr(value)}; possible: {', '.join(values)}.", parameter=name)
        return value

    return Domain(parse, {"type": "string", "enum": list(values)})


def unread(domain: Domain) -> Domain:
    """The same, of which whoever reads the value knows more, and says what is wrong with one."""
    return Domain(lambda _, value: value, domain.schema)


def read_query(query: MultiDict[str, str], parameters: Sequence[Parameter]) -> dict[str, Any]:
    """The values that the query of a URL gives; what is left out has its default.

    Raises:
        Problem: 422, naming the parameter at fault: unknown, given twice, missing, or not what it may be.
    """
    check_names(query, [one.name for one in parameters])
    for name, values in query.lists():
        if len(values) > 1:
            raise Problem(422, f"{name} is given {len(values)} times; give it once.", parameter=name)
    return read_values(query.to_dict(), parameters)


def read_values(given: Mapping[str, Any], parameters: Sequence[Parameter]) -> dict[str, Any]:
    """The same of what is given by name, known names only."""
    values = {one.name: one.read(given.get(one.name)) for one in parameters}
    if values.get("version") is not None and values.get("label") is not None:
        raise Problem(422, "Give either version or label, not both.", parameter="label")
    return values


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


def parse_text(name: str, value: Any) -> str:
    """A text that is not empty."""
    if not isinstance(value, str) or not value:
        raise Problem(422, f"{name} is {reprlib.repr(value)}; it must be text that is not empty.", parameter=name)
    return value
