"""From where, and under which sun, worlds are seen."""

from __future__ import annotations

import dataclasses
import math
import reprlib
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from serving.gateway.asked.parameters import Domain, Parameter, number, parse_number
from serving.gateway.problems import Problem

_MAX_ANGLE = 36_000  # degrees, a hundred turns
_SUN_PATTERN = r"^-?[0-9]{1,4}(\.[0-9]{1,9})?,-?[0-8]?[0-9](\.[0-9]{1,9})?$"


@dataclasses.dataclass(frozen=True)
class View:
    """From where, and under which sun, a world is seen; angles in degrees.

    Attributes:
        lon: Longitude of the middle of the picture, east of 0, -180 to 180.
        lat: Its latitude, -90 to 90.
        roll: By how much the picture is turned counterclockwise, -180 to 180.
        sun: Azimuth, 0 behind the viewer, 90 at the right, and elevation of the sun, as the viewer sees it.
    """

    lon: float
    lat: float
    roll: float
    sun: tuple[float, float]

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> View:
        """The view among values of `VIEW`."""
        return cls(**{one.name: values[one.name] for one in VIEW})

    def turned(self, degrees: float) -> View:
        """The same from farther east."""
        return dataclasses.replace(self, lon=_wrapped(self.lon + degrees))

    def inputs(self) -> dict[str, NDArray[np.float32]]:
        """The inputs `view` and `sun` of a model, of shape (3,) each."""
        azimuth, elevation = map(math.radians, self.sun)
        sun = [math.cos(elevation) * math.sin(azimuth), math.sin(elevation), math.cos(elevation) * math.cos(azimuth)]
        return {"view": np.float32([self.lon, self.lat, self.roll]), "sun": np.float32(sun)}

    def about(self) -> dict[str, str]:
        """What a file tells of it, by keyword of PNG."""
        return {"view": f"{self.lon:g},{self.lat:g},{self.roll:g}", "sun": "{:g},{:g}".format(*self.sun)}


def _wrapped(degrees: float) -> float:
    """The same direction within -180..180."""
    return (degrees + 180.0) % 360.0 - 180.0


def _around(name: str, value: Any) -> float:
    """An angle that may go round more than once."""
    return _wrapped(parse_number(name, value, -_MAX_ANGLE, _MAX_ANGLE))


def _sun(name: str, value: Any) -> tuple[float, float]:
    azimuth, comma, elevation = value.partition(",")
    if not comma:
        detail = "it must be its azimuth and elevation in degrees, such as 22,17"
        raise Problem(422, f"sun is {reprlib.repr(azimuth)}; {detail}.", parameter=name)
    return _around(name, azimuth), parse_number(name, elevation, -90, 90)


_AROUND = Domain(_around, number(-_MAX_ANGLE, _MAX_ANGLE).schema)
VIEW = [
    Parameter("lon", _AROUND, "Longitude in the middle, degrees east; it may go round more than once.", 30, default=0),
    Parameter("lat", number(-90, 90), "Latitude in the middle, degrees.", 15, default=0),
    Parameter("roll", _AROUND, "By how much the picture is turned counterclockwise, degrees.", 10, default=0),
    Parameter(
        "sun",
        Domain(_sun, {"type": "string", "pattern": _SUN_PATTERN}),
        "Azimuth (0 behind the viewer, 90 at the right) and elevation, degrees.",
        "60,10",
        default="22,17",  # that of the pictures which the models learned from
    ),
]
