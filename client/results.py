"""What the server gives: planets, translations, what it recognizes, and models."""

from __future__ import annotations

import dataclasses
import hashlib
import io
import os
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from PIL.Image import Image

MAX_STEM_BYTES = 120  # file systems allow 255 for the whole name; the rest is for endings


class _Picture:
    """An encoded picture, whose `filename` is what to call it in a folder."""

    data: bytes
    filename: str

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Writes the picture whole or not at all, replacing what stood there; makes missing folders.

        Args:
            path: The file to write, or a folder, in which the file is then called `filename`.

        Returns:
            The file written.

        Raises:
            OSError: The file cannot be written.
        """
        path = Path(path)
        if path.is_dir():
            path /= self.filename
        path.parent.mkdir(parents=True, exist_ok=True)
        beside = path.with_name(f".{uuid.uuid4().hex}.part")
        try:
            beside.write_bytes(self.data)
            beside.replace(path)
        finally:
            beside.unlink(missing_ok=True)
        return path

    def to_pil(self) -> Image:
        """Returns the decoded picture as a Pillow image of size (width, height)."""
        from PIL import Image

        image = Image.open(io.BytesIO(self.data))
        image.load()
        return image


@dataclasses.dataclass(frozen=True)
class Planet(_Picture):
    """One generated planet: an encoded picture and what it takes to make it again.

    Attributes:
        data: The encoded picture.
        seed: The seed it grew from, 0 to 2^64 - 1.
        address: The text that the seed was hashed from, such as `orion/7/3`; None if it was asked for by number.
        model: Name of the model that drew it.
        version: Version of that model.
        format: `"png"`, `"webp"` or `"jpg"`.
        width: Pixels.
        height: Pixels.
    """

    data: bytes = dataclasses.field(repr=False)
    seed: int
    address: str | None
    model: str
    version: int
    format: str
    width: int
    height: int

    @property
    def filename(self) -> str:
        """A name that is safe on any file system, such as `orion_7_3.png`."""
        return f"{safe_stem(self.address or str(self.seed))}.{self.format}"


@dataclasses.dataclass(frozen=True)
class Translation(_Picture):
    """A picture as it would look in another domain.

    Attributes:
        data: The encoded picture.
        model: Name of the model that translated it.
        version: Version of that model.
        format: `"png"`, `"webp"` or `"jpg"`.
        width: Pixels.
        height: Pixels.
    """

    data: bytes = dataclasses.field(repr=False)
    model: str
    version: int
    format: str
    width: int
    height: int

    @property
    def filename(self) -> str:
        """A name that is safe on any file system, such as `cyclegan_mars2earth_128.png`."""
        return f"{safe_stem(self.model)}.{self.format}"


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


def safe_stem(text: str) -> str:
    """Returns a file name, without ending, for a seed or address: letters, digits, `.`, `-` and `_`, at most 120 bytes.

    Two texts of at most that length give the same name only if they differ in nothing but punctuation.
    """
    stem = "".join(c if c.isalnum() or c in ".-" else "_" for c in text)
    if stem.startswith((".", "-")):  # a hidden file, or what a command line takes for an option
        stem = f"_{stem[1:]}"
    if len(stem.encode()) > MAX_STEM_BYTES:
        digest = hashlib.sha256(text.encode()).hexdigest()[:12]
        stem = f"{stem.encode()[: MAX_STEM_BYTES - 13].decode(errors='ignore')}-{digest}"
    return stem or "_"
