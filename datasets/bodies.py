"""The twelve bodies, their order, and the folder names under which raw data knows them."""

from __future__ import annotations

from collections.abc import Iterable

BODIES = (
    "ceres", "earth", "eris", "haumea", "jupiter", "makemake",
    "mars", "mercury", "moon", "pluto", "sun", "venus",
)  # fmt: skip

ALIASES = {"hamuea": "haumea", "earth_moon": "moon"}


def class_of_folder(name: str) -> str:
    """The class that a raw folder holds: one of `BODIES` by name or alias, in any case, else the name as it is."""
    body = ALIASES.get(name.lower(), name.lower())
    return body if body in BODIES else name


def class_order(names: Iterable[str]) -> tuple[str, ...]:
    """Distinct class names in index order: bodies as in `BODIES`, then all others alphabetically."""
    names = set(names)
    return (*(body for body in BODIES if body in names), *sorted(names.difference(BODIES)))
