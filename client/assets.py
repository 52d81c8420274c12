"""Calls for worlds as engines load them: meshes, textures, heights, and what is known of them as data."""

from __future__ import annotations

import builtins
import dataclasses
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Unpack, cast

import requests

from client.calls import Calls
from client.errors import InvalidRequest
from client.options import PlanetOptions, flag, given, to_parameters
from client.packs import Pack
from client.planets import planet_facts
from client.results import File, safe_stem
from client.seeds import seed_text, url_path

# The files of a world, and what can be asked of each besides which world it is.
ASSETS: Mapping[str, tuple[str, ...]] = {
    "map.png": ("clouds",),
    "normal.png": ("green",),
    "height.png": (),
    "height.exr": ("system",),
    "roughness.png": (),
    "emissive.png": (),
    "clouds.png": (),
    "cube.zip": ("engine", "texture_size"),
    "engine.zip": ("engine", "texture_size", "system"),
    "glb": ("mesh", "texture_size", "textures", "clouds"),
    "json": ("system",),
}


@dataclasses.dataclass(frozen=True)
class Asset(File):
    """A file of a world.

    Attributes:
        bytes: Its contents.
        file: Which, of `ASSETS`.
        seed: The seed the world grew from, 0 to 2^64 - 1.
        address: The text that the seed was hashed from; None if it was asked for by number.
        model: Name of the model that drew it.
        version: Version of that model.
        kind: Shares by kind's name, summing to 1; None if the model knows no kinds.
    """

    bytes: builtins.bytes = dataclasses.field(repr=False)
    file: str
    seed: int
    address: str | None
    model: str
    version: int
    kind: Mapping[str, float] | None = None

    @property
    def filename(self) -> str:
        """A name that is safe on any file system, such as `orion_7_3.glb` or `orion_7_3-height.exr`."""
        mark = "-" if "." in self.file else "."
        return f"{safe_stem(self.address or str(self.seed))}{mark}{self.file}"


class AssetCalls(Calls):
    """`world_asset`, `world_pack` and `world_facts`."""

    def world_asset(
        self,
        seed_or_address: int | str,
        file: str,
        *,
        engine: str | None = None,
        mesh: str | None = None,
        texture_size: int | None = None,
        textures: str | None = None,
        green: str | None = None,
        clouds: bool | None = None,
        system: str | None = None,
        **options: Unpack[PlanetOptions],
    ) -> Asset:
        """Makes a file of a world; `docs/worlds.md` tells what is in each.

        Args:
            seed_or_address: As for `planet`.
            file: `"map.png"`, `"height.exr"`, `"glb"` or another of `ASSETS`.
            engine: That `cube.zip` and `engine.zip` are for: `"three"`, `"godot"`, `"unity"` or `"unreal"`.
            mesh: Of `glb`: `"sphere"` or `"cube"`.
            texture_size: Of `glb`, `cube.zip` and `engine.zip`: 128, 256, 512 or 1024.
            textures: Of `glb`: `"png"` or, in a file of half the size, `"webp"`.
            green: Of `normal.png`: `"up"` or `"down"`.
            clouds: Of `glb` and `map.png`: False for the bare ground, of kinds with clouds.
            system: Of `height.exr`, `engine.zip` and `json`: address of the star system whose body it
                is; found by its own if None.
            options: As for `planet`, without size and background.

        Raises:
            PlanetError: Its kind and text say what went wrong.
        """
        more = given(
            engine=engine,
            mesh=mesh,
            texture_size=texture_size,
            textures=textures,
            green=green,
            clouds=flag(clouds),
            system=system,
        )
        text, response = self._asset(seed_or_address, file, {**more, **to_parameters(options)})
        with self._reading(response):
            return Asset(file=file, **planet_facts(response, text))

    def world_pack(
        self,
        seed_or_address: int | str,
        engine: str,
        *,
        texture_size: int | None = None,
        system: str | None = None,
        unless: str | None = None,
        **options: Unpack[PlanetOptions],
    ) -> Pack | None:
        """Makes a world for an engine: mesh, textures, heights and data in one ZIP.

        Args:
            seed_or_address: As for `planet`.
            engine: `"three"`, `"godot"`, `"unity"` or `"unreal"`.
            texture_size: Rows of the textures, 128, 256, 512 or 1024; as many as there are if None.
            system: Address of the star system whose body it is; found by its own if None.
            unless: The `etag` of what is there already.
            options: As for `planet`, without size and background.

        Returns:
            The pack; None if it still is what is there already.

        Raises:
            PlanetError: Its kind and text say what went wrong.
        """
        more = given(engine=engine, texture_size=texture_size, system=system)
        headers = {} if unless is None else {"If-None-Match": unless}
        text, response = self._asset(seed_or_address, "engine.zip", {**more, **to_parameters(options)}, headers)
        if unless is not None and response.status_code == HTTPStatus.NOT_MODIFIED:
            return None
        with self._reading(response):
            return Pack(engine=engine, etag=response.headers.get("ETag"), **planet_facts(response, text))

    def world_facts(
        self, seed_or_address: int | str, *, system: str | None = None, **options: Unpack[PlanetOptions]
    ) -> dict[str, Any]:
        """Returns what is known of a world as data: size, day, relief, atmosphere, rings, light and links.

        Args:
            seed_or_address: As for `planet`.
            system: Address of the star system whose body it is; found by its own if None.
            options: As for `planet`, without size and background.

        Raises:
            PlanetError: Its kind and text say what went wrong.
        """
        _, response = self._asset(seed_or_address, "json", {**given(system=system), **to_parameters(options)})
        with self._reading(response):
            return cast(dict[str, Any], response.json())

    def _asset(
        self,
        seed_or_address: int | str,
        file: str,
        parameters: Mapping[str, Any],
        headers: Mapping[str, str] | None = None,
    ) -> tuple[str, requests.Response]:
        if file not in ASSETS:
            raise InvalidRequest(f"{file!r} is no file of a world: choose one of {', '.join(ASSETS)}.")
        text = seed_text(seed_or_address)
        path = f"{text}/{file}" if "." in file else f"{text}.{file}"
        return text, self._http.request("GET", f"/v1/worlds/{url_path(path, text)}", params=parameters, headers=headers)
