"""Reads one source and draws its pictures; these functions run in worker processes."""

from __future__ import annotations

import contextlib
import functools
import hashlib
import io
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image

from datasets.decoding import Unusable, open_picture, undecodable, upright_on_black
from datasets.disk.files import replacing
from datasets.manifest import Picture, Rejection, Size
from datasets.plan import Inspection
from datasets.planets import black_sky, cut, find_planet
from datasets.shards import is_shard, shard_writer

_SMALLEST_SIDE = 16  # pixels
_PNG_LEVEL = 3  # half the time of Pillow's usual 6 at 512 px, and hardly more bytes


class Look(NamedTuple):
    """A source to look at.

    Attributes:
        index: Its place among the sources.
        path: Below the raw folder.
        known: What was seen in it before.
    """

    index: int
    path: str
    known: Inspection | None


class Drawing(NamedTuple):
    """A file to draw.

    Attributes:
        file: Below each size folder.
        places: Those of its sources among the sources.
        pictures: What it is to hold: one, or if it is a shard, many.
        sizes: Those to draw.
    """

    file: str
    places: tuple[int, ...]
    pictures: tuple[Picture, ...]
    sizes: tuple[Size, ...]


def inspect(task: Look, raw: Path, plain: bool) -> Inspection | Rejection:
    """Looks at a source below `raw`, if not `plain` for a planet, or trusts what is known of the unchanged file."""
    _, path, known = task
    try:
        data = (raw / path).read_bytes()
        sha256 = hashlib.sha256(data).hexdigest()
        if known and known.sha256 == sha256 and known.plain == plain:
            return known
        image = _decode(data)
    except Unusable as error:
        return Rejection(path, str(error))
    except OSError as error:
        return Rejection(path, f"It can't be read: {error.strerror or error}.")
    planet = None if plain else find_planet(np.asarray(image))
    return Inspection(sha256, image.size, planet.box if planet else None, plain)


def render(task: Drawing, raw: Path, out: Path, begun: Path) -> list[Rejection]:
    """Draws a file of one or many pictures, straight from their sources.

    Args:
        task: What is to be drawn.
        raw: Folder of the sources.
        out: Folder of the data set.
        begun: Folder of files that are half written, on the disk of `out`.

    Returns:
        Which pictures can't be drawn, and why; the others are.

    Raises:
        OSError: A file can't be written.
    """
    rejections = []
    paths = [Path(out, str(size), task.file) for size in task.sizes]
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
    with contextlib.ExitStack() as stack:
        if is_shard(task.file):
            parts = [stack.enter_context(replacing(path, begun)) for path in paths]
            write = [stack.enter_context(shard_writer(part)) for part in parts]
        else:
            write = [functools.partial(_write, path, begun) for path in paths]
        for picture in task.pictures:
            try:
                draw = _opened(raw, picture)
            except Unusable as error:
                rejections.append(Rejection(picture.source, str(error)))
                continue
            for size, one in zip(task.sizes, write, strict=True):
                png = io.BytesIO()
                draw(size).save(png, "PNG", compress_level=_PNG_LEVEL)
                one(png.getvalue())
    return rejections


def _opened(raw: Path, picture: Picture) -> Callable[[Size], Image.Image]:
    """What draws a picture at a size. Raises `Unusable` if its source can't be read, or isn't what it was."""
    try:
        data = (raw / picture.source).read_bytes()
    except OSError as error:
        raise Unusable(f"It can't be read: {error.strerror or error}.") from None
    if hashlib.sha256(data).hexdigest() != picture.sha256:
        raise Unusable("It changed during the preparation: prepare the data again.")
    image = _decode(data)
    center = (image.width / 2, image.height / 2)
    planet = find_planet(np.asarray(image)) if picture.treatment.planet else None
    if planet:
        image = Image.fromarray(black_sky(np.asarray(image), planet))
        left, top, right, bottom = planet.box
        center = ((left + right) / 2, (top + bottom) / 2)
    return lambda size: cut(image, size, center, picture.treatment.crop_side)


def _write(path: Path, begun: Path, content: bytes) -> None:
    with replacing(path, begun) as part:
        part.write_bytes(content)


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
