"""Many pictures in one."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from datasets.decoding import Unusable, open_picture
from datasets.errors import RequestError
from training.records.files import reason, write_whole

CAPTION = 32  # pixels above each captioned picture


def from_uint8(images: np.ndarray) -> np.ndarray:
    """uint8 0..255 to float32 [-1, 1], any shape."""
    return images.astype(np.float32) / 127.5 - 1.0


def to_uint8(images: np.ndarray) -> np.ndarray:
    """Float [-1, 1] to uint8 0..255, rounded, any shape."""
    return np.clip(np.rint((images + 1.0) * 127.5), 0, 255).astype(np.uint8)


def tile(images: np.ndarray, columns: int) -> np.ndarray:
    """Lays `(N, H, W, 3)` out in rows of `columns`, the last row filled up with black: `(R·H, columns·W, 3)`."""
    count, height, width, channels = images.shape
    rows = -(-count // columns)
    padded = np.zeros((rows * columns, height, width, channels), images.dtype)
    padded[:count] = images
    grid = padded.reshape(rows, columns, height, width, channels).swapaxes(1, 2)
    return grid.reshape(rows * height, columns * width, channels)


def captioned(pictures: Mapping[str, Image.Image], columns: int, cell: int) -> np.ndarray:
    """Pictures in rows, each under its caption.

    Args:
        pictures: By caption; they keep their shapes.
        columns: Pictures per row, at most.
        cell: Pixels that each may take, as wide as high.

    Returns:
        uint8 `(H, W, 3)`.
    """
    columns = min(columns, len(pictures))
    fitted = {caption: _fitted(picture, cell - 8) for caption, picture in pictures.items()}
    height = max(picture.height for picture in fitted.values()) + 8 + CAPTION
    canvas = Image.new("RGB", (columns * cell, -(-len(pictures) // columns) * height), (12, 14, 22))
    pen, font = ImageDraw.Draw(canvas), ImageFont.load_default(18)
    for index, (caption, picture) in enumerate(fitted.items()):
        left, top = index % columns * cell, index // columns * height
        pen.text((left + 8, top + CAPTION // 2), caption, (214, 219, 232), font, anchor="lm")
        canvas.paste(picture, (left + 4, top + CAPTION))
    return np.asarray(canvas)


def save_picture(picture: np.ndarray, path: Path):
    """Writes uint8 `(H, W, 3)` in the format that the name ends with; the folder is made if missing."""
    write_whole(path, Image.fromarray(picture).save)


def _fitted(picture: Image.Image, side: int) -> Image.Image:
    scale = side / max(picture.size)
    size = (round(picture.width * scale), round(picture.height * scale))
    return picture.convert("RGB").resize(size, Image.Resampling.LANCZOS)


def open_sample(path: Path) -> Image.Image:
    """Reads a picture that `save_picture` wrote, RGB; raises `RequestError` where it is damaged."""
    try:
        return open_picture(path.read_bytes()).convert("RGB")
    except (Unusable, OSError, SyntaxError) as error:
        raise RequestError(f"{path} can't be read ({reason(error)}): delete it to do without.") from None
