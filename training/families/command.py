"""A training's configuration as the command line that asks for it."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from training.contract.config import TrainingConfig
from training.families import FAMILIES


def train_arguments(config: TrainingConfig) -> list[str]:
    """What follows `python -m training.train` to train `config`; what is as by default is left out."""
    fields = {field.name: field.default for field in dataclasses.fields(config)}
    fields["batch_size"] = FAMILIES[config.family].batch_size
    values = {name: getattr(config, name) for name, default in fields.items() if getattr(config, name) != default}
    values.pop("family", None)
    if config.classes:
        values["kinds"] = ",".join(values.pop("classes"))
    values |= values.pop("changes")
    return [config.family, *(word for name, value in values.items() for word in _option(name, value))]


def recorded_config(described: Mapping[str, Any], data: str, out: str) -> TrainingConfig:
    """The configuration that a run's `config.json` tells of, with the paths that it leaves out."""
    recipe = described["recipe"]
    fields = {field.name for field in dataclasses.fields(TrainingConfig)}
    values = {name: value for name, value in described.items() if name in fields}
    values |= {
        "data": data,
        "out": out,
        "recipe": recipe["name"],
        "changes": {name: recipe[name] for name in described["changes"]},
        "classes": tuple(described["classes"]),
    }
    return TrainingConfig(**values)


def _option(name: str, value: Any) -> list[str]:
    option = name.replace("_", "-")
    if isinstance(value, bool):
        return [f"--{option}" if value else f"--no-{option}"]
    return [f"--{option}", str(value)]
