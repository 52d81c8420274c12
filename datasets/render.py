"""Reads one source and draws its pictures; these functions run in worker processes."""

from __future__ import annotations

import dataclasses
import hashlib
import io
import os
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from datasets.manifest import Box, Picture, Rejection, Size
from datasets.planets import black_sky, cut, find_planet

_SMALLEST_SIDE = 16  # pixels
_PNG_LEVEL = 3  # half the time of Pillow's usual 6 at 512 px, and hardly more bytes


@dataclasses.dataclass(frozen=True)
class Inspection:
    """What a source holds: SHA-256 of the file, width and height in pixels, and the box of its planet, if any."""

    sha256: str
    size: tuple[int, int]
    planet: Box | None


def inspect(raw: Path, path: str, known: Picture | None, plain: bool) -> Inspection | Rejection:
    """Looks at the source `raw/path`, if not `plain` for a planet, or trusts what is `known` of the unchanged file."""
    try:
        data = (raw / path).read_bytes()
        sha256 = hashlib.sha256(data).hexdigest()
        if known and known.sha256 == sha256 and (known.treatment.method == "plain") == plain:
            return Inspection(sha256, known.treatment.source_size, known.treatment.planet)
        image = _decode(data)
    except _Unusable as error:
        return Rejection(path, str(error))
    except OSError as error:
        return Rejection(path, f"It can't be read: {error.strerror or error}.")
    planet = None if plain else find_planet(np.asarray(image))
    return Inspection(sha256, image.size, planet.box if planet else None)


def render(raw: Path, out: Path, picture: Picture, sizes: tuple[Size, ...]) -> Rejection | None:
    """Draws `picture` at `sizes` below `out`, straight from its source. Raises `OSError` if it can't write."""
    try:
        data = (raw / picture.source).read_bytes()
        if hashlib.sha256(data).hexdigest() != picture.sha256:
            raise _Unusable("It changed during the preparation: prepare the data again.")
        image = _decode(data)
    except _Unusable as error:
        return Rejection(picture.source, str(error))
    except OSError as error:
        return Rejection(picture.source, f"It can't be read: {error.strerror or error}.")
    center = (image.width / 2, image.height / 2)
    planet = find_planet(np.asarray(image)) if picture.treatment.planet else None
    if planet:
        image = Image.fromarray(black_sky(np.asarray(image), planet))
        left, top, right, bottom = planet.box
        center = ((left + right) / 2, (top + bottom) / 2)
    for size in sizes:
        path = Path(out, str(size), picture.file)
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_name(path.name + ".part")
        cut(image, size, center, picture.treatment.crop_side).save(part, "PNG", compress_level=_PNG_LEVEL)
        os.replace(part, path)
    return None


class _Unusable(Exception):
    """The reason why bytes are no usable picture, in one sentence."""


def _decode(data: bytes) -> Image.Image:
    """Decodes a picture to RGB: upright, transparency on black, the first frame of an animation."""
    if not data:
        raise _Unusable("It is empty.")
    try:
        with Image.open(io.BytesIO(data)) as image:
            if image.mode[0] in "IF":
                raise _Unusable(f"It has more than 8 bits per channel (mode {image.mode}): convert it to 8 bits.")
            ImageOps.exif_transpose(image, in_place=True)
            if image.has_transparency_data:
                image = Image.alpha_composite(Image.new("RGBA", image.size, "black"), image.convert("RGBA"))
            image.load()
            image = image if image.mode == "RGB" else image.convert("RGB")
    except UnidentifiedImageError:
        raise _Unusable("It is not a picture that Pillow can read.") from None
    except _Unusable:
        raise
    except Exception as error:  # decoders raise what they like at broken files: OSError, SyntaxError, struct.error, …
        raise _Unusable(f"It can't be decoded: {str(error).rstrip('.')}.") from None
    if min(image.size) < _SMALLEST_SIDE:
        raise _Unusable(
            f"It is {image.width}x{image.height} pixels: expected at least {_SMALLEST_SIDE}x{_SMALLEST_SIDE}."
        )
    return image
