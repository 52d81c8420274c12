"""Textures in a file for engines: PNG, which all of them read, or WebP, which takes half of the space."""

from __future__ import annotations

import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from serving.gateway.pictures.png import write_png

FORMATS = ("png", "webp")


def write_texture(pixels: NDArray[np.uint8], texture_format: str, *, lossless: bool = False) -> bytes:
    """The file of a texture.

    Args:
        pixels: Of shape (H, W, 3) or, with straight alpha, (H, W, 4).
        texture_format: Of `FORMATS`.
        lossless: Whether WebP keeps every number, as normals need: it halves the resolution of hues.
    """
    if texture_format == "png":
        return write_png(pixels, {})
    file = io.BytesIO()
    # Exact: colors go on where alpha is 0, so that no dark fringe is filtered in.
    Image.fromarray(pixels).save(file, "WEBP", quality=90, method=2, lossless=lossless, exact=True)
    return file.getvalue()
