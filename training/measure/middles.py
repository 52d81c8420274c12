"""The middle of the discs, without limb and sky: what textures are worth by themselves."""

from __future__ import annotations

import numpy as np

SHARE = 0.62  # of the width


def middles(images: np.ndarray) -> np.ndarray:
    """Cuts `SHARE` of width and height out of the middle, rounded to even numbers of pixels.

    Args:
        images: uint8 (N, H, W, 3).
    """
    height, width = images.shape[1:3]
    rows, columns = (max(2, 2 * round(SHARE * side / 2)) for side in (height, width))
    top, left = (height - rows) // 2, (width - columns) // 2
    return images[:, top : top + rows, left : left + columns]
