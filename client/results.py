"""What the server draws: planets, animations, sprite sheets, translations."""

from __future__ import annotations

import builtins
import dataclasses
import hashlib
import io
import json
import os
import re
import unicodedata
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from client.errors import PlanetError

if TYPE_CHECKING:
    from PIL.Image import Image

_DIGITS = 12  # of a SHA-256
_DEVICE = re.compile(r"(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(\.|$)", re.IGNORECASE)  # Windows', with any ending
# What other files' names end in.
_RESERVED = re.compile(
    rf"-(to|map|normal|height|spin|sheet|cube|engine|roughness|emissive|clouds)(-|$)|-[0-9a-f]{{{_DIGITS}}}$"
)
MAX_STEM_BYTES = 120  # file systems allow 255 for the whole name; the rest is for endings


class File:
    """A file from the server, whose `filename` is what to call it in a folder."""

    bytes: builtins.bytes

    @property
    def filename(self) -> str:
        """A name that is safe on any file system."""
        raise NotImplementedError

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Writes it whole or not at all, replacing what stood there; makes missing folders.

        Args:
            path: The file to write; or a folder, one that exists or whose name ends in a slash, in which the file is
                then called `filename`.

        Returns:
            The file written.

        Raises:
            OSError: The file cannot be written.
        """
        path = self._file_in(path)
        write_whole(path, self.bytes)
        return path

    def _file_in(self, path: str | os.PathLike[str]) -> Path:
        is_folder = os.fspath(path).endswith(("/", os.sep)) or Path(path).is_dir()
        return Path(path) / self.filename if is_folder else Path(path)


class Picture(File):
    """An encoded picture."""

    def to_pil(self) -> Image:
        """Returns the decoded picture as a Pillow image of size (width, height)."""
        from PIL import Image

        image = Image.open(io.BytesIO(self.bytes))
        image.load()
        return image


@dataclasses.dataclass(frozen=True)
class Planet(Picture):
    """One generated planet: an encoded picture and what it takes to make it again.

    Attributes:
        bytes: The encoded picture.
        seed: The seed it grew from, 0 to 2^64 - 1.
        address: The text that the seed was hashed from, such as `orion/7/3`; None if it was asked for by number.
        model: Name of the model that drew it.
        version: Version of that model.
        format: `"png"`, `"webp"` or `"jpg"`.
        width: Pixels.
        height: Pixels.
        kind: Shares by kind's name, summing to 1; None if the model knows no kinds.
    """

    bytes: builtins.bytes = dataclasses.field(repr=False)
    seed: int
    address: str | None
    model: str
    version: int
    format: str
    width: int
    height: int
    kind: Mapping[str, float] | None = None

    @property
    def filename(self) -> str:
        """A name that is safe on any file system, such as `orion_7_3.png`."""
        return f"{safe_stem(self.address or str(self.seed))}.{self.format}"


@dataclasses.dataclass(frozen=True)
class Outcome:
    """What came of one of many planets: the planet, or why there is none.

    Attributes:
        seed_or_address: As it was asked for.
        planet: None if it failed.
        error: None if it did not.
    """

    seed_or_address: str
    planet: Planet | None = None
    error: PlanetError | None = None

    def get(self) -> Planet:
        """Returns the planet, or raises the error."""
        if self.planet is None:
            raise self.error or PlanetError(f"Nothing came of {self.seed_or_address}.")
        return self.planet


@dataclasses.dataclass(frozen=True)
class Morph(Picture):
    """An animation from one planet to another.

    Attributes:
        bytes: The encoded animation.
        start: Seed or address of the first planet, as asked for.
        end: Likewise of the last.
        model: Name of the model that drew it.
        version: Version of that model.
        format: `"webp"` or `"gif"`.
        width: Pixels.
        height: Pixels.
    """

    bytes: builtins.bytes = dataclasses.field(repr=False)
    start: str
    end: str
    model: str
    version: int
    format: str
    width: int
    height: int

    @property
    def filename(self) -> str:
        """A name that is safe on any file system, such as `orion_7_3-to-42.webp`."""
        return f"{safe_stem(self.start)}-to-{safe_stem(self.end)}.{self.format}"


@dataclasses.dataclass(frozen=True)
class Sheet(Picture):
    """A sprite sheet: many planets in one picture, and the atlas that tells where each is.

    Attributes:
        bytes: The encoded picture.
        seed: Seed or address that its planets are counted from, as asked for.
        atlas: TexturePacker's "JSON hash": `frames` by the planets' seeds, and `meta`.
        model: Name of the model that drew it.
        version: Version of that model.
        format: `"png"` or `"webp"`.
        width: Pixels.
        height: Pixels.
    """

    bytes: builtins.bytes = dataclasses.field(repr=False)
    seed: str
    atlas: Mapping[str, Any] = dataclasses.field(repr=False)
    model: str
    version: int
    format: str
    width: int
    height: int

    @property
    def filename(self) -> str:
        """A name that is safe on any file system, such as `orion-sheet.png`."""
        return f"{safe_stem(self.seed)}-sheet.{self.format}"

    def save(self, path: str | os.PathLike[str]) -> Path:
        """As `Picture.save`; the atlas goes beside the picture, under its name with `.json`, and names it."""
        path = super().save(path)
        atlas = {**self.atlas, "meta": {**self.atlas["meta"], "image": path.name}}
        write_whole(path.with_suffix(".json"), json.dumps(atlas, indent=1).encode())
        return path


@dataclasses.dataclass(frozen=True)
class Translation(Picture):
    """A picture as it would look in another domain.

    Attributes:
        bytes: The encoded picture.
        model: Name of the model that translated it.
        version: Version of that model.
        format: `"png"`, `"webp"` or `"jpg"`.
        width: Pixels.
        height: Pixels.
    """

    bytes: builtins.bytes = dataclasses.field(repr=False)
    model: str
    version: int
    format: str
    width: int
    height: int

    @property
    def filename(self) -> str:
        """A name that is safe on any file system, such as `cyclegan_mars2earth_128.png`."""
        return f"{safe_stem(self.model)}.{self.format}"


def write_whole(path: Path, content: bytes) -> None:
    """Writes a file whole or not at all, in place of what stood there; makes missing folders."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{uuid.uuid4().hex}.part")
    try:
        beside.write_bytes(content)
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


def safe_stem(text: str) -> str:
    """Returns a file name, without ending, for a seed or address: letters, digits, `.`, `-` and `_`, at most 120 bytes.

    It is legal on Linux, macOS and Windows, and no two texts have the same, not even where capitals and the spelling of
    accents make no difference: only texts of small letters, digits, `.`, `-` and `/` are told by themselves, all others
    also by the first digits of their SHA-256.
    """
    stem = "".join(c if c in ".-" or unicodedata.category(c)[0] in "LMN" else "_" for c in text)
    if _told_by_itself(text):
        return stem
    if stem.startswith((".", "-")):  # a hidden file, or what a command line takes for an option
        stem = f"_{stem[1:]}"
    if _DEVICE.match(stem):
        stem = f"_{stem}"
    digest = hashlib.sha256(text.encode()).hexdigest()[:_DIGITS]
    return f"{stem.encode()[: MAX_STEM_BYTES - _DIGITS - 1].decode(errors='ignore') or '_'}-{digest}"


def _told_by_itself(text: str) -> bool:
    """Whether `/` for `_` is all it takes to make a text a file's name that no other text has."""
    return (
        bool(text)
        and text[0] not in "./-"
        and len(text.encode()) <= MAX_STEM_BYTES
        and all(c in "./-" or ((c.isalnum() and (c.isascii() or c.upper() == c)) and c.lower() == c) for c in text)
        and unicodedata.normalize("NFC", text) == text
        and not _RESERVED.search(text)
        and not _DEVICE.match(text)
    )
