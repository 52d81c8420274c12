"""What the command line understands."""

from __future__ import annotations

import argparse
import re
from pathlib import Path
from typing import Any, NoReturn, get_type_hints

from client.api import DEFAULT_URL
from client.options import FORMATS, PlanetOptions
from client.shell import commands
from client.shell.assets import add_assets_arguments, assets
from client.shell.world import add_world_arguments, world
from client.systems import add_system_arguments
from client.transport import API_KEY_VARIABLE

MAX_NUMBER = 1_000_000
EPILOG = (
    "Exit codes: 0 all well; 1 some of it failed, or the server is not ready; 2 nothing could be done; 130 stopped. "
    f"The environment variable {API_KEY_VARIABLE} holds the API key, where the server asks for one."
)


def parser(program: str) -> argparse.ArgumentParser:
    """The parser; what it makes has `run`, one of `client.shell.commands`."""
    server, drawing = _server(), _drawing()
    parser = _Parser(prog=program, description="Planets from a planet server.", epilog=EPILOG)
    subparsers = parser.add_subparsers(required=True, metavar="COMMAND")

    def add(run: Any, help: str, *parents: _Parser) -> _Parser:
        command = subparsers.add_parser(run.__name__, parents=[server, *parents], help=help, epilog=EPILOG)
        command.set_defaults(run=run)
        return command

    command = add(commands.generate, "save planets as pictures", drawing)
    command.add_argument("--seed", help="a whole number below 2^64, or any text: an address (default: a random number)")
    command.add_argument("--count", type=_positive, default=1, help="planets to make: of SEED, or of SEED/0, SEED/1, …")
    command.add_argument("--out", default="planets", help="folder to save in, or one planet's file")
    command.add_argument("--format", choices=FORMATS, help="picture format (default: that of --out, or png)")
    command.add_argument("--jobs", type=_positive, default=4, help="requests at once, 1 to 32 (default: %(default)s)")

    command = add(commands.morph, "save an animation from one planet to another", drawing)
    command.add_argument("start", metavar="FROM", help="seed or address of the first planet")
    command.add_argument("end", metavar="TO", help="seed or address of the last")
    command.add_argument("--out", type=Path, required=True, help="file to save as, .webp or .gif")
    command.add_argument("--to-kind", help="kind of the last planet (default: as the first)")
    command.add_argument("--frames", type=_positive, help="from one to the other, 2 to 96 (default: 24)")
    command.add_argument("--fps", type=_positive, help="frames a second, 1 to 30 (default: 12)")
    command.add_argument("--once", action="store_true", help="there, once, instead of there and back for ever")

    command = add(commands.sheet, "save a sprite sheet, and its atlas beside it", drawing)
    command.add_argument("seed", metavar="SEED", help="seed or address: the planets are those at SEED/0, SEED/1, …")
    command.add_argument("count", metavar="COUNT", type=_positive, help="planets, 1 to 64")
    command.add_argument("--out", type=Path, required=True, help="file to save as, .png or .webp; .json is the atlas")
    command.add_argument("--columns", type=_positive, help="planets in a row (default: about square)")

    add_world_arguments(add(world, "save a picture of a world, one of its maps, or its full turn", drawing))

    add_assets_arguments(add(assets, "save worlds for a game engine", drawing))

    command = add(commands.system, "tell the star system at an address")
    add_system_arguments(command)
    command.add_argument("--model", help="model that the links of --json shall name")
    command.add_argument("--version", type=_positive, help="version of the model")

    command = add(commands.classify, "say what pictures show")
    command.add_argument("files", nargs="+", type=Path, metavar="FILE", help="a picture")
    _add_model(command, "classifier (default: the server's)")
    command.add_argument("--discriminator", help="model that tells how real they look (default: the server's choice)")

    command = add(commands.translate, "turn a picture into one of another domain")
    command.add_argument("file", type=Path, metavar="FILE", help="a picture")
    command.add_argument("--source", help="what to translate from, such as mars")
    command.add_argument("--target", help="what to translate to, such as earth")
    _add_model(command, "translator, instead of --source and --target")
    command.add_argument("--size", type=_positive, metavar="PIXELS", help="longer side (default: the model's own)")
    command.add_argument("--out", type=Path, required=True, help="file to save as, .png, .webp or .jpg")

    add(commands.models, "list the server's models")
    add(commands.health, "say whether the server is ready")
    return parser


def _server() -> _Parser:
    """Options of every command."""
    options = _Parser(add_help=False)
    options.add_argument("--url", default=DEFAULT_URL, help="the server (default: %(default)s)")
    options.add_argument("--timeout", type=_seconds, default=30.0, metavar="SECONDS", help="default: %(default)g")
    options.add_argument("--json", action="store_true", help="print one JSON document instead of text")
    return options


def _drawing() -> _Parser:
    """Options of the commands that draw planets: those of `PlanetOptions`."""
    options = _Parser(add_help=False)
    for name, hint in get_type_hints(PlanetOptions, include_extras=True).items():
        [told] = hint.__metadata__
        if name == "extra_query":
            options.add_argument("--extra", dest=name, type=_named, action="append", **told)
            continue
        options.add_argument(f"--{name}", **{**told, "type": {int: _positive}.get(told.get("type"), told.get("type"))})
    return options


def _add_model(options: argparse.ArgumentParser, help: str) -> None:
    options.add_argument("--model", help=help)
    options.add_argument("--version", type=_positive, help="version of the model (default: the server's choice)")
    options.add_argument("--label", help="label of the version, such as stable, in place of its number")


class _Parser(argparse.ArgumentParser):
    """Reports a wrong argument in one line."""

    def error(self, message: str) -> NoReturn:
        self.exit(commands.EXIT_CANNOT, f"{self.prog}: {message}\n")


def _positive(text: str) -> int:
    if not re.fullmatch("[0-9]{1,7}", text) or not 1 <= int(text) <= MAX_NUMBER:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number of 1 to {MAX_NUMBER}")
    return int(text)


def _named(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not (name and equals):
        raise argparse.ArgumentTypeError(f"{text!r} is no option with its value such as size=256")
    return name, value


def _seconds(text: str) -> float:
    if not re.fullmatch(r"[0-9]{1,5}(\.[0-9]+)?", text) or float(text) == 0:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of seconds above 0")
    return float(text)
