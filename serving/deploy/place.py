"""`python -m serving.deploy.place FROM TO`: puts versions where servers read them, each whole at once.

TensorFlow Serving loads a version as soon as its folder is there, and one that waits for it ends, with all its models,
if the folder fills up under its eyes. So each is copied under a name that no server reads, and renamed.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from serving.backends.cards import StoredVersion, scan
from serving.backends.saved_model import saved_model_fault


def main(arguments: Sequence[str] | None = None) -> int:
    """Parses the command line and places; returns the exit code: 1 if a version was left out, 2 if all were."""
    parser = argparse.ArgumentParser(prog="python -m serving.deploy.place", description=__doc__.splitlines()[0])
    parser.add_argument("source", type=Path, metavar="FROM", help="holds NAME/VERSION/ models")
    parser.add_argument("target", type=Path, metavar="TO", help="where servers read them; versions there are kept")
    given = parser.parse_args(arguments)
    versions = scan(given.source)
    if not versions:
        print(f"'{given.source}' holds no model: name a folder that holds NAME/VERSION folders.", file=sys.stderr)
        return 2
    faults = 0
    for version in versions:
        fault = place(version, given.target)
        faults += bool(fault)
        print(fault or f"{version.name}/{version.version} is in {given.target}.", file=sys.stderr if fault else None)
    return 1 if faults else 0


def place(version: StoredVersion, target: Path) -> str:
    """Copies one version beside its place and renames it; returns why it was left out, one sentence, or `""`.

    A version that is there already stays as it is, for a version never changes.
    """
    final = target / version.name / str(version.version)
    fault = version.error or saved_model_fault(version.folder)
    if fault:
        return f"Version {version.version} of '{version.name}' is left out. {fault}"
    if final.exists():
        return ""
    partial = final.parent / f".{version.version}.partial"
    try:
        final.parent.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(partial, ignore_errors=True)  # of a copy that was cut short
        shutil.copytree(version.folder, partial)
        os.rename(partial, final)
    except OSError as error:  # of shutil.Error too, which has no strerror
        shutil.rmtree(partial, ignore_errors=True)
        reason = error.strerror or f"{len(error.args[0])} files could not be copied"
        return f"Version {version.version} of '{version.name}' is left out: {reason} in '{final.parent}'."
    return ""


if __name__ == "__main__":
    sys.exit(main())
