"""`python -m serving.deploy`: writes TensorFlow Serving's configuration from what is in `saved_models/`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from serving.backends.cards import scan
from serving.backends.rollout import RolloutError, read_choices
from serving.deploy.files import differing, refused_moves, render, write
from serving.deploy.rollout import plan

_HERE = Path(__file__).resolve().parent


def main(arguments: Sequence[str] | None = None) -> int:
    """Parses the command line and writes or checks; returns the exit code: 1 if the check fails, 2 if it cannot."""
    given = _parser().parse_args(arguments)
    try:
        models = plan(scan(given.saved_models), read_choices(given.rollout))
    except RolloutError as error:
        print(error, file=sys.stderr)
        return 2
    files = render(models)
    if given.check:
        return _check(given.out, files)
    try:
        refused = refused_moves(given.out, models)
        write(given.out, files)
    except OSError as error:
        print(f"The configuration cannot be written into '{given.out}': {error.strerror}.", file=sys.stderr)
        return 2
    for move in refused:
        print(
            f"A TensorFlow Serving that runs now will not move {move}, which it has not loaded: make that version the "
            "canary first, or restart it.",
            file=sys.stderr,
        )
    print(f"Wrote {', '.join(files)} for {len(models)} models into {given.out}.")
    return 0


def _check(folder: Path, files: dict[str, str]) -> int:
    stale = differing(folder, files)
    if not stale:
        return 0
    print(
        f"{' and '.join(stale)} in {folder} {'are' if len(stale) > 1 else 'is'} not what saved_models/ and "
        "rollout.toml ask for: run python -m serving.deploy and commit what it writes.",
        file=sys.stderr,
    )
    return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m serving.deploy",
        description="Writes TensorFlow Serving's configuration from what is in saved_models/.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    add = parser.add_argument
    add("--saved-models", type=Path, default=Path("saved_models"), metavar="FOLDER", help="holds NAME/VERSION/ models")
    add(
        "--rollout", type=Path, default=_HERE / "rollout.toml", metavar="FILE", help="which version is stable or canary"
    )
    add("--out", type=Path, default=_HERE / "config", metavar="FOLDER", help="where the files go")
    add("--check", action="store_true", help="write nothing; exit with 1 if the files there are others")
    return parser


if __name__ == "__main__":
    sys.exit(main())
