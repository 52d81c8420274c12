"""A picture that shows whether a generator copies: generated pictures above the real ones nearest to them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from training.measure.distances import nearest

_ROWS = ("generated", "nearest\ntraining", "nearest\nheld out")
_SHOWN = 8  # pictures in each of the two blocks
_MARGIN = 64  # pixels to the left and above, for the captions


def neighbors_picture(images: Sequence[np.ndarray], features: Sequence[np.ndarray]) -> np.ndarray:
    """Two blocks of three rows: generated pictures, the training and the held-out pictures nearest to them.

    Left are the first generated pictures, unpicked; right the ones that are nearest to a training picture.

    Args:
        images: Generated, training and held-out pictures, uint8 (N, H, W, 3) each.
        features: Their features (N, F).

    Returns:
        uint8 (H', W', 3).
    """
    generated, training, holdout = features
    to_training, distances = nearest(generated, training)
    blocks = []
    for chosen in (np.arange(min(_SHOWN, len(generated))), np.argsort(distances, kind="stable")[:_SHOWN]):
        to_holdout, _ = nearest(generated[chosen], holdout)
        rows = (images[0][chosen], images[1][to_training[chosen]], images[2][to_holdout])
        blocks.append(np.concatenate([np.concatenate(list(row), axis=1) for row in rows], axis=0))

    height, width = blocks[0].shape[:2]
    canvas = Image.new("RGB", (2 * (_MARGIN + width), _MARGIN // 2 + height))
    pen, font = ImageDraw.Draw(canvas), ImageFont.load_default(12)
    for index, (block, title) in enumerate(zip(blocks, ("unpicked", "nearest to a training picture"), strict=True)):
        left, top = index * (_MARGIN + width) + _MARGIN, _MARGIN // 2
        canvas.paste(Image.fromarray(block), (left, top))
        pen.text((left, top // 2), title, fill="white", font=font, anchor="lm")
        for row, caption in enumerate(_ROWS if index == 0 else ()):
            pen.multiline_text((4, top + row * height // len(_ROWS) + 4), caption, fill="white", font=font)
    return np.asarray(canvas)
