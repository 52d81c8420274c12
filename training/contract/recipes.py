"""Checks of recipes: what their fields may be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from datasets.errors import RequestError


def check_ramp(recipe):
    """Raises `RequestError` for a recipe whose ramp of the kinds can't be."""
    if not 0 <= recipe.ramp_start <= recipe.ramp_end <= 1:
        raise RequestError(
            f"ramp_start is {recipe.ramp_start} and ramp_end {recipe.ramp_end}: both must be in 0..1, in this order."
        )


def check_ranges(recipe, shares: Sequence[str] = (), positive: Sequence[str] = (), at_least_0: Sequence[str] = ()):
    """Raises `RequestError` for the first of a recipe's fields that is no share in 0..1, not above 0, or below 0."""
    for name in shares:
        if not 0 <= getattr(recipe, name) <= 1:
            raise RequestError(f"{name} is {getattr(recipe, name)}: it must be in 0..1.")
    for name in positive:
        if not getattr(recipe, name) > 0:
            raise RequestError(f"{name} is {getattr(recipe, name)}: it must be above 0.")
    for name in at_least_0:
        if not getattr(recipe, name) >= 0:
            raise RequestError(f"{name} is {getattr(recipe, name)}: it must be at least 0.")


def check_filters(recipe, *names: str):
    """Raises `RequestError` for the first of a recipe's numbers of filters that is below 1."""
    for name in names:
        if getattr(recipe, name) < 1:
            raise RequestError(f"{name} is {getattr(recipe, name)}: it must be at least 1.")


def check_choices(recipe, choices: Mapping[str, Sequence[str]]):
    """Raises `RequestError` for a field of a recipe that is none of its choices."""
    for name, allowed in choices.items():
        if getattr(recipe, name) not in allowed:
            raise RequestError(f"{name} is {getattr(recipe, name)!r}: choose one of {', '.join(allowed)}.")
