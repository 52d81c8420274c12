"""Command line of the client: `python -m client generate|classify|translate|models|health`."""

from __future__ import annotations

import argparse
import re
import secrets
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, NoReturn

from tqdm import tqdm

from client.api import BACKGROUNDS, DEFAULT_URL, FORMATS, PlanetClient, addresses
from client.errors import InvalidRequest, NotFound, PlanetError, ServerUnreachable
from client.results import Recognition

EXIT_OK, EXIT_SOME_FAILED, EXIT_CANNOT = 0, 1, 2
MAX_NUMBER = 1_000_000
HOPELESS = (InvalidRequest, NotFound, ServerUnreachable)  # what fails for one planet and would for all others


def main(argv: Sequence[str] | None = None, *, sleep: Callable[[float], None] = time.sleep) -> int:
    """Runs one command.

    Args:
        argv: Arguments; those of the process if None.
        sleep: Waits a number of seconds between two tries.

    Returns:
        Exit code: 0 all well, 1 some planets failed (or the server is not ready), 2 nothing could be done.
    """
    arguments = _parser().parse_args(argv)
    try:
        with PlanetClient(arguments.url, arguments.timeout, sleep=sleep) as client:
            return arguments.run(client, arguments)
    except (PlanetError, OSError) as error:
        _complain(error)
        return EXIT_CANNOT
    except KeyboardInterrupt:
        _complain("stopped")
        return 130


def generate(
    client: PlanetClient,
    seed: str,
    count: int,
    out: Path,
    *,
    progress: Callable[[Sequence[str]], Iterable[str]] = lambda seeds: seeds,
    complain: Callable[[str], None] = lambda sentence: None,
    **options: Any,
) -> tuple[list[Path], list[str]]:
    """Saves the planet of a seed or, with a count above 1, the planets at `{seed}/0` to `{seed}/{count - 1}`.

    Goes on past a planet that fails.

    Args:
        client: Where the planets come from.
        seed: A seed or an address.
        count: How many, at least 1.
        out: Folder to save in, made if it is missing.
        progress: Wraps the seeds to show how far the work is.
        complain: Is told of each failure in a sentence.
        options: model, version, kind, size, background, temperature and format, as for `PlanetClient.planet`.

    Returns:
        The files saved, and the seeds and addresses that failed.

    Raises:
        PlanetError: A failure that no other planet would escape.
        OSError: A file cannot be written.
    """
    if out.exists() and not out.is_dir():
        raise NotADirectoryError(f"{out} is a file; --out must name a folder to save planets in.")
    out.mkdir(parents=True, exist_ok=True)
    saved, failed = [], []
    for text in progress([seed] if count == 1 else addresses(seed, count)):
        try:
            saved.append(client.planet(text, **options).save(out))
        except PlanetError as error:
            not_cut_out = error.status == 422 and error.parameter == "background"  # others may show a planet
            if isinstance(error, HOPELESS) and not not_cut_out:
                raise
            failed.append(text)
            complain(f"{text}: {_sentence(error)}")
    return saved, failed


def classify(
    client: PlanetClient,
    files: Iterable[Path],
    *,
    tell: Callable[[Path, Recognition], None],
    complain: Callable[[str], None] = lambda sentence: None,
    **options: Any,
) -> list[Path]:
    """Recognizes pictures, and goes on past one that is broken or missing.

    Args:
        client: Who recognizes them.
        files: The pictures.
        tell: Is told of each picture recognized.
        complain: Is told of each failure in a sentence.
        options: model, version and discriminator, as for `PlanetClient.classify`.

    Returns:
        The files that failed.

    Raises:
        PlanetError: A failure that no other picture would escape.
    """
    failed = []
    for file in files:
        try:
            tell(file, client.classify(file, **options))
        except OSError as error:
            failed.append(file)
            complain(_sentence(error))
        except PlanetError as error:
            if isinstance(error, HOPELESS) and error.parameter != "image":
                raise
            failed.append(file)
            complain(f"{file}: {_sentence(error)}")
    return failed


def _classify(client: PlanetClient, arguments: argparse.Namespace) -> int:
    options = {name: getattr(arguments, name) for name in ("model", "version", "discriminator")}
    failed = classify(client, arguments.files, tell=_tell, complain=_complain, **options)
    return EXIT_SOME_FAILED if failed else EXIT_OK


def _tell(file: Path, found: Recognition) -> None:
    likeliest = ", ".join(f"{name} {share:.1%}" for name, share in list(found.probabilities.items())[:3])
    realness = f"; realness {found.realness.value:.2f}" if found.realness else ""
    print(f"{file}: {found.kind or 'none of these'} ({likeliest}){realness}", flush=True)


def _translate(client: PlanetClient, arguments: argparse.Namespace) -> int:
    options = {name: getattr(arguments, name) for name in ("model", "version", "source", "target", "size")}
    picture_format = arguments.out.suffix.removeprefix(".").lower()
    if picture_format not in FORMATS:
        raise InvalidRequest(f"--out {arguments.out} must end in one of {', '.join(f'.{name}' for name in FORMATS)}.")
    print(client.translate(arguments.file, format=picture_format, **options).save(arguments.out))
    return EXIT_OK


def _generate(client: PlanetClient, arguments: argparse.Namespace) -> int:
    names = ("model", "version", "kind", "size", "background", "temperature", "format")
    options = {name: getattr(arguments, name) for name in names}
    saved, failed = generate(
        client,
        str(secrets.randbits(64)) if arguments.seed is None else arguments.seed,
        arguments.count,
        arguments.out,
        progress=lambda seeds: tqdm(seeds, unit="planet", disable=None),
        complain=_complain,
        **options,
    )
    print(f"{len(saved)} of {arguments.count} saved in {arguments.out}" if arguments.count > 1 or failed else saved[0])
    return EXIT_SOME_FAILED if failed else EXIT_OK


def _models(client: PlanetClient, arguments: argparse.Namespace) -> int:
    for model in client.models():
        size = model.card.get("image_size") or {}
        print(
            f"{model.name:24} {model.version:>3}  {model.state:12} "
            f"{size.get('width', '?')}x{size.get('height', '?'):<6} "
            f"{'(default) ' if model.default else ''}{model.card.get('description', '')}"
        )
    return EXIT_OK


def _health(client: PlanetClient, arguments: argparse.Namespace) -> int:
    ready = client.ready()
    print("ready" if ready else "not ready")
    return EXIT_OK if ready else EXIT_SOME_FAILED


class _Parser(argparse.ArgumentParser):
    """Reports a wrong argument in one line."""

    def error(self, message: str) -> NoReturn:
        self.exit(EXIT_CANNOT, f"{self.prog}: {message}\n")


def _parser() -> argparse.ArgumentParser:
    server = argparse.ArgumentParser(add_help=False)
    server.add_argument("--url", default=DEFAULT_URL, help="the server (default: %(default)s)")
    server.add_argument("--timeout", type=_seconds, default=30.0, metavar="SECONDS", help="default: %(default)g")

    parser = _Parser(prog="python -m client", description="Planets from a planet server.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    command = commands.add_parser("generate", parents=[server], help="save planets as pictures")
    command.add_argument("--seed", help="a whole number below 2^64, or any text: an address (default: a random number)")
    command.add_argument("--count", type=_positive, default=1, help="planets to make: of SEED, or of SEED/0, SEED/1, …")
    command.add_argument("--out", type=Path, default=Path("planets"), help="folder to save in (default: %(default)s)")
    command.add_argument("--model", help="model to draw them (default: the server's)")
    command.add_argument("--version", type=_positive, help="version of the model (default: the newest)")
    command.add_argument("--kind", help="kind of planet, or a mix such as earth:0.6,mars:0.4")
    command.add_argument("--size", type=_positive, metavar="PIXELS", help="longer side (default: the model's own)")
    command.add_argument("--background", choices=BACKGROUNDS, help="behind the planet (default: black)")
    command.add_argument("--temperature", type=float, help="0, all alike, to 2, strange (default: 1)")
    command.add_argument("--format", choices=FORMATS, default="png", help="picture format (default: %(default)s)")
    command.set_defaults(run=_generate)

    command = commands.add_parser("classify", parents=[server], help="say what pictures show")
    command.add_argument("files", nargs="+", type=Path, metavar="FILE", help="a picture")
    command.add_argument("--model", help="classifier (default: the server's)")
    command.add_argument("--version", type=_positive, help="version of the classifier (default: the newest)")
    command.add_argument("--discriminator", help="model that tells how real they look (default: the server's choice)")
    command.set_defaults(run=_classify)

    command = commands.add_parser("translate", parents=[server], help="turn a picture into one of another domain")
    command.add_argument("file", type=Path, metavar="FILE", help="a picture")
    command.add_argument("--source", help="what to translate from, such as mars")
    command.add_argument("--target", help="what to translate to, such as earth")
    command.add_argument("--model", help="translator, instead of --source and --target")
    command.add_argument("--version", type=_positive, help="version of the translator (default: the newest)")
    command.add_argument("--size", type=_positive, metavar="PIXELS", help="longer side (default: the model's own)")
    command.add_argument("--out", type=Path, required=True, help="file to save as, .png, .webp or .jpg")
    command.set_defaults(run=_translate)

    command = commands.add_parser("models", parents=[server], help="list the server's models")
    command.set_defaults(run=_models)

    command = commands.add_parser("health", parents=[server], help="say whether the server is ready")
    command.set_defaults(run=_health)
    return parser


def _positive(text: str) -> int:
    if not re.fullmatch("[0-9]{1,7}", text) or not 1 <= int(text) <= MAX_NUMBER:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number of 1 to {MAX_NUMBER}")
    return int(text)


def _seconds(text: str) -> float:
    if not re.fullmatch(r"[0-9]{1,5}(\.[0-9]+)?", text) or float(text) == 0:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of seconds above 0")
    return float(text)


def _complain(error: Exception | str) -> None:
    tqdm.write(f"python -m client: {_sentence(error)}", file=sys.stderr)


def _sentence(error: Exception | str) -> str:
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename}: {error.strerror}."
    request_id = getattr(error, "request_id", None)
    return f"{error} (request {request_id})" if request_id else str(error)


if __name__ == "__main__":
    sys.exit(main())
