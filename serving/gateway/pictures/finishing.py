"""Pixels as a model draws them to pictures as they were asked for: size and background."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from serving.gateway.asked.options import PictureOptions
from serving.gateway.pictures.limb import cut_out, find_limb


def finish(pixels: NDArray[np.uint8], options: PictureOptions, size: int | None = None) -> Image.Image | None:
    """The picture of what a model drew; every one that options can be asked for comes this way.

    Args:
        pixels: uint8 of shape (H, W, 3), a planet on a black sky, or (H, W, 4), where the model tells its outline.
        options: What was asked for.
        size: Longer side in px where the options tell none; the pixels' own if None.

    Returns:
        RGB or, on a transparent background, RGBA; None if it shows no planet that could be cut out for that.
    """
    size = options.size or size
    knows_outline = pixels.shape[-1] == 4
    if options.background == "black":
        return to_picture(_on_black(pixels) if knows_outline else pixels, size)
    return to_picture(pixels, size) if knows_outline else to_transparent_picture(pixels, size)


def to_picture(pixels: NDArray[np.uint8], size: int | None = None) -> Image.Image:
    """A picture of the pixels, resized with Lanczos' filter if `size` differs from what they have.

    Args:
        pixels: uint8 of shape (H, W, 3) or (H, W, 4).
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


def _on_black(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Of shape (H, W, 3), for pixels with alpha, of shape (H, W, 4)."""
    light = pixels[..., :3].astype(np.uint16) * pixels[..., 3:]
    return ((light + 127) // 255).astype(np.uint8)
