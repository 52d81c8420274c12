"""The twelve bodies, their order, and the folder names under which raw data knows them."""

from __future__ import annotations

from collections.abc import Iterable

BODIES = (
    "ceres", "earth", "eris", "haumea", "jupiter", "makemake",
    "mars", "mercury", "moon", "pluto", "sun", "venus",
)  # fmt: skip

ALIASES = {"hamuea": "haumea", "earth_moon": "moon"}
SHINING = ("sun",)  # bodies that no other lights

MAP_SUFFIXES = (".png", ".jpg", ".jpeg", ".webp")
MAP_ALIASES = {"earth-clouds": "earth", "moon_4k": "moon"}  # best maps of Stellarium, where it has several

AXES = {
    "earth": (1, 0.9966, 1),
    "jupiter": (1, 0.9351, 1),
    "mars": (1, 0.9941, 1),
    "saturn": (1, 0.9020, 1),
    "uranus": (1, 0.9771, 1),
    "neptune": (1, 0.9829, 1),
    "ceres": (0.9987, 0.9250, 1),
    "haumea": (0.49, 0.74, 1),  # upright on its middle axis, as NASA's globe stands
}  # semi-axes to 90° east, to the north pole and to longitude 0, in shares of the longest; all others are spheres


def class_of_folder(name: str) -> str:
    """The class that a raw folder holds: one of `BODIES` by name or alias, in any case, else the name as it is."""
    body = ALIASES.get(name.lower(), name.lower())
    return body if body in BODIES else name


def body_of_map(stem: str) -> str:
    """The body that a map shows by its file name without its end: `mars`, `mars_viking` and `earth-clouds`."""
    stem = stem.lower()
    return MAP_ALIASES.get(stem) or class_of_folder(stem.split("_")[0])


def class_order(names: Iterable[str]) -> tuple[str, ...]:
    """Distinct class names in index order: bodies as in `BODIES`, then all others alphabetically."""
    names = set(names)
    return (*(body for body in BODIES if body in names), *sorted(names.difference(BODIES)))
