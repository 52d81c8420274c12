"""Reads one source and draws its pictures; these functions run in worker processes."""

from __future__ import annotations

import dataclasses
import hashlib
import os
from pathlib import Path

import numpy as np
from PIL import Image

from datasets.decoding import Unusable, open_picture, undecodable, upright_on_black
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
    except Unusable as error:
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
            raise Unusable("It changed during the preparation: prepare the data again.")
        image = _decode(data)
    except Unusable as error:
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


def _decode(data: bytes) -> Image.Image:
    """Decodes a picture to RGB, as `upright_on_black`."""
    image = open_picture(data)
    if image.mode[0] in "IF":
        raise Unusable(f"It has more than 8 bits per channel (mode {image.mode}): convert it to 8 bits.")
    try:
        image = upright_on_black(image).convert("RGB")
    except Unusable:
        raise
    except Exception as error:  # decoders raise what they like at broken files
        raise undecodable(error) from None
    if min(image.size) < _SMALLEST_SIDE:
        raise Unusable(
            f"It is {image.width}x{image.height} pixels: expected at least {_SMALLEST_SIDE}x{_SMALLEST_SIDE}."
        )
    return image
