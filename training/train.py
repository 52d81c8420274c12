"""`python -m training.train dcgan --variant v1 --size 64 --data DATA --out RUN`: trains a model."""

from __future__ import annotations

import argparse
import dataclasses
import os
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

from training.loop import TrainingConfig, TrainingInterrupted, train
from training.models.dcgan import SIZES, VARIANTS
from training.precision import PRECISIONS
from training.recipes import CHOICES, RECIPES, Recipe


def main(arguments: list[str] | None = None) -> int:
    """Returns the exit code: 0 finished, 1 diverged, 2 bad request, 130 interrupted and resumable."""
    options = vars(_parser().parse_args(arguments))
    options.pop("family")
    resume = options.pop("resume")
    bodies = options.pop("bodies")
    changes = {field.name: options.pop(field.name) for field in dataclasses.fields(Recipe)}
    changes = {name: value for name, value in changes.items() if value is not None}
    try:
        config = TrainingConfig(classes=tuple(bodies.split(",")) if bodies else None, changes=changes, **options)
        weights = train(config, resume=resume)
    except (ValueError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except FloatingPointError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except TrainingInterrupted as stopped:
        print(stopped, file=sys.stderr)
        return 130
    print(f"Trained: {weights}. Next: python -m training.export {config.out}")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m training.train", description="Trains a model.")
    families = parser.add_subparsers(dest="family", required=True, metavar="FAMILY")
    dcgan = families.add_parser(
        "dcgan", help="the DCGANs of the first Planet Generator", formatter_class=argparse.ArgumentDefaultsHelpFormatter
    )
    default = {field.name: field.default for field in dataclasses.fields(TrainingConfig)}
    dcgan.add_argument("--data", required=True, help="folder made by datasets.prepare")
    dcgan.add_argument("--out", required=True, help="run folder: checkpoints, samples, logs, weights")
    dcgan.add_argument("--variant", choices=VARIANTS, default=default["variant"], help="architecture")
    dcgan.add_argument("--size", type=int, default=default["size"], help=f"side in pixels; the presets are {SIZES}")
    dcgan.add_argument("--recipe", choices=RECIPES, default=default["recipe"], help="'original' is the first project's")
    dcgan.add_argument("--bodies", help="train on these classes only, such as sun,mars,earth", default=None)
    dcgan.add_argument("--epochs", type=int, default=default["epochs"], help="stop after this many")
    dcgan.add_argument("--minutes", type=float, default=None, help="stop earlier, after this much training")
    dcgan.add_argument("--batch-size", type=int, default=default["batch_size"], help="pictures per step")
    dcgan.add_argument(
        "--precision", choices=PRECISIONS, default=default["precision"], help="'auto' probes for bfloat16"
    )
    dcgan.add_argument("--seed", type=int, default=default["seed"], help="of weights, order, latents, augmentation")
    dcgan.add_argument("--sample-every", type=int, default=default["sample_every"], help="epochs between grids")
    dcgan.add_argument("--checkpoint-every", type=int, default=default["checkpoint_every"], help="epochs between")
    dcgan.add_argument("--keep-checkpoints", type=int, default=default["keep_checkpoints"], help="newest ones kept")
    dcgan.add_argument("--resume", action="store_true", help="continue the training in --out")
    _add_recipe_options(dcgan)
    return parser


def _add_recipe_options(parser: argparse.ArgumentParser):
    """One option per field of the recipe, left as the recipe has it unless given."""
    group = parser.add_argument_group("changes to the recipe", "see training/recipes.py; by default as in --recipe")
    for field in dataclasses.fields(Recipe):
        option = "--" + field.name.replace("_", "-")
        if field.type == "bool":
            group.add_argument(option, action=argparse.BooleanOptionalAction, default=None)
        else:
            kind = {"str": str, "float": float, "int": int}[field.type]
            choices = CHOICES.get(field.name)
            group.add_argument(option, type=kind, choices=choices, metavar=None if choices else kind.__name__.upper())


if __name__ == "__main__":
    sys.exit(main())
