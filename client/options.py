"""The options that all calls for planets share."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Annotated, Any, TypedDict

from client.errors import InvalidRequest

FORMATS = ("png", "webp", "jpg")
BACKGROUNDS = ("black", "transparent")
HIGHEST_TEMPERATURE = 2


class PlanetOptions(TypedDict, total=False):
    """What planets to draw, and how; what is left out or None is the server's choice.

    Attributes:
        model: Model to draw them; the server's default if None.
        version: Version of the model; the server's choice if None.
        label: Label of the version, such as `"stable"`, in place of its number.
        kind: Kind of planet, such as `"mars"`, or a mix, such as `"earth:0.6,mars:0.4"` or
            `{"earth": 0.6, "mars": 0.4}`, if the model knows kinds; the seed's choice if None.
        size: Longer side of a picture in pixels; the model's own if None.
        background: `"black"`, as also if None, or `"transparent"`, which the formats `"jpg"` and `"gif"` cannot be.
        temperature: 0 to 2: towards 0 the planets of a kind grow alike, above 1 they grow strange; 1 if None.
        extra_query: Further options by name, for a server that is newer than this client; it says which it has.
    """

    # Beside each stands how the command line tells of it, for `argparse`.
    model: Annotated[str | None, {"help": "model to draw them (default: the server's)"}]
    version: Annotated[int | None, {"help": "version of the model (default: the server's choice)", "type": int}]
    label: Annotated[str | None, {"help": "label of the version, such as stable, in place of its number"}]
    kind: Annotated[str | Mapping[str, float] | None, {"help": "kind of planet, or a mix such as earth:0.6,mars:0.4"}]
    size: Annotated[int | None, {"help": "longer side (default: the model's own)", "type": int, "metavar": "PIXELS"}]
    background: Annotated[str | None, {"help": "behind the planet (default: black)", "choices": BACKGROUNDS}]
    temperature: Annotated[float | None, {"help": "0, all alike, to 2, strange (default: 1)", "type": float}]
    extra_query: Annotated[
        Mapping[str, Any] | None,
        {
            "help": "an option that this client does not know but the server does; may be repeated",
            "metavar": "NAME=VALUE",
        },
    ]


def to_parameters(options: PlanetOptions) -> dict[str, Any]:
    """The parameters of a request with these options.

    Raises:
        InvalidRequest: A temperature out of range, which JSON may not even be able to carry.
        TypeError: An option that there is not.
    """
    unknown = sorted(options.keys() - PlanetOptions.__annotations__.keys())
    if unknown:
        raise TypeError(f"There is no option {unknown[0]!r}; choose from {', '.join(PlanetOptions.__annotations__)}.")
    temperature = options.get("temperature")
    if temperature is not None and not 0 <= temperature <= HIGHEST_TEMPERATURE:
        raise InvalidRequest(
            f"A temperature of {temperature} is too low or too high: choose 0 to {HIGHEST_TEMPERATURE}."
        )
    kind = options.get("kind")
    parameters = given(**{**options, "kind": mix_text(kind) if isinstance(kind, Mapping) else kind})
    return {**(parameters.pop("extra_query", None) or {}), **parameters}


def given(**options: Any) -> dict[str, Any]:
    """The options that are not None."""
    return {name: value for name, value in options.items() if value is not None}


def flag(value: bool | None) -> str | None:
    """What is or is not, as a query tells it."""
    return None if value is None else str(int(value))


def mix_text(shares: Mapping[str, float]) -> str:
    """A mix of kinds as the server reads it, such as `earth:0.6,mars:0.4`."""
    for name in shares:
        if "," in name or ":" in name:
            raise InvalidRequest(f"{name!r} is no kind: no name of one holds ',' or ':', the signs of mixes.")
    return ",".join(f"{name}:{share:g}" for name, share in shares.items())


def check_format(format: str, formats: Collection[str] = FORMATS) -> None:
    """Raises InvalidRequest for a format that there is not."""
    if format not in formats:
        raise InvalidRequest(f"{format!r} is not a picture format: choose one of {', '.join(formats)}.")
