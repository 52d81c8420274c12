"""The command `world`: what it understands, and what it does."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from client.api import PlanetClient
from client.assets import ASSETS
from client.errors import InvalidRequest
from client.results import File
from client.shell.commands import ending_of, options_of, tell_saved
from client.shell.console import Console
from client.worlds import SPIN_FORMATS, WORLD_FORMATS

_VIEW = ("lon", "lat", "roll", "sun")
_MOTION = ("frames", "fps")
_DRAWN = {"view": (WORLD_FORMATS, _VIEW), "spin": (SPIN_FORMATS, (*_VIEW, *_MOTION))}  # endings, and what can be asked


def world(client: PlanetClient, arguments: argparse.Namespace, console: Console) -> int:
    """Saves a picture of a world, its full turn, or one of its files for engines."""
    part, ending = arguments.part, ending_of(arguments.out, _endings(arguments.part))
    names = _DRAWN[part][1] if part in _DRAWN else ASSETS[_file(part, ending)]
    asked: dict[str, Any] = {}
    for name in _MORE:
        value = getattr(arguments, name)
        if value is not None and name not in names:
            raise InvalidRequest(f"--{name.replace('_', '-')} does not go with --part {part}; leave it out.")
        asked |= {name: value} if name in names else {}
    if asked.get("clouds") is not None:
        asked["clouds"] = asked["clouds"] == "1"
    made: File
    if part in _DRAWN:
        draw = client.world if part == "view" else client.world_spin
        made = draw(arguments.seed, format=ending, **asked, **options_of(arguments))
    else:
        made = client.world_asset(arguments.seed, _file(part, ending), **asked, **options_of(arguments))
    return tell_saved(made, arguments.out, console)


def add_world_arguments(command: argparse.ArgumentParser) -> None:
    """Tells a parser what `world` understands besides the options of all commands that draw planets."""
    command.add_argument("seed", metavar="SEED", help="seed or address of the world")
    command.add_argument("--out", type=Path, required=True, help="file to save as: its ending goes with --part")
    parts = {part: "|".join(f".{ending}" for ending in _endings(part)) for part in _PARTS}
    told = ", ".join(f"{part} ({endings})" for part, endings in parts.items())
    command.add_argument(
        "--part", choices=_PARTS, default="view", metavar="PART", help=f"of it: {told} (default: %(default)s)"
    )
    command.add_argument("--lon", type=float, help="longitude of the middle, degrees east (default: 0)")
    command.add_argument("--lat", type=float, help="its latitude, -90 to 90 degrees (default: 0)")
    command.add_argument("--roll", type=float, help="degrees by which the picture is turned counterclockwise")
    command.add_argument("--sun", type=_sun, metavar="AZIMUTH,ELEVATION", help="in degrees, such as --sun=-90,10")
    command.add_argument("--frames", type=int, help="of a turn, 2 to 96 (default: 36)")
    command.add_argument("--fps", type=int, help="frames a second of a turn, 1 to 30 (default: 12)")
    command.add_argument("--mesh", choices=("sphere", "cube"), help="of a .glb (default: sphere)")
    command.add_argument("--engine", choices=ENGINES, help="that a .zip is for (default: three)")
    command.add_argument("--texture-size", type=int, help="px of a .glb's or .zip's: 128 to 1024 (default: 512)")
    command.add_argument("--textures", choices=("png", "webp"), help="of a .glb (default: png)")
    command.add_argument("--clouds", choices=("1", "0"), help="0: of a .glb or map without them (default: 1)")
    command.add_argument("--green", choices=("up", "down"), help="of the normal map (default: up)")
    command.add_argument("--system", help="star system whose body it is (default: that of its address)")


ENGINES = ("three", "godot", "unity", "unreal")
_PARTS = (*_DRAWN, *dict.fromkeys(file.partition(".")[0] for file in ASSETS))
_MORE = (*_VIEW, *_MOTION, *dict.fromkeys(name for names in ASSETS.values() for name in names))


def _endings(part: str) -> tuple[str, ...]:
    """What files of a part of a world end in."""
    if part in _DRAWN:
        return _DRAWN[part][0]
    return tuple(file.rpartition(".")[2] for file in ASSETS if file.partition(".")[0] == part)


def _file(part: str, ending: str) -> str:
    return part if part == ending else f"{part}.{ending}"


def _sun(text: str) -> tuple[float, float]:
    try:
        azimuth, elevation = map(float, text.split(","))
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no azimuth and elevation such as 22,17") from None
    return azimuth, elevation
