"""What tells a planet on a black sky from any other picture."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_BRIGHTEST_SKY = 24  # of 255
_DARK_BORDER = 0.6  # share of the border that is sky around a planet, even if the picture is cut to its limb


def light_of(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The brightest channel of each pixel, of shape (H, W), of a picture of shape (H, W, 3)."""
    return np.maximum(np.maximum(pixels[..., 0], pixels[..., 1]), pixels[..., 2])


def sky_at_border(light: NDArray[np.uint8]) -> NDArray[np.uint8] | None:
    """The light of those pixels of the border that are sky; None if too few are for a planet on a black one."""
    border = np.concatenate([light[0], light[-1], light[:, 0], light[:, -1]])
    dark = border[border <= _BRIGHTEST_SKY]
    return None if dark.size < _DARK_BORDER * border.size else dark
