"""Batches for worlds that are learned from near and far: whole planets, and windows of larger pictures of them.

NumPy and Pillow only. Batches are a function of seed and step alone, so that a training goes on where it stopped.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from datasets.errors import RequestError
from datasets.pictures import Pictures, open_pictures
from datasets.planets import PLANET_FILL
from datasets.sampling import random_words

FARTHEST_SHIFT = 6  # pixels, of whole planets

_OUTERMOST = 0.97  # radii, of a window's middle
_TRIES = 8  # to find a window that isn't empty
_NORTHERN = 20.0  # degrees, from which on a picture was taken from the north
_AS_TAKEN, _SOUTHERN = np.float32([[1.0, 1.0], [-1.0, 1.0]])  # times a picture's sight
_EMPTY = 60  # levels of 255; a window in which nothing is lighter is drawn anew


class Windows(NamedTuple):
    """A batch, its rows in groups of pictures of one kind.

    Attributes:
        images: uint8 [batch, side, side, 3].
        labels: float32 [batch, classes], 1 for the kind of the row's group, else 0.
        windows: How far the picture's middle lies right of and above the planet's, and the side of a pixel, in radii of
            the kind's largest planet, float32 [batch, 3].
        sights: Latitude and light of each picture, as in `datasets.pictures.Pictures`, float32 [batch, 2].
        likely: The same, but for a picture of which they aren't known those of some other of its kind, if there is one
            of which they are, float32 [batch, 2].
    """

    images: np.ndarray
    labels: np.ndarray
    windows: np.ndarray
    sights: np.ndarray
    likely: np.ndarray


def load_sizes(
    root: Path | str, sizes: Sequence[int], split: str = "train", classes: Sequence[str] | None = None
) -> dict[int, Pictures]:
    """The same square pictures at several sizes, by size; arguments and errors as for `open_pictures`."""
    return {size: open_pictures(root, size, split, classes) for size in sizes}


def window_batches(
    pictures: Mapping[int, Pictures],
    kinds: int,
    views: int,
    share: Callable[[int], float],
    seed: int,
    first_step: int = 0,
    weights: Sequence[float] | None = None,
) -> Iterator[Windows]:
    """Batches without end, in each of which every group is of another kind, as far as there are enough.

    Args:
        pictures: By size, as `load_sizes` gives them. Of the smallest size they are shown whole, shifted a little; of
            the others through windows of that size, somewhere on the planet.
        kinds: Groups per batch.
        views: Pictures of a group.
        share: Step to the share of windows among its pictures, in 0..1; the larger sizes share them evenly.
        seed: Unsigned 64-bit integer.
        first_step: Where to begin, as if all steps before had been taken.
        weights: Of the classes, above 0: the more, the oftener a class is among a batch's kinds. None: all alike.

    Raises:
        RequestError: A class has no picture.
    """
    smallest = pictures[min(pictures)]
    members = [np.flatnonzero(column) for column in smallest.labels.T]
    if none := [name for name, found in zip(smallest.class_names, members, strict=True) if not len(found)]:
        raise RequestError(f"There is no picture of {none[0]}: give some, or choose other classes.")
    weights = np.ones(len(members)) if weights is None else np.array(weights)
    return _batches(pictures, members, weights, (kinds, views), share, seed, first_step)


def _batches(pictures, members, weights, shape: tuple[int, int], share, seed: int, step: int) -> Iterator[Windows]:
    kinds, views = shape
    smallest = pictures[min(pictures)]
    unknown = np.full((len(smallest), 2), np.nan, np.float32)
    sights = unknown if smallest.sights is None else smallest.sights
    known = [those[np.isfinite(sights[those]).all(axis=1)] for those in members]
    mirrored = [(lat > _NORTHERN).any() and lat.min() > -_NORTHERN for lat in (sights[some, 0] for some in known)]
    known = [some if len(some) else those for some, those in zip(known, members, strict=True)]
    numbers = 3 + 2 * _TRIES
    while True:
        words = random_words(len(members) * -(-kinds // len(members)) + kinds * views * numbers, step, seed)
        uniform = words / 2.0**64
        order, rest = uniform[: -kinds * views * numbers], uniform[-kinds * views * numbers :]
        # Efraimidis 2006, "Weighted random sampling with a reservoir": by keys of exponential distributions.
        keys = -np.log1p(-order).reshape(-1, len(members)) / weights
        chosen = np.argsort(keys, axis=1).ravel()[:kinds]
        rows, taken, alike, sides = [], [], [], []
        for row, chances in enumerate(rest.reshape(kinds * views, numbers)):
            kind = chosen[row // views]
            left, place = math.modf(chances[0] * len(members[kind]))
            taken.append(members[kind][int(place)])
            left, place = math.modf(left * len(known[kind]))
            alike.append(known[kind][int(place)])
            view = _view(pictures, taken[-1], share(step), chances[1:])
            southern = mirrored[kind] and sights[taken[-1], 0] > _NORTHERN and left < 0.5
            rows.append(_mirrored(*view) if southern else view)
            sides.append(_SOUTHERN if southern else _AS_TAKEN)
        images, windows = zip(*rows, strict=True)
        labels = np.eye(len(members), dtype=np.float32)[np.repeat(chosen, views)]
        likely = np.where(np.isfinite(sights[taken]), sights[taken], sights[alike])
        shown = (np.array(windows, np.float32), sights[taken] * sides, likely * sides)
        yield Windows(np.stack(images), labels, *shown)
        step += 1


def _mirrored(image: np.ndarray, window: tuple[float, float, float]):
    """What is seen through a window, upside down: of a globe whose south is as its north was."""
    right, above, pixel = window
    return image[::-1], (right, -above, pixel)


def _view(pictures: Mapping[int, Pictures], index: int, share: float, chances: np.ndarray):
    """One picture, and its window."""
    side, *larger = sorted(pictures)
    if chances[0] >= share or not larger:
        return _shifted(pictures[side].images[index], chances[2:4])
    size = larger[int(chances[1] * len(larger))]
    image = pictures[size].images[index]
    for first, second in chances[2:].reshape(_TRIES, 2):
        radius, angle = math.sqrt(first) * _OUTERMOST * PLANET_FILL * size / 2, second * 2 * math.pi
        left, top = (
            int(np.clip(size / 2 + radius * one(angle) - side / 2, 0, size - side)) for one in (math.cos, math.sin)
        )
        seen = image[top : top + side, left : left + side]
        if seen.max() > _EMPTY:
            break
    return seen, _window(left + side / 2, top + side / 2, size)


def _shifted(image: np.ndarray, chances: np.ndarray):
    side = len(image)
    right, down = (int(one * (2 * FARTHEST_SHIFT + 1)) - FARTHEST_SHIFT for one in chances)
    padded = np.pad(image, ((FARTHEST_SHIFT,) * 2, (FARTHEST_SHIFT,) * 2, (0, 0)))
    top, left = FARTHEST_SHIFT + down, FARTHEST_SHIFT + right
    return padded[top : top + side, left : left + side], _window(side / 2 + right, side / 2 + down, side)


def _window(x: float, y: float, size: int) -> tuple[float, float, float]:
    """Of a picture whose middle is at this place, in pixels from the left and the top of one of this size."""
    pixel = 2 / (PLANET_FILL * size)
    return (x - size / 2) * pixel, (size / 2 - y) * pixel, pixel
