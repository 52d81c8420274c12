"""Pictures of one planet by several engines, and how they compare.

The examples agree on camera and light: the planet has radius 1, the camera looks at it from 4.5 radii, 30 degrees wide,
and the sun is to the left, above and in front.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from PIL import Image

SIZE = 512  # px of a picture's side
_DISTANCE, _ANGLE = 4.5, math.radians(30.0)
SIDES = ("left", "upper", "right", "lower")  # of a hill: the first two are bright, the others dark
_COARSE = 256  # px of a side at which pictures are compared

# Half of the width of the planet in half widths of the picture.
RADIUS = math.tan(math.asin(1.0 / _DISTANCE)) / math.tan(_ANGLE / 2.0)


@dataclasses.dataclass(frozen=True)
class Agreement:
    """How a picture compares with another one of the same planet, over its disc.

    Attributes:
        correlation: Of luminance, -1..1.
        mirrored: The same of the picture with its left at the right.
        brightness: Of the picture, by that of the other one.
    """

    correlation: float
    mirrored: float
    brightness: float

    def faults(self) -> list[str]:
        """What keeps the picture from being the same planet in the same light."""
        found = []
        if not self.correlation > 0.95:
            found.append(f"correlation {self.correlation:.3f}, not above .95")
        if not self.mirrored < 0.5:
            found.append(f"mirrored {self.mirrored:.3f}, not below .5")
        if not 0.8 < self.brightness < 1.25:
            found.append(f"brightness {self.brightness:.2f} times three.js', not .8 to 1.25")
        return found


def luminance(picture: Image.Image) -> NDArray[np.float64]:
    """Rec. 709 of the RGB values as shown, 0..255, of shape (256, 256)."""
    values = np.asarray(picture.resize((_COARSE, _COARSE), Image.Resampling.BOX), np.float64)
    return values @ np.array([0.2126, 0.7152, 0.0722])


def compare(picture: Image.Image, reference: Image.Image) -> Agreement:
    """Two pictures of one planet."""
    seen, told = luminance(picture), luminance(reference)
    x, y = places()
    disc = np.hypot(x, y) < RADIUS
    return Agreement(
        _correlation(seen[disc], told[disc]),
        _correlation(seen[:, ::-1][disc], told[disc]),
        float(seen[disc].mean() / told[disc].mean()),
    )


def flanks(picture: Image.Image, bare: Image.Image, distance: float) -> dict[str, float]:
    """How bright the sides of a hill in the middle are, by the same places of a planet without it.

    Args:
        picture: Of the planet with the hill.
        bare: Of the one without.
        distance: From the hill's top to where its sides are steepest, in radii of the planet.
    """
    x, y = places()
    away = distance / (_DISTANCE - 1.0) / math.tan(_ANGLE / 2.0)
    middles = zip(SIDES, ((-away, 0), (0, away), (away, 0), (0, -away)), strict=True)
    sides = {name: np.hypot(x - right, y - up) < away / 2 for name, (right, up) in middles}
    seen, told = luminance(picture), luminance(bare)
    return {name: float(seen[side].mean() / told[side].mean()) for name, side in sides.items()}


def flank_faults(sides: Mapping[str, float]) -> list[str]:
    """What is wrong with the light on a hill, by what `flanks` gives."""
    dark = [f"{name} side dark" for name in SIDES[:2] if not sides[name] > 1.02]
    return dark + [f"{name} side bright" for name in SIDES[2:] if not sides[name] < 0.98]


def drift(before: Image.Image, after: Image.Image) -> int:
    """By how many px of 256 the middle of a planet went to the right, at most a sixth of the picture."""
    rows = slice(_COARSE * 3 // 8, _COARSE * 5 // 8)
    middle = slice(_COARSE // 3, _COARSE * 2 // 3)
    seen, told = luminance(after)[rows], luminance(before)[rows]
    shifts = range(-_COARSE // 6, _COARSE // 6 + 1)
    return max(shifts, key=lambda shift: _correlation(np.roll(seen, -shift, axis=1)[:, middle], told[:, middle]))


def places() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """x to the right and y up of the pixels of a luminance, in half widths of the picture."""
    step = (np.arange(_COARSE) + 0.5) / _COARSE * 2.0 - 1.0
    x, y = np.meshgrid(step, -step)
    return x, y


def _correlation(one: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    return float(np.corrcoef(one.ravel(), other.ravel())[0, 1])
