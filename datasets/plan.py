"""What is to be made of each source: all planets of a class share one scale, so that they stay alike."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence

from datasets.looks import Inspection, Looks
from datasets.manifest import Picture, Treatment
from datasets.planets import PLANET_FILL
from datasets.sights import PictureSight
from datasets.sources import Source


class Plan:
    """Like a list of pictures, one for each source, None for those that can't be used; made when they are asked for.

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
