"""`python -m training.sweep PRESET … --data DATA --out RUNS`: trains several presets and compares them."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from datasets.errors import RequestError
from training.contract.config import TrainingConfig
from training.sweeps.comparison import write_comparison
from training.sweeps.presets import PRESETS, preset
from training.sweeps.sweep import sweep


def main(arguments: list[str] | None = None) -> int:
    """Returns the exit code: 0 all finished, 1 some failed, 2 bad request, 130 stopped and resumable."""
    parser = argparse.ArgumentParser(
        prog="python -m training.sweep",
        description="Trains presets, each in a process of its own, and compares them in OUT/comparison.md and .png.",
        epilog=f"Presets: {', '.join(PRESETS)}. Other options go to each training, see training.train --help.",
        allow_abbrev=False,
    )
    parser.add_argument("presets", nargs="+", metavar="PRESET", help="what to train, in this order")
    parser.add_argument("--data", required=True, help="folder made by datasets.prepare")
    parser.add_argument("--out", required=True, type=Path, help="folder of the run folders, each named as its preset")
    parser.add_argument("--jobs", type=int, default=1, help="trainings at once, which share the processor")
    parser.add_argument("--epochs", type=int, default=TrainingConfig.epochs, help="as in training.train")
    parser.add_argument("--minutes", type=float, default=None, help="as in training.train, for each")
    parser.add_argument("--resume", action="store_true", help="continue what a former sweep began, skip what is done")
    options, passed_on = parser.parse_known_args(arguments)
    try:
        configs = {
            name: preset(
                name, data=options.data, out=str(options.out / name), epochs=options.epochs, minutes=options.minutes
            )
            for name in options.presets
        }
        outcomes = sweep(configs, options.jobs, options.resume, passed_on)
        picture = write_comparison(options.out, {name: outcome.status for name, outcome in outcomes.items()})
    except (RequestError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    print(f"Compared: {picture}")
    codes = {outcome.code for outcome in outcomes.values()}
    if 130 in codes:
        print("Stopped, all is saved: run the same command with --resume to continue.", file=sys.stderr)
        return 130
    return 1 if codes != {0} else 0


if __name__ == "__main__":
    sys.exit(main())
