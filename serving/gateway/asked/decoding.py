"""Files that people upload, decoded: any usual picture, at a bounded cost of memory and time."""

from __future__ import annotations

import dataclasses
import io

import numpy as np
from PIL import ExifTags, Image, ImageOps, UnidentifiedImageError

from serving.gateway.problems import Problem

FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF")

_LONGEST_SIDE = 2048  # px that are kept; models see far fewer
_MOST_SCANS = 100  # of a progressive JPEG; usual are 10, and each costs a pass over the whole picture
_LISTED = f"{', '.join(FORMATS[:-1])} or {FORMATS[-1]}"


@dataclasses.dataclass(frozen=True)
class Upload:
    """A picture from outside.

    Attributes:
        picture: RGB, upright, its longer side at most 2048 px.
        width: Width of the file's picture, upright, px.
        height: Height of the file's picture, upright, px.
        format: One of `FORMATS`.
        frames: Frames of an animation, of which `picture` is the first; else 1.
    """

    picture: Image.Image
    width: int
    height: int
    format: str
    frames: int


def decode(file: bytes, max_pixels: int) -> Upload:
    """Decodes a picture; its header is checked before anything is unpacked.

    Transparent parts become black, 16 bits 8, of which those count that are used, such as 12, CMYK and palettes RGB;
    EXIF's orientation is applied.

    Args:
        file: The file's bytes.
        max_pixels: Most pixels, width times height, of a picture that is decoded.

    Raises:
        Problem: 413 too many pixels, 415 no picture in one of `FORMATS`, 422 broken or not to be understood.
    """
    too_large = f"The picture has more than {max_pixels / 1e6:g} megapixels; make it smaller and send it again."
    try:
        with Image.open(io.BytesIO(file), formats=FORMATS) as picture:
            if picture.width * picture.height > max_pixels:
                raise _problem(413, too_large)
            return _decoded(picture, file)
    except Problem:
        raise
    except Image.DecompressionBombError:
        raise _problem(413, too_large) from None
    except UnidentifiedImageError:
        raise _problem(415, f"The file is no picture that can be read; send {_LISTED}.") from None
    except Exception as error:  # Pillow raises many types for broken files; none may count as the gateway's failure
        if "MAX_TEXT" in str(error):
            raise _problem(422, "The picture's metadata unpack to too many bytes; save it without them.") from None
        raise _problem(422, "The picture is broken or cut short; save or send it again.") from None


def _decoded(picture: Image.Image, file: bytes) -> Upload:
    picture_format = "JPEG" if picture.format == "MPO" else picture.format  # MPO: JPEGs one after another
    if picture_format == "JPEG" and file.count(b"\xff\xda") > _MOST_SCANS:
        raise _problem(422, f"The JPEG has more than {_MOST_SCANS} scans; save it with fewer, or as a baseline JPEG.")
    frames = 1 if picture_format == "TIFF" else getattr(picture, "n_frames", 1)  # counting a TIFF's pages is slow
    width, height = picture.size
    # A JPEG is decoded at a half, a quarter or an eighth of its size right away; other formats ignore this.
    scale = min(1.0, _LONGEST_SIDE / max(width, height))
    picture.draft(None, (max(1, int(width * scale)), max(1, int(height * scale))))
    picture.load()
    if picture.getexif().get(ExifTags.Base.Orientation) in (5, 6, 7, 8):
        width, height = height, width
    picture = _eight_bits(picture)
    picture.thumbnail((_LONGEST_SIDE, _LONGEST_SIDE))
    ImageOps.exif_transpose(picture, in_place=True)
    return Upload(_on_black(picture), width, height, picture_format, frames)


def _eight_bits(picture: Image.Image) -> Image.Image:
    """The picture as RGB, or as RGBA if parts of it are transparent."""
    if picture.mode.startswith("I;16"):
        values = np.asarray(picture)
        bits = next(bits for bits in (8, 10, 12, 14, 16) if values.max() < 1 << bits)  # cameras' and telescopes', too
        levels = Image.fromarray((values >> (bits - 8)).astype(np.uint8))
        levels.info = picture.info
        picture = levels
    elif picture.mode in ("I", "F"):
        raise _problem(422, "The picture has 32 bits per pixel in one channel; save it with 8 or 16 bits per channel.")
    mode = "RGBA" if picture.has_transparency_data else "RGB"
    return picture if picture.mode == mode else picture.convert(mode)


def _on_black(picture: Image.Image) -> Image.Image:
    if picture.mode == "RGB":
        return picture
    black = Image.new("RGB", picture.size)
    black.paste(picture, mask=picture.getchannel("A"))
    return black


def _problem(status: int, detail: str) -> Problem:
    return Problem(status, detail, parameter="image")
