"""Arrays to files: PNG, WebP and JPEG, at the model's size or another."""

from __future__ import annotations

import io
from collections.abc import Mapping

import isal
import numpy as np
import PIL
from numpy.typing import NDArray
from PIL import Image

from serving.gateway.pictures.limb import cut_out, find_limb
from serving.gateway.pictures.png import write_png

MEDIA_TYPES = {"png": "image/png", "webp": "image/webp", "jpg": "image/jpeg"}
ENCODER = (
    f"Pillow {PIL.__version__}, isal {isal.__version__}"  # another release may write the same picture in other bytes
)
MIN_SIZE = 16  # px
MAX_SIZE = 1024  # px


def to_picture(pixels: NDArray[np.uint8], size: int | None = None) -> Image.Image:
    """A picture of the pixels, resized with Lanczos' filter if `size` differs from what they have.

    Args:
        pixels: uint8 of shape (H, W, 3).
        size: Length of the longer side in px; the shape is kept. The pixels' own if None.
    """
    picture = Image.fromarray(pixels)
    sides = scaled_sides(*picture.size, size)
    return picture if sides == picture.size else picture.resize(sides, Image.Resampling.LANCZOS)


def scaled_sides(width: int, height: int, size: int | None) -> tuple[int, int]:
    """Width and height of a picture in px once its longer side is `size`; as they are if None."""
    if size is None:
        return width, height
    longer = max(width, height)
    return max(1, round(width * size / longer)), max(1, round(height * size / longer))


def to_transparent_picture(pixels: NDArray[np.uint8], size: int | None = None) -> Image.Image | None:
    """The planet alone, as RGBA: its outline found at the pixels' size and drawn, antialiased, at the picture's.

    Args:
        pixels: uint8 of shape (H, W, 3), a planet on a black sky.
        size: As for `to_picture`.

    Returns:
        The picture; its colors go on for some pixels where it is fully transparent, so that a filter or a lossy format
        brings no black in over the outline. None if there is no planet on a black sky.
    """
    limb = find_limb(pixels)
    if limb is None:
        return None
    longer = max(pixels.shape[:2])
    scale = (size or longer) / longer
    reach = 5 * max(1.0, 1 / scale)  # px, as far as the filter of the resizing looks, and what may show of it
    picture = to_picture(cut_out(pixels, limb, reach), size)
    alpha = np.rint(255 * limb.coverage(picture.width, picture.height, scale)).astype(np.uint8)
    picture.putalpha(Image.fromarray(alpha))
    return picture


def encode(picture: Image.Image, picture_format: str, about: Mapping[str, str] | None = None) -> bytes:
    """The file of a picture.

    Args:
        picture: RGB picture, or RGBA but for JPEG.
        picture_format: A key of `MEDIA_TYPES`.
        about: Texts by keyword, for the text chunks of a PNG; other formats go without.
    """
    if picture_format == "png":
        return write_png(np.asarray(picture), about or {})
    file = io.BytesIO()
    if picture_format == "webp":
        # Method 2 saves 5 % of the bytes over method 0; above 256 px that no longer pays for its time.
        picture.save(file, "WEBP", quality=90, method=2 if max(picture.size) <= 256 else 0)
    else:
        # Whole-resolution color: halved, it fringes the limb against the black sky.
        picture.save(file, "JPEG", quality=92, subsampling=0)
    return file.getvalue()
