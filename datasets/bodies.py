"""The twelve bodies, their order, and the folder names under which raw data knows them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

BODIES = (
    "ceres", "earth", "eris", "haumea", "jupiter", "makemake",
    "mars", "mercury", "moon", "pluto", "sun", "venus",
)  # fmt: skip

ALIASES = {"hamuea": "haumea", "earth_moon": "moon"}
SHINING = ("sun",)  # bodies that no other lights

MAP_SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".tif", ".tiff")
MAP_ALIASES = {"earth-clouds": "earth", "moon_4k": "moon"}  # best maps of Stellarium, where it has several
MAP_WORDS = {
    **dict.fromkeys(("world", "bluemarble", "marble", "bmng", "land"), "earth"),  # NASA's Visible Earth
    **dict.fromkeys(("lroc", "lunar"), "moon"),  # NASA's CGI Moon Kit, USGS Astrogeology
}  # in names of files, what tells of a body without naming it
OTHER_BODIES = (
    *("saturn", "uranus", "neptune", "vesta", "charon", "phobos", "deimos", "io", "europa", "ganymede", "callisto"),
    *("mimas", "enceladus", "tethys", "dione", "rhea", "titan", "iapetus", "phoebe", "triton"),
    *("miranda", "ariel", "umbriel", "titania", "oberon"),
)  # that maps are of, too

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
    """The class that a raw folder holds: one of `BODIES` by name or alias, in any case, else the name as it is.

    Accents are spelled as one character each (NFC), however the disk spells them.
    """
    body = ALIASES.get(name.lower(), name.lower())
    return body if body in BODIES else unicodedata.normalize("NFC", name)


def body_of_map(stem: str) -> str:
    """The body that a map shows by its file name without its end, wherever in it the body stands.

    `mars`, `mars_viking` and `earth-clouds`; `8k_jupiter`, `Mercury_MESSENGER_MDIS_665m`, `lroc_color_poles_8k`,
    `world.topo.bathy.200412.3x21600x10800`. A name that tells of none is a body's own, up to its first `_`.
    """
    stem = stem.lower()
    if body := MAP_ALIASES.get(stem):
        return body
    for word in (stem, *words_of_map(stem)):
        body = class_of_folder(MAP_WORDS.get(word, word))
        if body in BODIES or body in OTHER_BODIES:
            return body
    return class_of_folder(stem.split("_")[0])


def words_of_map(stem: str) -> list[str]:
    """The words in a map's file name, in small letters, without numbers."""
    return [word for word in re.split(r"[^a-z]+", stem.lower()) if word]


def class_order(names: Iterable[str]) -> tuple[str, ...]:
    """Distinct class names in index order: bodies as in `BODIES`, then all others alphabetically."""
    names = set(names)
    return (*(body for body in BODIES if body in names), *sorted(names.difference(BODIES)))
