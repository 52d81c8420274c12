"""`python -m training.export RUN`: a trained run becomes `saved_models/NAME/VERSION`, ready for TensorFlow Serving."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from datasets.errors import RequestError

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

from training.publishing.exporting import ExportOptions, export_run
from training.records.runs import AVERAGE, BEST


def main(arguments: list[str] | None = None) -> int:
    """Returns the exit code: 0 exported, 2 bad request."""
    parser = argparse.ArgumentParser(
        prog="python -m training.export",
        description="Exports the trained model of a run folder.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    parser.add_argument("run", type=Path, help="run folder made by training.train")
    parser.add_argument("--saved-models", type=Path, default=Path("saved_models"), help="folder to export into")
    parser.add_argument("--model", help="which of the run's models; by default the first of its family", default=None)
    parser.add_argument("--name", help="model name; by default made from the run, such as dcgan_v1_64", default=None)
    parser.add_argument("--version", type=int, help="version; by default one more than the newest", default=None)
    which = parser.add_mutually_exclusive_group()
    for name, whose in ((BEST, "best checkpoint"), (AVERAGE, "average of training.train --average")):
        told = f"export the {whose}'s model, not the last one"
        which.add_argument(f"--{name}", dest="which", action="store_const", const=name, default=None, help=told)
    parser.add_argument("--description", default=None, help="one sentence for the card; by default made from the run")
    parser.add_argument("--data-source", default="not stated", help="where the training pictures come from")
    parser.add_argument("--data-license", default="not stated", help="licence of the training pictures")
    parser.add_argument("--output-license", default="not stated", help="licence of what the model draws")
    parser.add_argument("--hardware", default="not stated", help="what it was trained on")
    options = vars(parser.parse_args(arguments))
    run = options.pop("run")
    try:
        path = export_run(run, ExportOptions(**options))
    except (RequestError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    print(f"Exported: {path}. Next: python -m serving.gateway --backend embedded --saved-models {path.parent.parent}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
