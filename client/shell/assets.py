"""The command `assets`: worlds for a game's folder."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tqdm import tqdm

from client.api import PlanetClient
from client.errors import AccessDenied, PlanetError, ServerUnreachable
from client.packs import PackFolder
from client.shell.commands import EXIT_OK, EXIT_SOME_FAILED, options_of
from client.shell.console import Console, sentence
from client.shell.world import ENGINES

# Who is wrong about these is wrong about all worlds.
_OF_ALL = ("model", "version", "label", "engine", "texture_size", "size", "background", "temperature")


def assets(client: PlanetClient, arguments: argparse.Namespace, console: Console) -> int:
    """Saves worlds for an engine, but for those that are there and whole; goes on past one that fails."""
    folder = PackFolder(arguments.out, arguments.engine)
    worlds = list(_worlds(client, arguments))
    saved: list[str] = []
    kept: list[str] = []
    failed: list[dict[str, str]] = []
    with tqdm(worlds, unit="world", disable=None) as progress:
        for text, asked in progress:
            try:
                known = folder.known(text, asked)
                pack = client.world_pack(text, arguments.engine, unless=known, **asked)
                if pack is None:
                    kept.append(text)
                else:
                    folder.keep(text, asked, pack)
                    saved.append(text)
            except PlanetError as error:
                if isinstance(error, ServerUnreachable | AccessDenied) or error.parameter in _OF_ALL:
                    raise
                failed.append({"seed_or_address": text, "error": sentence(error)})
                console.complain(f"{text}: {sentence(error)}")
    console.line(f"{len(saved)} of {len(worlds)} saved in {arguments.out}, {len(kept)} there already")
    files = [str(file) for text in saved for file in folder.files(text)]
    console.document({"saved": saved, "kept": kept, "failed": failed, "files": files})
    return EXIT_SOME_FAILED if failed else EXIT_OK


def add_assets_arguments(command: argparse.ArgumentParser) -> None:
    """Tells a parser what `assets` understands besides the options of all commands that draw planets."""
    command.add_argument("seeds", metavar="SEED", nargs="+", help="seed or address of a world")
    command.add_argument("--engine", choices=ENGINES, required=True, help="that they are for")
    command.add_argument("--out", type=Path, required=True, help="folder to save in; what is whole there is kept")
    command.add_argument("--texture-size", type=int, help="rows of textures, 128 to 1024 (default: 1024)")
    command.add_argument("--systems", action="store_true", help="each SEED is a star system: save all its bodies")


def _worlds(client: PlanetClient, arguments: argparse.Namespace) -> Iterator[tuple[str, dict[str, Any]]]:
    """Worlds' seeds or addresses, and what each is asked for with."""
    given = {**options_of(arguments), "texture_size": arguments.texture_size}
    asked = {name: value for name, value in given.items() if value}
    for text in dict.fromkeys(arguments.seeds):
        if not arguments.systems:
            yield text, asked
            continue
        system = client.system(text)
        for planet in system["planets"]:
            for body in (planet, *planet["moons"]):
                yield body["address"], {"kind": body["kind"], **asked, "system": system["address"]}
