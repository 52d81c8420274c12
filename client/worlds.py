"""Calls for worlds: planets with a surface all around, seen from any side under any sun, and their maps."""

from __future__ import annotations

import builtins
import dataclasses
from collections.abc import Mapping
from typing import Any, Unpack

from client.calls import Calls
from client.errors import InvalidRequest
from client.options import PlanetOptions, check_format, flag, given, to_parameters
from client.planets import picture_facts
from client.results import Picture, safe_stem
from client.seeds import seed_text, url_path

WORLD_FORMATS = ("png", "webp")
SPIN_FORMATS = ("webp", "gif")


@dataclasses.dataclass(frozen=True)
class World(Picture):
    """A picture of a world, one of its maps, or an animation of its full turn.

    Attributes:
        bytes: The encoded picture.
        part: `"view"`, `"map"`, `"normal"`, `"height"` or `"spin"`.
        seed: The seed it grew from, 0 to 2^64 - 1.
        address: The text that the seed was hashed from; None if it was asked for by number.
        model: Name of the model that drew it.
        version: Version of that model.
        format: `"png"`, `"webp"` or `"gif"`.
        width: Pixels.
        height: Pixels.
        kind: Shares by kind's name, summing to 1; None if the model knows no kinds.
    """

    bytes: builtins.bytes = dataclasses.field(repr=False)
    part: str
    seed: int
    address: str | None
    model: str
    version: int
    format: str
    width: int
    height: int
    kind: Mapping[str, float] | None = None

    @property
    def filename(self) -> str:
        """A name that is safe on any file system, such as `orion_7_3.png` or `orion_7_3-map.png`."""
        part = "" if self.part == "view" else f"-{self.part}"
        return f"{safe_stem(self.address or str(self.seed))}{part}.{self.format}"


class WorldCalls(Calls):
    """`world`, `world_map`, `world_normal`, `world_height` and `world_spin`."""

    def world(
        self,
        seed_or_address: int | str,
        *,
        lon: float | None = None,
        lat: float | None = None,
        roll: float | None = None,
        sun: tuple[float, float] | None = None,
        format: str = "png",
        **options: Unpack[PlanetOptions],
    ) -> World:
        """Makes a picture of a world.

        Args:
            seed_or_address: As for `planet`.
            lon: Longitude of the middle of the picture, degrees east; any number of turns.
            lat: Its latitude, -90 to 90 degrees.
            roll: By how much the picture is turned counterclockwise, degrees.
            sun: Azimuth, 0 behind the viewer, 90 at the right, and elevation of the sun, in degrees as the viewer sees
                it; from ahead, a little right and above, if None.
            format: `"png"` or `"webp"`.
            options: As for `planet`; 256 pixels if there is no size, of the newest world if there is no model.

        Raises:
            PlanetError: Its kind and text say what went wrong.
        """
        check_format(format, WORLD_FORMATS)
        return self._world(seed_or_address, "view", format, {**_view(lon, lat, roll, sun), **to_parameters(options)})

    def world_map(
        self, seed_or_address: int | str, *, clouds: bool | None = None, **options: Unpack[PlanetOptions]
    ) -> World:
        """Makes a world's map, a PNG: color without light, equirectangular, north at the top, longitude -180° at the
        left edge, without seams.

        Args:
            seed_or_address: As for `planet`.
            clouds: False for the ground below them, of kinds with clouds.
            options: As for `planet`, without size and background.

        Raises:
            PlanetError: Its kind and text say what went wrong.
        """
        return self._world(seed_or_address, "map", "png", {**given(clouds=flag(clouds)), **to_parameters(options)})

    def world_normal(
        self, seed_or_address: int | str, *, green: str | None = None, **options: Unpack[PlanetOptions]
    ) -> World:
        """Makes the normal map that goes with `world_map`: tangent space, x east, y north, z out, 0 at 128; y south if
        `green` is `"down"`, as Unreal and Direct3D want it."""
        return self._world(seed_or_address, "normal", "png", {**given(green=green), **to_parameters(options)})

    def world_height(self, seed_or_address: int | str, **options: Unpack[PlanetOptions]) -> World:
        """Makes the heights that go with `world_map`: 16-bit gray, 0 at the lowest place and 65535 at the highest; the
        PNG's text `heights` tells both, in radii of the unit sphere."""
        return self._world(seed_or_address, "height", "png", to_parameters(options))

    def world_spin(
        self,
        seed_or_address: int | str,
        *,
        frames: int | None = None,
        fps: int | None = None,
        lon: float | None = None,
        lat: float | None = None,
        roll: float | None = None,
        sun: tuple[float, float] | None = None,
        format: str = "webp",
        **options: Unpack[PlanetOptions],
    ) -> World:
        """Makes an animation of a world's full turn, which loops; on a transparent background if it is WebP.

        Args:
            seed_or_address: As for `planet`.
            frames: Of the turn, 2 to 96; 36 if None.
            fps: Frames a second, 1 to 30; 12 if None.
            lon: Longitude with which it begins.
            lat, roll, sun: As for `world`.
            format: `"webp"` or `"gif"`.
            options: As for `world`.

        Raises:
            PlanetError: Its kind and text say what went wrong.
        """
        check_format(format, SPIN_FORMATS)
        parameters = {**given(frames=frames, fps=fps), **_view(lon, lat, roll, sun), **to_parameters(options)}
        return self._world(seed_or_address, "spin", format, parameters)

    def _world(self, seed_or_address: int | str, part: str, format: str, parameters: Mapping[str, Any]) -> World:
        text = seed_text(seed_or_address)
        path = f"{text}.{format}" if part == "view" else f"{text}/{part}.{format}"
        place = f"/v1/worlds/{url_path(path, text)}"
        if part == "view" and f"/{path}".endswith(_PARTS) and "/" in text:
            raise InvalidRequest(f"{path!r} is a part of another world; choose the other format, or another address.")
        response = self._http.request("GET", place, params=parameters)
        with self._reading(response):
            return World(part=part, **picture_facts(response, text, format))


_PARTS = ("/map.png", "/normal.png", "/height.png", *(f"/spin.{format}" for format in SPIN_FORMATS))


def _view(lon: float | None, lat: float | None, roll: float | None, sun: tuple[float, float] | None) -> dict[str, Any]:
    return given(lon=lon, lat=lat, roll=roll, sun=None if sun is None else f"{sun[0]},{sun[1]}")
