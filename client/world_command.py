"""The command `world`: what it understands, and what it does."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

from client.api import PlanetClient
from client.commands import ending_of, options_of, tell_saved
from client.console import Console
from client.errors import InvalidRequest
from client.worlds import SPIN_FORMATS, WORLD_FORMATS, World

_PARTS = {"view": WORLD_FORMATS, "spin": SPIN_FORMATS, "map": ("png",), "normal": ("png",), "height": ("png",)}


def world(client: PlanetClient, arguments: argparse.Namespace, console: Console) -> int:
    """Saves a picture of a world, one of its maps, or its full turn."""
    names = {"view": _VIEW, "spin": (*_VIEW, *_MOTION)}.get(arguments.part, ())
    for name in (*_VIEW, *_MOTION):
        if name not in names and getattr(arguments, name) is not None:
            raise InvalidRequest(f"--{name} does not go with --part {arguments.part}; leave it out.")
    options = {name: getattr(arguments, name) for name in names}
    calls: dict[str, Callable[..., World]] = {
        "view": client.world,
        "spin": client.world_spin,
        "map": client.world_map,
        "normal": client.world_normal,
        "height": client.world_height,
    }
    picture_format = ending_of(arguments.out, _PARTS[arguments.part])
    if arguments.part in ("view", "spin"):
        options["format"] = picture_format
    made = calls[arguments.part](arguments.seed, **options, **options_of(arguments))
    return tell_saved(made, arguments.out, console)


def add_world_arguments(command: argparse.ArgumentParser) -> None:
    """Tells a parser what `world` understands besides the options of all commands that draw planets."""
    command.add_argument("seed", metavar="SEED", help="seed or address of the world")
    command.add_argument("--out", type=Path, required=True, help="file to save as: .png or .webp, a turn also as .gif")
    command.add_argument("--part", choices=_PARTS, default="view", help="what to save of it (default: %(default)s)")
    command.add_argument("--lon", type=float, help="longitude of the middle, degrees east (default: 0)")
    command.add_argument("--lat", type=float, help="its latitude, -90 to 90 degrees (default: 0)")
    command.add_argument("--roll", type=float, help="degrees by which the picture is turned counterclockwise")
    command.add_argument("--sun", type=_sun, metavar="AZIMUTH,ELEVATION", help="in degrees, such as --sun=-90,10")
    command.add_argument("--frames", type=int, help="of a turn, 2 to 96 (default: 36)")
    command.add_argument("--fps", type=int, help="frames a second of a turn, 1 to 30 (default: 12)")


_VIEW = ("lon", "lat", "roll", "sun")
_MOTION = ("frames", "fps")


def _sun(text: str) -> tuple[float, float]:
    try:
        azimuth, elevation = map(float, text.split(","))
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no azimuth and elevation such as 22,17") from None
    return azimuth, elevation
