"""`python -m training.compare --data DATA --out RUNS`: trains families of generators on equal terms."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from datasets.errors import RequestError

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

from training.contract.config import TrainingConfig
from training.families import FAMILIES
from training.measure.evaluation import EvaluationOptions
from training.measure.features.weights import fetched_weights
from training.sweeps.family_comparison import write_family_comparison
from training.sweeps.sweep import sweep

DRAWING = tuple(name for name, family in FAMILIES.items() if "generator" in family.exports)


def main(arguments: list[str] | None = None) -> int:
    """Returns the exit code: 0 all compared, 1 some failed, 2 bad request, 130 stopped and resumable."""
    options, passed_on = _parser().parse_known_args(arguments)
    try:
        for family in options.families:
            if family not in DRAWING:
                raise RequestError(f"{family!r} is no family that draws: choose from {', '.join(DRAWING)}.")
        configs = {
            family: TrainingConfig(
                data=options.data,
                out=str(options.out / family),
                family=family,
                size=options.size,
                epochs=options.epochs,
                batch_size=options.batch_size,
            )
            for family in options.families
        }
        weights = options.weights or fetched_weights()  # before hours of training
        outcomes = sweep(configs, resume=options.resume, passed_on=passed_on)
        finished = [name for name, outcome in outcomes.items() if outcome.code == 0]
        if finished:
            measuring = EvaluationOptions(options.count, weights=weights, classifier=options.classifier)
            print(f"Compared: {write_family_comparison(options.out, finished, Path(options.data), measuring)}")
    except (RequestError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    for name, outcome in outcomes.items():
        if outcome.code:
            print(f"{name} {outcome.status}", file=sys.stderr)
    codes = {outcome.code for outcome in outcomes.values()}
    if 130 in codes:
        print("Stopped, all is saved: run the same command with --resume to continue.", file=sys.stderr)
        return 130
    return 1 if codes != {0} else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m training.compare",
        description="Trains families of models on the same pictures, each in a process of its own and for as many "
        "pictures shown, and writes OUT/comparison.md and .png.",
        epilog="Other options go to each training, see training.train --help.",
        allow_abbrev=False,
    )
    parser.add_argument("families", nargs="*", default=DRAWING, metavar="FAMILY", help=f"of {', '.join(DRAWING)}; all")
    parser.add_argument("--data", required=True, help="folder made by datasets.prepare")
    parser.add_argument("--out", required=True, type=Path, help="folder of the run folders, each named as its family")
    parser.add_argument("--size", default=TrainingConfig.size, help="as in training.train")
    parser.add_argument("--epochs", type=int, default=TrainingConfig.epochs, help="as in training.train, for each")
    parser.add_argument("--batch-size", type=int, default=TrainingConfig.batch_size, help="as in training.train")
    parser.add_argument(
        "--count", type=int, default=EvaluationOptions.count, help="pictures of each family to measure (%(default)s)"
    )
    parser.add_argument(
        "--classifier",
        type=Path,
        default=Path("saved_models/classifier_64"),
        metavar="FOLDER",
        help="tells kinds (%(default)s)",
    )
    parser.add_argument(
        "--weights",
        type=Path,
        metavar="FILE",
        help="of the network whose features are compared",
    )
    parser.add_argument("--resume", action="store_true", help="continue what was begun, skip what is done")
    return parser


if __name__ == "__main__":
    sys.exit(main())
