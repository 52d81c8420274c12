"""Calls for what is made of several planets: animations and sprite sheets."""

from __future__ import annotations

from typing import Unpack

from client.calls import Calls, model_of, picture_size
from client.options import PlanetOptions, check_format, given, to_parameters
from client.results import Morph, Sheet
from client.seeds import seed_text

MORPH_FORMATS = ("webp", "gif")
SHEET_FORMATS = ("png", "webp")


class MorphCalls(Calls):
    """`morph` and `sheet`."""

    def morph(
        self,
        start: int | str,
        end: int | str,
        *,
        to_kind: str | None = None,
        frames: int | None = None,
        fps: int | None = None,
        loop: bool = True,
        format: str = "webp",
        **options: Unpack[PlanetOptions],
    ) -> Morph:
        """Makes an animation from one planet to another.

        Args:
            start: Seed or address of the first planet.
            end: Seed or address of the last.
            to_kind: Kind of the last; that of `options` if None.
            frames: From one to the other, both included, 2 to 96; 24 if None.
            fps: Frames a second, 1 to 30; 12 if None.
            loop: Whether it goes there and back for ever; else there, once.
            format: `"webp"` or `"gif"`.
            options: As for `planet`.

        Raises:
            PlanetError: Its kind and text say what went wrong.
        """
        check_format(format, MORPH_FORMATS)
        ends = {"from": seed_text(start), "to": seed_text(end)}
        motion = given(to_kind=to_kind, frames=frames, fps=fps, loop=int(loop))
        response = self._http.request("GET", f"/v1/morph.{format}", params={**ends, **motion, **to_parameters(options)})
        with self._reading(response):
            model, version = model_of(response)
            width, height = picture_size(response.content)
            return Morph(response.content, ends["from"], ends["to"], model, version, format, width, height)

    def sheet(
        self,
        seed_or_address: int | str,
        count: int,
        *,
        columns: int | None = None,
        format: str = "png",
        **options: Unpack[PlanetOptions],
    ) -> Sheet:
        """Makes a sprite sheet of the planets at `{seed}/0`, `{seed}/1`, …, and its atlas.

        Args:
            seed_or_address: Seed or address to count from.
            count: Planets in it, 1 to 64.
            columns: Planets in a row; as many as make the sheet about square if None.
            format: `"png"` or `"webp"`.
            options: As for `planet`.

        Raises:
            PlanetError: Its kind and text say what went wrong.
        """
        check_format(format, SHEET_FORMATS)
        text = seed_text(seed_or_address)
        asked = {"seed": text, "count": count, **given(columns=columns), **to_parameters(options)}
        response = self._http.request("GET", "/v1/sheet.json", params=asked)
        with self._reading(response):
            model, version = model_of(response)
            atlas = dict(response.json())
        # Its picture must be of the same version, even if a newer one is put in or a label moves just now.
        asked = {name: value for name, value in asked.items() if name != "label"}
        asked |= {"model": model, "version": version}
        response = self._http.request("GET", f"/v1/sheet.{format}", params=asked)
        with self._reading(response):
            width, height = picture_size(response.content)
            return Sheet(response.content, text, atlas, model, version, format, width, height)
