"""What was seen in each source, and what is to be made of it."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from datasets.manifest import Box, Picture, Treatment
from datasets.planets import PLANET_FILL
from datasets.sights import PictureSight
from datasets.sources import Source

_ROW = np.dtype(
    [
        ("sha256", np.uint8, 32),
        ("size", np.int32, 2),
        ("planet", np.int32, 4),
        ("seen", np.bool_),
        ("plain", np.bool_),
    ]
)


@dataclasses.dataclass(frozen=True, slots=True)
class Inspection:
    """What a source holds.

    Attributes:
        sha256: Hexadecimal SHA-256 of the file.
        size: Width and height in pixels.
        planet: The box of its planet, if any.
        plain: Whether none was looked for.
    """

    sha256: str
    size: tuple[int, int]
    planet: Box | None
    plain: bool


class Looks:
    """Like a list of `Inspection | None`, all None at first, in 58 bytes each: a million objects would take a gigabyte.

    Args:
        count: Its length.
    """

    def __init__(self, count: int) -> None:
        self._rows = np.zeros(count, _ROW)

    def __getitem__(self, index: int) -> Inspection | None:
        sha256, size, planet, seen, plain = self._rows[index]
        if not seen:
            return None
        box = tuple(planet.tolist())
        return Inspection(sha256.tobytes().hex(), tuple(size.tolist()), box if any(box) else None, bool(plain))

    def __setitem__(self, index: int, look: Inspection | None) -> None:
        if look is None:
            self._rows[index] = np.zeros((), _ROW)
            return
        sha256 = np.frombuffer(bytes.fromhex(look.sha256), np.uint8)
        self._rows[index] = (sha256, look.size, look.planet or (0, 0, 0, 0), True, look.plain)


class Plan:
    """Like a list of pictures, one for each source, None for those that can't be used; made when they are asked for.

    All planets of a class share one scale, so that they stay alike.

    Args:
        sources: The sources.
        looks: What was seen in them.
        sights: What is known of how some were taken, by path.
    """

    def __init__(self, sources: Sequence[Source], looks: Looks, sights: Mapping[str, PictureSight]) -> None:
        self._sources, self._looks, self._sights = sources, looks, sights
        extents: dict[str, list[float]] = {}
        for index, source in enumerate(sources):
            if (look := looks[index]) and look.planet:
                extents.setdefault(source.classes[0], []).append(_extent(look) / min(look.size))
        # The 95th percentile, as one false find must not shrink all others; rounded, so that a new picture seldom does.
        self._scales = {
            name: math.ceil(100 * sorted(all_)[int(0.95 * (len(all_) - 1))]) / 100 for name, all_ in extents.items()
        }

    def __iter__(self) -> Iterator[Picture | None]:
        return map(self.__getitem__, range(len(self._sources)))

    def __getitem__(self, index: int) -> Picture | None:
        source, look = self._sources[index], self._looks[index]
        if look is None:
            return None
        treatment = Treatment("plain" if look.plain else "center_crop", look.size)
        if look.planet:
            extent = max(self._scales[source.classes[0]] * min(look.size), _extent(look))
            treatment = Treatment("planet", look.size, look.planet, round(extent / PLANET_FILL, 2))
        sight = self._sights.get(source.path)
        return Picture(source.file, source.path, look.sha256, source.classes, source.split, treatment, sight)


def _extent(look: Inspection) -> int:
    left, top, right, bottom = look.planet
    return max(right - left, bottom - top)
