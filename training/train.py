"""`python -m training.train dcgan --variant v1 --size 64 --data DATA --out RUN`: trains a model."""

from __future__ import annotations

import argparse
import dataclasses
import os
import sys
from pathlib import Path

from datasets.errors import RequestError

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")  # TensorFlow leaves oneDNN off on some processors it speeds up

from training.contract.config import BALANCES, TrainingConfig
from training.contract.family import Family
from training.engine.precision import PRECISIONS
from training.families import FAMILIES
from training.loop.loop import OutOfMemory, TrainingInterrupted, train


def main(arguments: list[str] | None = None) -> int:
    """Returns the exit code: 0 finished, 1 diverged, 2 bad request, 3 out of memory, 130 interrupted and resumable."""
    options = vars(_parser().parse_args(arguments))
    resume = options.pop("resume")
    kinds = options.pop("kinds")
    fields = {field.name for field in dataclasses.fields(TrainingConfig)}
    changes = {name: options.pop(name) for name in list(options) if name not in fields}
    changes = {name: value for name, value in changes.items() if value is not None}
    try:
        config = TrainingConfig(classes=tuple(kinds.split(",")) if kinds else None, changes=changes, **options)
        run = train(config, resume=resume)
    except (RequestError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except FloatingPointError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except OutOfMemory as error:
        print(f"error: {error}", file=sys.stderr)
        return 3
    except TrainingInterrupted as stopped:
        print(stopped, file=sys.stderr)
        return 130
    print(f"Trained: {run}. Next: python -m training.export {run}")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m training.train", description="Trains a model.")
    families = parser.add_subparsers(dest="family", required=True, metavar="FAMILY")
    for name, family in FAMILIES.items():
        one = families.add_parser(
            name, help=family.help, description=family.help, formatter_class=argparse.ArgumentDefaultsHelpFormatter
        )
        _add_training_options(one, family)
        _add_recipe_options(one, family)
    return parser


def _add_training_options(parser: argparse.ArgumentParser, family: Family):
    default = {field.name: field.default for field in dataclasses.fields(TrainingConfig)}
    parser.add_argument("--data", required=True, help="folder made by datasets.prepare")
    parser.add_argument("--out", required=True, help="run folder: checkpoints, samples, logs, weights")
    parser.add_argument("--size", default=default["size"], help="pixels: 64, or WIDTHxHEIGHT such as 64x128")
    parser.add_argument(
        "--kinds", "--bodies", dest="kinds", help="train on these only, such as sun,mars,earth", default=None
    )
    parser.add_argument(
        "--balance",
        choices=BALANCES,
        default=default["balance"],
        help="where classes differ in number: show at most --cap pictures of each per epoch, newly chosen; or draw "
        "pictures so that all classes are shown about equally often",
    )
    parser.add_argument("--cap", type=int, default=None, help="pictures of a class per epoch, for --balance cap")
    parser.add_argument("--epochs", type=int, default=default["epochs"], help="stop after this many")
    parser.add_argument("--minutes", type=float, default=None, help="stop earlier, after this much training")
    parser.add_argument("--batch-size", type=int, default=family.batch_size, help="pictures per step, all devices")
    parser.add_argument(
        "--strategy",
        choices=family.strategies,
        default=default["strategy"],
        help="share each batch among this machine's GPUs, or, on TensorFlow, among the machines that TF_CONFIG names",
    )
    parser.add_argument(
        "--precision", choices=PRECISIONS, default=default["precision"], help="'auto' probes for bfloat16"
    )
    parser.add_argument("--seed", type=int, default=default["seed"], help="of weights, order, and all that is drawn")
    parser.add_argument("--sample-every", type=int, default=default["sample_every"], help="epochs between previews")
    parser.add_argument("--checkpoint-every", type=int, default=default["checkpoint_every"], help="epochs between")
    parser.add_argument("--keep-checkpoints", type=int, default=default["keep_checkpoints"], help="newest ones kept")
    parser.add_argument(
        "--average",
        action="store_true",
        help="at the end, find the kept checkpoints whose mean draws best, and keep its models in average/",
    )
    parser.add_argument("--resume", action="store_true", help="continue the training in --out")


def _add_recipe_options(parser: argparse.ArgumentParser, family: Family):
    """One option per field of the recipe, left as the recipe has it unless given."""
    first = next(iter(family.recipes))
    parser.add_argument("--recipe", choices=family.recipes, default=first, help="hyperparameters to start from")
    group = parser.add_argument_group("changes to the recipe", "by default as in --recipe")
    for field in dataclasses.fields(family.recipes[first]):
        if not field.init:  # fixed by the family
            continue
        option = "--" + field.name.replace("_", "-")
        values = {name: getattr(recipe, field.name) for name, recipe in family.recipes.items()}
        values = ", ".join(f"{value} ({name})" for name, value in values.items())
        if field.type == "bool":
            group.add_argument(option, action=argparse.BooleanOptionalAction, default=None, help=values)
        else:
            kind = {"str": str, "float": float, "int": int, "Path | None": Path}[field.type]
            choices = family.choices.get(field.name)
            metavar = None if choices else kind.__name__.upper()
            group.add_argument(option, type=kind, choices=choices, default=None, metavar=metavar, help=values)


if __name__ == "__main__":
    sys.exit(main())
