"""What the server says: what it recognizes, its models and its health."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any


@dataclasses.dataclass(frozen=True)
class Realness:
    """How real a picture looks to a discriminator.

    Attributes:
        value: 0, surely generated, to 1, surely real.
        model: Name of the discriminator.
        version: Version of it.
    """

    value: float
    model: str
    version: int


@dataclasses.dataclass(frozen=True)
class Recognition:
    """What a picture shows.

    Attributes:
        kind: Name of the likeliest kind; None if the classifier is too unsure to name one.
        probabilities: By kind's name, the likeliest first.
        unknown_below: The probability below which no kind is named; None if one always is.
        realness: None if the server has no discriminator.
        model: Name of the classifier.
        version: Version of it.
        width: Of the picture that was sent, upright, pixels.
        height: Likewise.
        format: Of the picture that was sent, such as `"JPEG"`.
        frames: Of the picture that was sent, of which the first was looked at.
    """

    kind: str | None
    probabilities: Mapping[str, float]
    unknown_below: float | None
    realness: Realness | None
    model: str
    version: int
    width: int
    height: int
    format: str
    frames: int

    @classmethod
    def from_json(cls, answer: Mapping[str, Any]) -> Recognition:
        """Raises KeyError, TypeError or ValueError for an answer that breaks the API's contract."""
        realness, picture = answer["realness"], answer["picture"]
        return cls(
            kind=answer["kind"],
            probabilities={name: float(share) for name, share in answer["probabilities"].items()},
            unknown_below=answer["unknown_below"],
            realness=realness and Realness(float(realness["value"]), realness["model"], int(realness["version"])),
            model=answer["model"],
            version=int(answer["version"]),
            width=int(picture["width"]),
            height=int(picture["height"]),
            format=picture["format"],
            frames=int(picture["frames"]),
        )


@dataclasses.dataclass(frozen=True)
class Model:
    """One version of one model that the server knows.

    Attributes:
        name: Such as `dcgan_v1_64`.
        version: An integer of at least 1.
        state: `"AVAILABLE"` if it can draw planets now.
        card: What it was trained on, how, and how good it is.
        default: Whether this is the model the server uses if none is named.
    """

    name: str
    version: int
    state: str
    card: Mapping[str, Any] = dataclasses.field(repr=False)
    default: bool = False


@dataclasses.dataclass(frozen=True)
class Health:
    """Whether the server can make planets now.

    Attributes:
        ready: It can.
        model: Name of the model that draws where none is asked for; None if it cannot.
        version: Version of that model; None if it cannot.
        reason: Why it cannot, one sentence; None if it can.
    """

    ready: bool
    model: str | None = None
    version: int | None = None
    reason: str | None = None
