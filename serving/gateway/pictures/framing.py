"""Pictures as models were trained to see them: a planet in the middle of a black sky, or a picture's own middle.

`datasets/planets.py` cuts the training pictures by the same rule, and rejects more; `tests/test_framing.py` holds both
to the same pictures.
"""

from __future__ import annotations

import functools

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from serving.gateway.pictures.sky import light_of, sky_at_border

_FILL = 0.9  # share of the frame's side that a planet takes up, as in the training pictures
_FAINTEST = 4  # of 255 above the sky; the noise of JPEG lies below
_LIMB = 0.1  # of the planet's median brightness; the blur around its limb lies below
_SMALLEST = 8  # px; anything smaller on a black sky is a star
_CELLS = 90  # along the shorter side of the grid on which what belongs together is found

_Box = tuple[int, int, int, int]  # left, top, right, bottom in px; right and bottom exclusive


class Framing:
    """A picture, framed for any number of models; what stands on it is looked for once.

    One that has a model's size is left as it is. On a black sky the frame is laid around what stands there, with black
    beyond the picture's edges; of any other picture it holds the largest part around the middle.

    Args:
        picture: RGB picture.
    """

    def __init__(self, picture: Image.Image) -> None:
        self._picture = picture
        self._at: dict[tuple[int, int], NDArray[np.uint8]] = {}

    def at(self, width: int, height: int) -> NDArray[np.uint8]:
        """The picture at a model's size in px, its aspect kept: uint8 of shape (height, width, 3)."""
        if self._picture.size == (width, height):
            return np.asarray(self._picture)
        if (width, height) not in self._at:
            self._at[width, height] = self._framed(width, height)
        return self._at[width, height]

    @functools.cached_property
    def _box(self) -> _Box | None:
        return find_on_black(self._picture)

    def _framed(self, width: int, height: int) -> NDArray[np.uint8]:
        picture = self._picture
        if self._box is None:
            x, y = picture.width / 2, picture.height / 2
            scale = min(picture.width / width, picture.height / height)
        else:
            left, top, right, bottom = self._box
            x, y = (left + right) / 2, (top + bottom) / 2
            scale = max(right - left, bottom - top) / _FILL / min(width, height)
        exact = np.array([x - width * scale / 2, y - height * scale / 2, x + width * scale / 2, y + height * scale / 2])
        left, top = np.floor(exact[:2]).astype(int).tolist()
        right, bottom = np.ceil(exact[2:]).astype(int).tolist()
        inner = tuple((exact - [left, top, left, top]).tolist())
        # Bicubic, as the training pictures were: Lanczos draws a faint ring into the black sky around a bright limb.
        cut = picture.crop((left, top, right, bottom))
        return np.asarray(cut.resize((width, height), Image.Resampling.BICUBIC, box=inner))


def find_on_black(picture: Image.Image) -> _Box | None:
    """The box of what stands on a black sky, in the midst of all that is lit; small things beside it, such as icons and
    stars, are left out. None if the border isn't black, or nothing of size stands there."""
    brightness = light_of(np.asarray(picture))
    dark = sky_at_border(brightness)
    if dark is None:
        return None
    sky = float(np.percentile(dark, 95))
    lit = brightness[brightness > sky + _FAINTEST]
    if not lit.size:
        return None
    mask = brightness > sky + max(_FAINTEST, _LIMB * (float(np.median(lit)) - sky))

    cell = max(1, min(mask.shape) // _CELLS)
    grid = np.asarray(Image.fromarray(mask.view(np.uint8) * np.uint8(255)).reduce(cell)) >= 64
    if not grid.any():
        return None
    around = _grown(_part_in_the_midst(grid)).repeat(cell, axis=0).repeat(cell, axis=1)
    box = _box(mask & around[: mask.shape[0], : mask.shape[1]])
    return box if max(box[2] - box[0], box[3] - box[1]) >= _SMALLEST else None


def _part_in_the_midst(grid: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The connected part of a mask that is nearest to the median of its positions."""
    positions = np.argwhere(grid)
    nearest = np.abs(positions - np.median(positions, axis=0)).sum(axis=1).argmin()
    part = np.zeros_like(grid)
    part[tuple(positions[nearest])] = True
    while True:
        larger = _grown(part) & grid
        if (larger == part).all():
            return part
        part = larger


def _grown(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """A mask grown by one position in all eight directions."""
    padded = np.pad(mask, 1)
    rows = padded[:-2] | padded[1:-1] | padded[2:]
    return rows[:, :-2] | rows[:, 1:-1] | rows[:, 2:]


def _box(mask: NDArray[np.bool_]) -> _Box:
    """The box of the rows and columns that hold more than specks of a mask with something in it."""
    rows, columns = (np.flatnonzero(counts > counts.max() / 40) for counts in (mask.sum(axis=1), mask.sum(axis=0)))
    return int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1
