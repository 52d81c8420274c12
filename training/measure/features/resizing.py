"""The one way in which real and generated pictures alike are resized, where a network asks for it."""

from __future__ import annotations

import numpy as np
from PIL import Image


def resize(images: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Bicubic, antialiased.

    Args:
        images: uint8 (N, H, W, 3).
        size: Width and height in pixels.

    Returns:
        uint8 (N, height, width, 3).
    """
    width, height = size
    if images.shape[1:3] == (height, width):
        return images
    resized = [Image.fromarray(image).resize(size, Image.Resampling.BICUBIC) for image in images]
    return np.stack([np.asarray(image) for image in resized])
