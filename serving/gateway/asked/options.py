"""The options of pictures: the one table that parsers, documentation, cache and files read them from.

A field of `PictureOptions` is a row. A new one is taken by all routes of its `Part`, told by `/openapi.json` and, if it
says how, by PNGs, and no picture is served for another value of it; what it does is up to who draws
(`routes/drawing.py`) or finishes (`pictures/finishing.py`) pictures.
"""

from __future__ import annotations

import dataclasses
import enum
from collections.abc import Callable, Mapping
from typing import Any

from serving.gateway.asked.kinds import SHARES
from serving.gateway.asked.parameters import Domain, Parameter, choice, number, read_values, text, whole
from serving.gateway.problems import Problem

MEDIA_TYPES = {"png": "image/png", "webp": "image/webp", "jpg": "image/jpeg"}
MAX_VERSION = 2**63 - 1  # TensorFlow Serving's versions are int64


class Part(enum.Enum):
    """What an option is about; routes take the options of the parts that they have."""

    MODEL = "which model draws"
    PLANET = "which planet is drawn"
    PICTURE = "how the picture of it looks"
    FILE = "how the picture is written; a GET tells it at the end of its path"


def _option(
    part: Part,
    domain: Domain,
    description: str,
    *,
    example: Any = None,
    default: Any = None,
    resolved: bool = False,
    tell: Callable[[Any], str] | None = None,
) -> Any:
    """A row.

    Args:
        part: What it is about.
        domain: What it may be.
        description: As of a `Parameter`.
        example: As of a `Parameter`.
        default: As of a `Parameter`.
        resolved: Whether an order holds what came of it, so that it tells no two orders apart.
        tell: Writes a value for the text chunk that a PNG has under the option's name, if it has one.
    """
    row = {"part": part, "resolved": resolved, "tell": tell}
    return dataclasses.field(
        default=None if default is None else domain.parse("", default),
        metadata={**row, "parameter": Parameter("", domain, description, example, default)},
    )


@dataclasses.dataclass(frozen=True)
class PictureOptions:
    """What a request may choose about its pictures; each is valid in itself, and None is somebody else's choice.

    Attributes:
        model: Model name; the default model if None.
        version: Version, at least 1; chosen as `Catalog.find` tells if None, and there is no label.
        label: Label of the version, in place of its number.
        kind: Shares by kind's name, summing to 1; chosen by the seed if None.
        size: Longer side in px, 16..1024; the model's own, or 256 if it draws at any size, if None.
        format: `"png"`, `"webp"` or `"jpg"`.
        background: `"black"`, or `"transparent"` for an alpha channel that follows the planet's outline.
        temperature: Factor on the latent, 0..2: 0 gives a model's most usual planet, above 1 come unusual ones.
    """

    model: str | None = _option(
        Part.MODEL,
        text(),
        "Model that does it; the gateway's default if left out.",
        example="world_v2",
        resolved=True,
    )
    version: int | None = _option(
        Part.MODEL,
        whole(1, MAX_VERSION),
        "Version of the model; the gateway's choice if left out. With `model` and `version` an answer never changes.",
        example=1,
        resolved=True,
    )
    # And no example, as tools send the examples of all parameters at once.
    label: str | None = _option(
        Part.MODEL, text(), "Label of the version, such as `stable`, in place of its number.", resolved=True
    )
    kind: Mapping[str, float] | None = _option(
        Part.PLANET,
        SHARES,
        "Kind, archetype that the model's card names, or mix of them with weights; the seed's choice if left out.",
        example="earth:0.6,mars:0.4",
        resolved=True,
    )
    size: int | None = _option(
        Part.PICTURE,
        whole(16, 1024),
        "Longer side in px; the model's own, or 256 if it draws at any size, if left out.",
        example=256,
    )
    format: str = _option(Part.FILE, choice(*MEDIA_TYPES), "Format of the answer.", example="png", default="png")
    background: str = _option(
        Part.PICTURE,
        choice("black", "transparent"),
        "`transparent` gives an alpha channel that follows the limb; not in JPEG and GIF.",
        example="transparent",
        default="black",
    )
    temperature: float = _option(
        Part.PLANET,
        number(0, 2),
        "Factor on the latent: towards 0 the planets of a kind grow alike, above 1 they grow strange.",
        example=0.8,
        default=1,
        tell="{:g}".format,
    )

    @classmethod
    def parse(cls, given: Mapping[str, Any]) -> PictureOptions:
        """Options from texts, or JSON's values, by name; known names only.

        Raises:
            Problem: 422, naming the parameter at fault; 400 for transparency in a format that has none.
        """
        return cls.of(read_values(given, list(OPTIONS.values())))

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> PictureOptions:
        """The options among values that are valid in themselves.

        Raises:
            Problem: 400 for transparency in a format that has none.
        """
        options = cls(**{name: value for name, value in values.items() if name in OPTIONS})
        if options.background == "transparent" and options.format == "jpg":
            detail = "JPEG pictures cannot be transparent; choose the format png or webp, or a black background."
            raise Problem(400, detail, parameter="background")
        return options

    def told(self) -> dict[str, str]:
        """What a PNG tells of them, by keyword."""
        rows = [(row.name, row.metadata["tell"]) for row in dataclasses.fields(self)]
        return {name: tell(getattr(self, name)) for name, tell in rows if tell and getattr(self, name) is not None}


OPTIONS: Mapping[str, Parameter] = {
    row.name: dataclasses.replace(row.metadata["parameter"], name=row.name)
    for row in dataclasses.fields(PictureOptions)
}


def options_of(*parts: Part) -> list[Parameter]:
    """The options about some parts."""
    return [OPTIONS[row.name] for row in dataclasses.fields(PictureOptions) if row.metadata["part"] in parts]


OF_MODEL = options_of(Part.MODEL)
OF_SURFACE = options_of(Part.MODEL, Part.PLANET)  # of what is made of a planet and is no picture of it
OF_PICTURE = options_of(Part.MODEL, Part.PLANET, Part.PICTURE)
OF_FILE = options_of(Part.FILE)
