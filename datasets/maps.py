"""Flat maps of worlds: which a folder holds, and how their files become pixels."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
from PIL import ExifTags, Image

from datasets.bodies import BODIES, MAP_ALIASES, MAP_SUFFIXES, OTHER_BODIES, body_of_map, class_order, words_of_map
from datasets.decoding import Unusable, open_picture, undecodable, upright_on_black
from datasets.errors import RequestError
from datasets.globes import LIGHT
from datasets.manifest import Rejection
from datasets.names import class_objection, natural, printable

_LARGE = 180_000_000  # pixels from which a map is halved before anything else, to take less memory
_NO_SURFACE = {
    *("clouds", "night", "nightmap", "lights", "normal", "normals", "bump", "specular", "height", "heights", "dem"),
    *("elevation", "slope", "rings", "alpha"),
}  # words in names of maps that go with one of the surface


def find_maps(folder: Path, kinds: Sequence[str] | None = None) -> dict[str, Path]:
    """The map of each body, in class order: of several the one that `MAP_ALIASES` names, else the plainest name.

    Raises:
        RequestError: The folder, or the map of a body asked for, is missing or can't be read.
    """
    if not folder.is_dir():
        raise RequestError(f"{folder} is not a folder: expected a folder of maps such as mars.png.")
    wanted = BODIES if kinds is None else [name.strip().lower() for name in kinds]
    if objection := next(filter(None, map(class_objection, wanted)), None):
        raise RequestError(objection)
    found: dict[str, Path] = {}
    try:
        paths = sorted(folder.iterdir(), key=_plainness)
    except OSError as error:
        raise RequestError(f"{folder} can't be read: {error.strerror or error}.") from None
    for path in paths:
        if path.suffix.lower() in MAP_SUFFIXES and (body := _wanted_body(path.stem, wanted)):
            found.setdefault(body, path)
    missing = [name for name in wanted if name not in found]
    if missing and (kinds is not None or not found):
        raise RequestError(f"{folder} has no map of {', '.join(missing)}: name files such as {missing[0]}.png.")
    return {body: found[body] for body in class_order(found)}


def passed_over(folder: Path, used: Mapping[str, Path]) -> Iterator[Rejection]:
    """The files of a folder that were not used, and why."""
    for path in sorted(folder.iterdir(), key=lambda path: natural(path.name)):
        if path in used.values() or path.name.startswith("."):
            continue
        body = body_of_map(path.stem)
        if not path.is_file():
            reason = "It is no file: maps must lie directly in their folder."
        elif path.suffix.lower() not in MAP_SUFFIXES:
            reason = f"It is no map by its ending: expected {', '.join(MAP_SUFFIXES)}."
        elif body in used:
            reason = f"{used[body].name} is the map of {body} that was taken."
        elif body in BODIES or body in OTHER_BODIES:
            reason = f"It is of {body}: name it with --kinds."
        else:
            reason = f"Its name tells of none of the kinds: rename it, such as {BODIES[0]}.png, or give --kinds {body}."
        yield Rejection(printable(path.name), reason)


def load_map(path: Path, width: int) -> np.ndarray:
    """Reads a map as light, float32 `(width / 2, width, 3)` in 0..1; antialiased, and seamless at its sides.

    Raises:
        RequestError: It can't be decoded, or isn't twice as wide as high.
    """
    return LIGHT.astype(np.float32)[read_map(path, width)]


def read_map(path: Path, width: int) -> np.ndarray:
    """Reads a map as sRGB, uint8 `(width / 2, width, 3)`; as `load_map`."""
    image = decode_map(path, width)
    if image.width * image.height > _LARGE:  # what is left is still finer than any picture needs
        image = image.reduce(math.gcd(image.height, 2 ** max(0, int(math.log2(image.height / width)))))
    pixels = np.asarray(image.convert("RGB"))
    height, columns = pixels.shape[:2]
    margin = min(columns, 4 * max(1, columns // width))
    around = Image.fromarray(np.pad(pixels, ((0, 0), (margin, margin), (0, 0)), mode="wrap"))
    box = (margin, 0, margin + columns, height)
    return np.asarray(around.resize((width, width // 2), Image.Resampling.BICUBIC, box))


def decode_map(path: Path, width: int | None = None) -> Image.Image:
    """Decodes a map, `L` or `RGB`, upright, transparency on black.

    Args:
        path: Its file.
        width: Pixels that it will be reduced to; a very large one may be decoded at twice that already.

    Raises:
        RequestError: It can't be decoded, or isn't twice as wide as high.
    """
    try:
        image = open_picture(path.read_bytes())
        _check_shape(image)
        if width and image.width * image.height > _LARGE:
            image.draft(None, (2 * width, width))  # JPEG can be decoded at a half, a fourth, an eighth
        return _in_8_bits(upright_on_black(image))
    except Unusable as error:
        raise RequestError(str(error).replace("It is not a", "It can't be decoded: it is not a")) from None
    except RequestError:
        raise
    except OSError as error:
        raise RequestError(f"It can't be read: {error.strerror or error}.") from None
    except Exception as error:  # decoders raise what they like at broken files
        raise RequestError(str(undecodable(error))) from None


def _check_shape(image: Image.Image) -> None:
    """Raises `RequestError` for what isn't twice as wide as high, once it stands upright."""
    turned = image.getexif().get(ExifTags.Base.Orientation, 1) >= 5
    width, height = image.size[::-1] if turned else image.size
    if width != 2 * height or height < 8:
        raise RequestError(
            f"It is {width}x{height} pixels: expected a map in equirectangular projection, twice as wide as high."
        )


def _in_8_bits(image: Image.Image) -> Image.Image:
    """`L` or `RGB`: values of 16 bits as 8, of which those count that are used, such as 12.

    Raises:
        RequestError: They are no brightness.
    """
    if image.mode[0] not in "IF":
        return image if image.mode == "L" else image.convert("RGB")
    values = np.asarray(image)
    if image.mode[0] == "F" or values.min() < 0 or values.max() > 0xFFFF:
        raise RequestError("It holds heights or other figures, no colors of 8 or 16 bits: choose another map.")
    bits = next(bits for bits in (8, 10, 12, 14, 16) if values.max() < 1 << bits)
    return Image.fromarray((values >> (bits - 8)).astype(np.uint8))


def _wanted_body(stem: str, wanted: Sequence[str]) -> str | None:
    """Which of the bodies wanted a map shows by its name."""
    return next((body for body in (body_of_map(stem), *words_of_map(stem)) if body in wanted), None)


def _plainness(path: Path) -> tuple[int, int, str]:
    """Sorts best maps first: those that `MAP_ALIASES` names, plain names, others by length, what are no surfaces."""
    stem = path.stem.lower()
    if stem in MAP_ALIASES:
        return 0, len(stem), path.name
    if stem == body_of_map(stem):
        return 1, len(stem), path.name
    return (3 if _NO_SURFACE.intersection(words_of_map(stem)) else 2), len(stem), path.name
