"""What a training may be continued with: all that its models depend on must be as it began."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from datasets.errors import RequestError

# What only says how long, how often something is shown or kept, and where. A checkpoint goes on with any of these.
FREE = (
    *("data", "out", "epochs", "minutes", "sample_every", "checkpoint_every", "keep_checkpoints", "average"),
    *("strategy", "devices", "keras", "backend"),
)
_SHAPES = ("width",)  # factors of the networks' widths, numbers like the weights of losses though they are


def check_continuing(run: str, recorded: Mapping[str, Any], asked: Mapping[str, Any]) -> dict[str, list[Any]]:
    """Compares what a run recorded with what is asked for now, both as its `config.json`.

    Rates, weights of losses, probabilities and the like may change, as the recipe's floats do: a training settles with
    lower rates. What it shows, draws and computes with may not.

    Returns:
        What changes and may, by name: what it was and what it will be.

    Raises:
        RequestError: Something that the models depend on is another; the text names all of it.
    """
    before, now = _flat(recorded), _flat(asked)
    changed = {
        name: [before[name], value]
        for name, value in now.items()
        if name in before and value != before[name] and not _follows(name, value)
    }
    refused = {name: pair for name, pair in changed.items() if not _may_change(name, *pair)}
    if refused:
        differences = "; ".join(_told(name, was, now) for name, (was, now) in refused.items())
        raise RequestError(
            f"{run} can't be continued as another training: {differences}. "
            "Ask for what it began with, or choose another --out."
        )
    return changed


def told(changed: Mapping[str, list[Any]]) -> str:
    """Changes in words: `epochs 5 instead of 3, kind_weight 2.0 instead of 1.0`."""
    return ", ".join(f"{name} {now} instead of {was}" for name, (was, now) in changed.items())


def _follows(name: str, now: Any) -> bool:
    """Whether a value follows from others, or is the folder that a training began with."""
    begun_with = name == "recipe.init_from" and now is None
    chiefs = name == "data_sha256" and now is None  # the other processes leave it to the chief
    return begun_with or chiefs or name in ("changes", "continued") or name.endswith("_parameters")


def _may_change(name: str, was: Any, now: Any) -> bool:
    if name in FREE:
        return True
    kind, _, setting = name.partition(".")
    numbers = all(isinstance(value, int | float) and not isinstance(value, bool) for value in (was, now))
    return kind == "recipe" and numbers and float in (type(was), type(now)) and setting not in _SHAPES


def _told(name: str, was: Any, now: Any) -> str:
    if name == "recipe.name":
        return f"recipe {now} is another recipe than its {was}"
    if name == "data_sha256":
        return "the pictures, their order or their labels are not those that it was shown"
    option = name.removeprefix("recipe.")
    return f"{option} is {_words(now)} now and was {_words(was)}"


def _words(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)


def _flat(config: Mapping[str, Any]) -> dict[str, Any]:
    """The settings of the recipe beside all others, as `recipe.NAME`."""
    others = {name: value for name, value in config.items() if name != "recipe"}
    return others | {f"recipe.{name}": value for name, value in config["recipe"].items()}
