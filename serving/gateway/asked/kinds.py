"""Kinds of planets: `earth`, an archetype such as `gas_giant`, or a mix such as `earth:0.6,mars:0.4`."""

from __future__ import annotations

import math
import re
import reprlib
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from serving.backends.base import ModelVersion
from serving.gateway.asked.parameters import Domain, parse_text, text
from serving.gateway.problems import Problem
from serving.latents import kind_index

_MAX_WEIGHT = 1000.0
_NUMBER = re.compile(r"\+?([0-9]+\.?[0-9]*|\.[0-9]+)(e[+-]?[0-9]+)?", re.IGNORECASE)


def parse_mix(text: str, parameter: str = "kind") -> dict[str, float]:
    """Shares by kind's name, in the order given; they sum to 1. `parameter` is the request's that gave the text.

    Raises:
        Problem: 422, the text is not of the form `NAME` or `NAME:WEIGHT,NAME:WEIGHT,…`.
    """
    weights: dict[str, float] = {}
    for part in text.split(","):
        name, colon, weight = (piece.strip() for piece in part.partition(":"))
        if not name:
            raise _problem("A kind has no name; write earth, or a mix such as earth:0.6,mars:0.4.", parameter)
        if name in weights:
            raise _problem(f"The kind {reprlib.repr(name)} is given twice; give each kind one weight.", parameter)
        weights[name] = _weight(name, weight, parameter) if colon else 1.0
    total = sum(weights.values())
    return {name: weight / total for name, weight in weights.items()}


SHARES = Domain(lambda name, value: parse_mix(parse_text(name, value), name), text().schema)


def mix_text(shares: Mapping[str, float]) -> str:
    """A mix as `parse_mix` reads it."""
    return ",".join(f"{name}:{share:g}" for name, share in shares.items())


def kind_rows(
    model: ModelVersion, mix: Mapping[str, float] | None, seeds: Sequence[int], parameter: str = "kind"
) -> NDArray[np.float32] | None:
    """The input `kind` of a model.

    Args:
        model: The model to draw with; its card may name archetypes, mixes of its kinds that can be asked for like them.
        mix: Shares by name of kind or archetype; None lets each seed choose one kind by `kind_index`.
        seeds: B seeds.
        parameter: The request's parameter that gave the mix.

    Returns:
        float32 of shape (B, C) whose rows sum to 1, or None if the model knows no kinds.

    Raises:
        Problem: 422, the model knows no kinds, or not these.
    """
    names = list(model.card.get("class_names") or ())
    if not names:
        if mix is not None:
            raise _problem(
                f"The model {model.name} knows no kinds; leave {parameter} out or choose another model.", parameter
            )
        return None
    rows = np.zeros((len(seeds), len(names)), np.float32)
    if mix is None:
        rows[range(len(seeds)), [kind_index(seed, len(names)) for seed in seeds]] = 1.0
        return rows
    known = {name: {name: 1.0} for name in names} | dict(model.card.get("archetypes", {}))
    for name, share in mix.items():
        if name not in known:
            detail = f"The model {model.name} knows no kind {reprlib.repr(name)}; its kinds: {', '.join(known)}."
            raise _problem(detail, parameter)
        for kind, part in known[name].items():
            rows[:, names.index(kind)] += share * part
    return rows


def _weight(name: str, text: str, parameter: str) -> float:
    weight = float(text) if _NUMBER.fullmatch(text) else math.nan
    if not 0.0 < weight <= _MAX_WEIGHT:
        shown = f"The weight of {reprlib.repr(name)} is {reprlib.repr(text)}"
        raise _problem(f"{shown}; it must be a number above 0, at most {_MAX_WEIGHT:.0f}.", parameter)
    return weight


def _problem(detail: str, parameter: str) -> Problem:
    return Problem(422, detail, parameter=parameter)
