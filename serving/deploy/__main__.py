"""`python -m serving.deploy`: writes TensorFlow Serving's configuration from what is in `saved_models/`."""

from __future__ import annotations

import argparse
import dataclasses
import sys
from collections.abc import Sequence
from pathlib import Path

from serving.backends.cards import StoredVersion, scan
from serving.backends.rollout import RolloutError, read_choices
from serving.backends.saved_model import saved_model_fault
from serving.deploy.files import BATCH_SIZES, MODELS_FILE, differing, render, write
from serving.deploy.rollout import ServedModel, plan
from serving.deploy.running import refused_moves, taken_by_file, taken_by_gateway
from serving.deploy.warmup import WARMUP_FILE, warmup_fault

_HERE = Path(__file__).resolve().parent


def main(arguments: Sequence[str] | None = None) -> int:
    """Parses the command line and writes or checks; returns the exit code: 1 if the check fails, 2 if it cannot."""
    given = _parser().parse_args(arguments)
    stored = [_checked(version) for version in scan(given.saved_models)]
    try:
        models = plan(stored, read_choices(given.rollout))
        files = render(models)
        if given.check:
            return _check(given.out, files)
        taken = taken_by_gateway(given.gateway) if given.gateway else taken_by_file(given.out / MODELS_FILE)
    except RolloutError as error:
        print(error, file=sys.stderr)
        return 2
    _tell_left_out(stored, models)
    refused = refused_moves(taken, models)
    if refused and not given.restart:
        print(
            f"Nothing was written: a TensorFlow Serving that runs now will not move {' or '.join(refused)}, which it "
            "has not loaded, and would refuse all else with it. Make that version the canary first, or give --restart "
            "if the servers will be started anew.",
            file=sys.stderr,
        )
        return 2
    try:
        write(given.out, files)
    except OSError as error:
        print(f"The configuration cannot be written into '{given.out}': {error.strerror}.", file=sys.stderr)
        return 2
    print(f"Wrote {', '.join(files)} for {len(models)} models into {given.out}.")
    return 0


def _checked(version: StoredVersion) -> StoredVersion:
    """The version with the reason, if there is one, why TensorFlow Serving could not load it: it would end over it."""
    fault = version.error or saved_model_fault(version.folder) or warmup_fault(version.folder, BATCH_SIZES[-1])
    return dataclasses.replace(version, error=fault)


def _tell_left_out(stored: Sequence[StoredVersion], models: Sequence[ServedModel]) -> None:
    """Warnings of versions that are no loss now, but would be later."""
    loaded = {(model.name, version) for model in models for version in model.versions}
    for version in stored:
        if version.error:
            print(f"Version {version.version} of '{version.name}' is left out. {version.error}", file=sys.stderr)
        elif (version.name, version.version) in loaded and not (version.folder / WARMUP_FILE).exists():
            print(
                f"Version {version.version} of '{version.name}' brings no warm-up records {WARMUP_FILE}: nothing is "
                "tried before it serves, and its first requests will be slow.",
                file=sys.stderr,
            )


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
    add("--gateway", metavar="URL", help="asks there what servers have; else they have what was written last")
    add("--restart", action="store_true", help="servers will be started anew, so that labels may move at once")
    add("--check", action="store_true", help="write nothing; exit with 1 if the files there are others")
    return parser


if __name__ == "__main__":
    sys.exit(main())
