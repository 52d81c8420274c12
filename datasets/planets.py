"""Finds a planet on a black sky, and cuts pictures around it."""

from __future__ import annotations

import dataclasses

import numpy as np
from PIL import Image

from datasets.manifest import Box, Size

PLANET_FILL = 0.9  # share of the crop's side that the class's largest planet takes up

_BRIGHTEST_SKY = 24  # of 255; a brighter border means that the picture isn't a planet on black
_FAINTEST = 4  # of 255 above the sky; JPEG noise lies below
_LIMB = 0.1  # of the planet's median brightness: JPEG rings around the limb lie below, darkened limbs mostly above
_SKIRT = 2  # pixels kept around the limb, for what lies below the threshold


@dataclasses.dataclass(frozen=True)
class Planet:
    """A planet found in a picture.

    Attributes:
        box: Left, top, right, bottom of its limb in pixels, right and bottom exclusive.
        mask: bool [height, width] of the picture: True on the planet and `_SKIRT` pixels around it, without holes.
    """

    box: Box
    mask: np.ndarray


def find_planet(pixels: np.ndarray) -> Planet | None:
    """Finds the one disc or ellipsoid on a black sky; small things beside it, such as icons, are not part of it.

    Args:
        pixels: uint8 [height, width, 3].

    Returns:
        The planet, or None if the sky isn't black, or what stands on it is no ellipse or reaches the picture's edge.
    """
    red, green, blue = (pixels[..., channel] for channel in range(3))
    brightness = np.maximum(np.maximum(red, green), blue)  # pixels.max(axis=2) is far slower
    threshold = _limb_threshold(brightness)
    if threshold is None:
        return None
    blob = _main_blob(brightness > threshold)
    box = _bounding_box(blob)
    if box is None:
        return None
    left, top, right, bottom = box
    height, width = brightness.shape
    if left == 0 or top == 0 or right == width or bottom == height:
        return None

    hull = _without_holes(blob[top:bottom, left:right])
    ellipse_area = np.pi / 4 * hull.size
    if not (0.7 < hull.sum() / ellipse_area < 1.15 and hull.size > 0.01 * brightness.size):
        return None
    mask = np.zeros_like(blob)
    mask[top:bottom, left:right] = hull
    return Planet(box, _dilated(mask, _SKIRT))


def black_sky(pixels: np.ndarray, planet: Planet) -> np.ndarray:
    """The picture, uint8 [height, width, 3], with everything but the planet set to 0: noise, icons, captions."""
    return np.where(planet.mask[..., None], pixels, np.uint8(0))


def cut(image: Image.Image, size: Size, center: tuple[float, float], side: float | None) -> Image.Image:
    """Cuts a picture around `center` and resizes it, antialiased, to `size`.

    Args:
        image: RGB picture.
        size: Size of the result in pixels.
        center: Middle of the cut, x and y in pixels.
        side: Side in pixels of the square that the cut must hold, widened to the aspect of `size` and filled with
            black beyond the picture; None cuts the largest part of the picture with the aspect of `size`.
    """
    if side is None:
        scale = min(image.width / size.width, image.height / size.height)
    else:
        scale = side / min(size.width, size.height)
    half_width, half_height = size.width * scale / 2, size.height * scale / 2
    left, top = int(np.floor(center[0] - half_width)), int(np.floor(center[1] - half_height))
    right, bottom = int(np.ceil(center[0] + half_width)), int(np.ceil(center[1] + half_height))
    exact = (
        center[0] - half_width - left,
        center[1] - half_height - top,
        center[0] + half_width - left,
        center[1] + half_height - top,
    )
    # Bicubic, not Lanczos: the second lobe of Lanczos draws a faint ring into the black sky around a bright limb.
    return image.crop((left, top, right, bottom)).resize(size, Image.Resampling.BICUBIC, box=exact)


def _limb_threshold(brightness: np.ndarray) -> float | None:
    """The brightness above which a pixel belongs to a planet; None if the border isn't black or nothing is lit."""
    rim = max(1, min(brightness.shape) // 100)
    border = np.concatenate(
        [part.ravel() for part in (brightness[:rim], brightness[-rim:], brightness[:, :rim], brightness[:, -rim:])]
    )
    sky = float(np.percentile(border, 95))
    if sky > _BRIGHTEST_SKY:
        return None
    lit = np.array(Image.fromarray(brightness).histogram())
    lit[: int(sky) + _FAINTEST + 1] = 0
    if not lit.any():
        return None
    typical = np.searchsorted(lit.cumsum(), lit.sum() / 2)
    return sky + max(_FAINTEST, _LIMB * (typical - sky))


def _main_blob(lit: np.ndarray) -> np.ndarray:
    """The connected part of `lit` in the middle of its mass, found on blocks of about 1/90 of the picture."""
    height, width = lit.shape
    block = max(1, min(height, width) // 90)
    coarse = (
        np.asarray(Image.fromarray(lit.astype(np.uint8) * 255).reduce(block)) >= 64
    )  # a quarter of the block is lit

    positions = np.argwhere(coarse)
    if not len(positions):
        return np.zeros_like(lit)
    middle = np.median(positions, axis=0)
    seed = positions[np.abs(positions - middle).sum(axis=1).argmin()]
    blob = np.zeros_like(coarse)
    blob[tuple(seed)] = True
    size = 0
    while (grown := int(blob.sum())) != size:
        size = grown
        blob = _dilated(blob, 1) & coarse
    around = _dilated(blob, 1).repeat(block, axis=0).repeat(block, axis=1)
    return lit & around[:height, :width]


def _bounding_box(blob: np.ndarray) -> Box | None:
    """Box of the rows and columns that hold more than specks of `blob`, such as JPEG noise beside the limb."""
    rows, columns = blob.sum(axis=1), blob.sum(axis=0)
    rows = np.flatnonzero(rows > rows.max() / 40)
    columns = np.flatnonzero(columns > columns.max() / 40)
    if not (len(rows) and len(columns)):
        return None
    return int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1


def _without_holes(blob: np.ndarray) -> np.ndarray:
    """Fills each row and each column between its first and its last pixel, and keeps what both fill."""
    filled = np.ones_like(blob)
    for axis in (0, 1):
        forward = np.logical_or.accumulate(blob, axis=axis)
        backward = np.flip(np.logical_or.accumulate(np.flip(blob, axis), axis=axis), axis)
        filled &= forward & backward
    return filled


def _dilated(mask: np.ndarray, radius: int) -> np.ndarray:
    """`mask` grown by `radius` pixels in all eight directions."""
    for axis in (0, 1):
        grown = mask.copy()
        along = [slice(None), slice(None)]
        for step in range(1, radius + 1):
            ahead, behind = list(along), list(along)
            ahead[axis], behind[axis] = slice(step, None), slice(None, -step)
            grown[tuple(ahead)] |= mask[tuple(behind)]
            grown[tuple(behind)] |= mask[tuple(ahead)]
        mask = grown
    return mask
