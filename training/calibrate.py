"""`python -m training.calibrate RUN --data DATA`: how well a trained classifier recognizes, and how sure it may be."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from datasets.errors import RequestError

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

from training.families.classifier.recognition import as_text, calibrate


def main(arguments: list[str] | None = None) -> int:
    """Returns the exit code: 0 measured, 2 bad request."""
    parser = argparse.ArgumentParser(
        prog="python -m training.calibrate",
        description="Fits a classifier's temperature and its 'none of these' on held-out pictures, and measures it. "
        "To be run before training.export.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    parser.add_argument("run", type=Path, help="run folder made by training.train classifier, or its folder best")
    parser.add_argument("--data", type=Path, required=True, help="the folder it was trained on")
    parser.add_argument("--maps", type=Path, default=None, help="folder of other maps, BODY.png, to draw globes from")
    options = parser.parse_args(arguments)
    try:
        print(as_text(calibrate(options.run, options.data, options.maps)))
    except (RequestError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    print(f"\nNext: python -m training.export {options.run}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
