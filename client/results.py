"""What the server gives: planets and models."""

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


@dataclasses.dataclass(frozen=True)
class Planet:
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
