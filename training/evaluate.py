"""`python -m training.evaluate saved_models/NAME --data DATA`: how good a generator is, written into its card."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from datasets.errors import RequestError

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

from training.measure.evaluation import DEFAULT_CLASSIFIER, EvaluationOptions, evaluate
from training.measure.features.extractors import EXTRACTORS
from training.measure.scorecard import as_json, as_table, save_to_card
from training.records.files import write_text
from training.records.grids import save_picture


def main(arguments: list[str] | None = None) -> int:
    """Returns the exit code: 0 measured, 2 bad request, 130 interrupted."""
    options = vars(_parser().parse_args(arguments))
    model, data = options.pop("model"), options.pop("data")
    json_file, picture, card = options.pop("json"), options.pop("neighbors"), options.pop("card")
    try:
        result = evaluate(model, data, EvaluationOptions(**options))
        if picture:
            save_picture(result.neighbors, picture)
        if json_file:
            write_text(json_file, as_json(result.metrics))
        written = save_to_card(result.folder, result.metrics) if card else json_file
    except (RequestError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("Stopped: nothing was written.", file=sys.stderr)
        return 130
    print(as_table(result.metrics))
    if written:
        print(f"\nWritten: {written}")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m training.evaluate",
        description="Measures a generator against pictures that it never saw, and writes the figures into its card.",
        epilog=_READING,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("model", type=Path, help="saved_models/NAME (its newest version) or saved_models/NAME/VERSION")
    parser.add_argument("--data", type=Path, required=True, help="folder made by datasets.prepare")
    default = EvaluationOptions()
    parser.add_argument("--count", type=int, default=default.count, help=f"pictures of each size ({default.count})")
    parser.add_argument("--seed", type=int, default=default.seed, help=f"of latents and subsets ({default.seed})")
    parser.add_argument(
        "--features",
        choices=EXTRACTORS,
        default=default.features,
        help=f"of which network to compare ({default.features}, fetched once by training.yardstick)",
    )
    parser.add_argument(
        "--weights", type=Path, metavar="FILE", help="that network's: EfficientNet's .pth or InceptionV3's .h5, no top"
    )
    parser.add_argument(
        "--classifier", type=Path, metavar="FOLDER", help=f"by default {DEFAULT_CLASSIFIER} beside the model"
    )
    parser.add_argument("--own-size-only", action="store_true", help="leave out further sizes that the model draws")
    parser.add_argument("--neighbors", type=Path, metavar="PNG", help="write a picture of nearest neighbors there")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there, too")
    parser.add_argument("--no-card", dest="card", action="store_false", help="leave the model's card as it is")
    return parser


_READING = """\
how to read the figures (compare only those by the same features, of the same size and as many pictures):
  KID×1000      distance from held-out pictures; floor: that of training pictures, as good as it gets
  density       how deep among real pictures; coverage: share of real pictures matched; real: of other real ones;
                held out: against these alone, which are fewer, so that more counts as near
  memorization  median distance to the nearest training picture, over that of held-out pictures; well below 1: copies
  diversity     mean distance of two generated pictures, over that of two real ones
  share         of all pictures, by the classifier; accuracy: the classifier sees the kind that was asked for
  middle        62 % of width and height, without limb and sky: the textures by themselves
"""

if __name__ == "__main__":
    sys.exit(main())
