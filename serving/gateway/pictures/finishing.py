"""Pixels as a model draws them to pictures as they were asked for: size and background."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from serving.gateway.asked.options import PictureOptions
from serving.gateway.asked.sizes import scaled_sides
from serving.gateway.pictures.limb import cut_out, find_limb


def finish(pixels: NDArray[np.uint8], options: PictureOptions) -> Image.Image | None:
    """The picture of what a model drew; every one that options can be asked for comes this way.

    Args:
        pixels: uint8 of shape (H, W, 3), a planet on a black sky, or (H, W, 4), where the model tells its outline.
        options: What was asked for.

    Returns:
        RGB or, on a transparent background, RGBA; None if it shows no planet that could be cut out for that.
    """
    clear = options.background == "transparent"
    if pixels.shape[-1] == 4:
        picture = to_picture(pixels, options.size)
        return picture if clear else _on_black(picture)
    return to_transparent_picture(pixels, options.size) if clear else to_picture(pixels, options.size)


def to_picture(pixels: NDArray[np.uint8], size: int | None = None) -> Image.Image:
    """A picture of the pixels, by a filter that blurs and aliases little.

    Args:
        pixels: uint8 of shape (H, W, 3), or (H, W, 4) with alpha, which colors are not weighted by: they go on where it
            is 0, so that no filter brings black in over the outline.
        size: Length of the longer side in px; the shape is kept. The pixels' own if None.
    """
    height, width = pixels.shape[:2]
    sides = scaled_sides(width, height, size)
    if sides == (width, height):
        return Image.fromarray(pixels)
    if pixels.shape[-1] == 3:
        return Image.fromarray(pixels).resize(sides, Image.Resampling.LANCZOS)
    # Lanczos' filter would look farther than colors go on, and leave a ring around the outline.
    colors, alpha = (Image.fromarray(part).resize(sides, Image.Resampling.BICUBIC) for part in _parts(pixels))
    colors.putalpha(alpha)
    return colors


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


def _on_black(picture: Image.Image) -> Image.Image:
    colors, alpha = _parts(np.asarray(picture))
    return Image.fromarray(((colors.astype(np.uint16) * alpha[..., None] + 127) // 255).astype(np.uint8))


def _parts(pixels: NDArray[np.uint8]) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Colors (H, W, 3) and alpha (H, W)."""
    return pixels[..., :3], pixels[..., 3]
