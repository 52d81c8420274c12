"""The commands: each calls a `PlanetClient`, saves files, tells a `Console` and returns an exit code."""

from __future__ import annotations

import argparse
import dataclasses
import os
import secrets
from contextlib import closing
from pathlib import Path
from typing import Any, cast

from tqdm import tqdm

from client.answers import Recognition
from client.api import PlanetClient
from client.errors import InvalidRequest, NotFound, PlanetError, ServerUnreachable
from client.morphs import MORPH_FORMATS, SHEET_FORMATS
from client.options import FORMATS, PlanetOptions
from client.results import File
from client.seeds import addresses
from client.shell.console import Console, sentence
from client.systems import table

EXIT_OK, EXIT_SOME_FAILED, EXIT_CANNOT, EXIT_STOPPED = 0, 1, 2, 130
# Endings of what is meant to be a file, not a folder.
_PICTURES = (*FORMATS, "gif", "bmp", "tif", "tiff", "avif", "heic", "ico", "jp2", "jxl", "svg", "tga")
HOPELESS = (InvalidRequest, NotFound, ServerUnreachable)  # what fails for one picture and would for all others


def generate(client: PlanetClient, arguments: argparse.Namespace, console: Console) -> int:
    """Saves the planet of a seed or, with a count above 1, the planets below it; goes on past one that fails."""
    out, picture_format = _where(arguments)
    seed = str(secrets.randbits(64)) if arguments.seed is None else arguments.seed
    seeds = [seed] if arguments.count == 1 else addresses(seed, arguments.count)
    outcomes = client.generate_many(seeds, at_once=arguments.jobs, format=picture_format, **options_of(arguments))
    saved: list[dict[str, Any]] = []
    failed: list[dict[str, str]] = []
    with closing(outcomes), tqdm(outcomes, total=len(seeds), unit="planet", disable=None) as progress:
        for outcome in progress:
            if outcome.planet is not None:
                saved.append(_described(outcome.planet, outcome.planet.save(out)))
            elif outcome.error is not None:
                if _is_hopeless(outcome.error):
                    raise outcome.error
                failed.append({"seed_or_address": outcome.seed_or_address, "error": sentence(outcome.error)})
                console.complain(f"{outcome.seed_or_address}: {sentence(outcome.error)}")
    if len(seeds) == 1 and saved:
        console.line(saved[0]["file"])
    else:
        console.line(f"{len(saved)} of {len(seeds)} saved in {out}")
    console.document({"saved": saved, "failed": failed})
    return EXIT_SOME_FAILED if failed else EXIT_OK


def _where(arguments: argparse.Namespace) -> tuple[Path, str]:
    """The folder, made if missing, or the file to save planets as, and their format."""
    out = Path(arguments.out)
    is_folder = out.is_dir() or arguments.out.endswith(("/", os.sep))
    ending = out.suffix.removeprefix(".").lower()
    ending = {"jpeg": "jpg"}.get(ending, ending)
    if is_folder or ending not in _PICTURES:
        if out.exists() and not out.is_dir():
            raise NotADirectoryError(f"{out} is a file; --out must name a folder to save planets in.")
        out.mkdir(parents=True, exist_ok=True)
        return out, arguments.format or FORMATS[0]
    if arguments.count > 1:
        raise InvalidRequest(f"--out {out} is one picture, but {arguments.count} are asked for; name a folder.")
    if ending not in FORMATS or arguments.format not in (None, ending):
        choice = arguments.format or f"one of {', '.join(f'.{name}' for name in FORMATS)}"
        raise InvalidRequest(f"--out {out} does not end in {choice}; choose another ending, or name a folder.")
    return out, ending


def morph(client: PlanetClient, arguments: argparse.Namespace, console: Console) -> int:
    """Saves an animation from one planet to another."""
    made = client.morph(
        arguments.start,
        arguments.end,
        to_kind=arguments.to_kind,
        frames=arguments.frames,
        fps=arguments.fps,
        loop=not arguments.once,
        format=ending_of(arguments.out, MORPH_FORMATS),
        **options_of(arguments),
    )
    return tell_saved(made, arguments.out, console)


def sheet(client: PlanetClient, arguments: argparse.Namespace, console: Console) -> int:
    """Saves a sprite sheet and its atlas."""
    made = client.sheet(
        arguments.seed,
        arguments.count,
        columns=arguments.columns,
        format=ending_of(arguments.out, SHEET_FORMATS),
        **options_of(arguments),
    )
    return tell_saved(made, arguments.out, console)


def system(client: PlanetClient, arguments: argparse.Namespace, console: Console) -> int:
    """Shows a star system as a table."""
    found = client.system(arguments.seed, model=arguments.model, version=arguments.version)
    for line in table(found):
        console.line(line)
    console.document(found)
    return EXIT_OK


def classify(client: PlanetClient, arguments: argparse.Namespace, console: Console) -> int:
    """Tells what pictures show; goes on past one that is broken or missing."""
    options = {name: getattr(arguments, name) for name in ("model", "version", "label", "discriminator")}
    recognized: list[dict[str, Any]] = []
    failed: list[dict[str, str]] = []
    for file in arguments.files:
        try:
            found = client.classify(file, **options)
        except (PlanetError, OSError) as error:
            if isinstance(error, PlanetError) and _is_hopeless(error):
                raise
            failed.append({"file": str(file), "error": sentence(error)})
            console.complain(error if isinstance(error, OSError) else f"{file}: {sentence(error)}")
        else:
            recognized.append({"file": str(file), **dataclasses.asdict(found)})
            console.line(f"{file}: {_summary(found)}")
    console.document({"recognized": recognized, "failed": failed})
    return EXIT_SOME_FAILED if failed else EXIT_OK


def translate(client: PlanetClient, arguments: argparse.Namespace, console: Console) -> int:
    """Saves a picture as it would look in another domain."""
    options = {name: getattr(arguments, name) for name in ("model", "version", "label", "source", "target", "size")}
    made = client.translate(arguments.file, format=ending_of(arguments.out, FORMATS), **options)
    return tell_saved(made, arguments.out, console)


def models(client: PlanetClient, arguments: argparse.Namespace, console: Console) -> int:
    """Lists the server's models."""
    found = client.models()
    for model in found:
        size = model.card.get("image_size") or {}
        console.line(
            f"{model.name:24} {model.version:>3}  {model.state:12} "
            f"{size.get('width', '?')}x{size.get('height', '?'):<6} "
            f"{'(default) ' if model.default else ''}{model.card.get('description', '')}"
        )
    console.document([dataclasses.asdict(model) for model in found])
    return EXIT_OK


def health(client: PlanetClient, arguments: argparse.Namespace, console: Console) -> int:
    """Tells whether the server is ready."""
    found = client.health()
    console.line("ready" if found.ready else "not ready")
    console.document(dataclasses.asdict(found))
    return EXIT_OK if found.ready else EXIT_SOME_FAILED


def options_of(arguments: argparse.Namespace) -> PlanetOptions:
    """The options of `PlanetOptions` among a command's."""
    options = {name: getattr(arguments, name) for name in PlanetOptions.__annotations__}
    return cast(PlanetOptions, {**options, "extra_query": dict(options["extra_query"] or ())})


def _is_hopeless(error: PlanetError) -> bool:
    """Whether every other picture would fail as well; not so where only this one is broken, or has no planet."""
    this_one = error.parameter == "image" or (error.status == 422 and error.parameter == "background")
    return isinstance(error, HOPELESS) and not this_one


def ending_of(out: Path, formats: tuple[str, ...]) -> str:
    """The format that a file's name asks for; raises InvalidRequest for one that there is not."""
    ending = out.suffix.removeprefix(".").lower()
    if ending not in formats:
        raise InvalidRequest(f"--out {out} must end in one of {', '.join(f'.{name}' for name in formats)}.")
    return ending


def tell_saved(made: File, out: Path, console: Console) -> int:
    """Saves what was made and tells where; returns the exit code."""
    file = made.save(out)
    console.line(str(file))
    console.document(_described(made, file))
    return EXIT_OK


def _described(made: File, file: Path) -> dict[str, Any]:
    """A saved file and everything known of it but its contents; seeds as text, as JSON may lose digits."""
    known = {name: value for name, value in vars(made).items() if name not in ("bytes", "atlas")}
    return {**known, "file": str(file), **({"seed": str(known["seed"])} if "seed" in known else {})}


def _summary(found: Recognition) -> str:
    likeliest = ", ".join(f"{name} {share:.1%}" for name, share in list(found.probabilities.items())[:3])
    realness = f"; realness {found.realness.value:.2f}" if found.realness else ""
    return f"{found.kind or 'none of these'} ({likeliest}){realness}"
