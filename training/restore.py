"""`python -m training.restore saved_models/planet_v3_64 RUN`: a published model as a run that `--init-from` takes."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from datasets.errors import RequestError

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

from training.publishing.restoring import restore_run


def main(arguments: list[str] | None = None) -> int:
    """Returns the exit code: 0 restored, 2 bad request."""
    parser = argparse.ArgumentParser(
        prog="python -m training.restore",
        description="Makes a published model the beginning of a training: training.train refiner --base RUN, and, if "
        "its discriminator is published, too, training.train FAMILY --init-from RUN.",
    )
    parser.add_argument("model", type=Path, help="saved_models/NAME[/VERSION] of a generator, its discriminator beside")
    parser.add_argument("run", type=Path, help="new folder for the weights")
    options = parser.parse_args(arguments)
    try:
        run = restore_run(options.model, options.run)
    except (RequestError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    print(f"Restored: {run}. Next: python -m training.train refiner --base {run} --data DATA --size SIZE --out OUT")
    return 0


if __name__ == "__main__":
    sys.exit(main())
