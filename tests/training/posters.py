"""Draws film posters of 20 genres with labels, a stand-in for real ones: `python -m tests.training.posters OUT`.

Each genre has a palette and an emblem; a poster of several genres shows all their emblems, its sky running from the
palette of the first to that of the last. `OUT/posters.csv` says which file is of which genres, for
`python -m datasets.prepare OUT/pictures DATA --labels OUT/posters.csv --plain --sizes 64x128`.
"""

from __future__ import annotations

import argparse
import csv
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image, ImageColor, ImageDraw

from datasets.manifest import Size

SIZE = Size(128, 256)

_OVERSAMPLING = 4


class Genre(NamedTuple):
    """How a genre looks.

    Attributes:
        sky: Colors at the top and at the bottom.
        emblem: Shapes from back to front: `(kind, color, coordinates)` in a square from 0, 0 at the top left to
            100, 100; of kind `oval` and `box` (left, top, right, bottom), `ring` (the same, 7 wide), `area` (x, y, …)
            and `line` (x, y, …; 7 wide).
    """

    sky: tuple[str, str]
    emblem: tuple[tuple[str, str, tuple[float, ...]], ...]


def _star(points: int, inner: float, x: float = 50, y: float = 50, radius: float = 50) -> tuple[float, ...]:
    """Corners of a star whose notches lie at the share `inner` of its radius."""
    angles = np.arange(2 * points) * np.pi / points - np.pi / 2
    radii = radius * np.where(np.arange(2 * points) % 2, inner, 1.0)
    return tuple(np.stack([x + radii * np.cos(angles), y + radii * np.sin(angles)], axis=1).ravel())


# The most frequent genres first.
GENRES = {
    "drama": Genre(("#3b2350", "#12081c"), (
        ("oval", "#f3ead8", (12, 5, 88, 95)), ("area", "#8d5fb0", (50, 5, 78, 16, 88, 50, 78, 84, 50, 95)),
        ("oval", "#12081c", (25, 32, 42, 44)), ("oval", "#12081c", (58, 32, 75, 44)),
        ("line", "#12081c", (32, 74, 42, 66, 58, 66, 68, 74)),
    )),
    "comedy": Genre(("#fff3b0", "#ffb347"), (
        ("oval", "#ffd400", (3, 3, 97, 97)), ("oval", "#3a2a00", (26, 26, 40, 46)),
        ("oval", "#3a2a00", (60, 26, 74, 46)), ("area", "#c0392b", (20, 56, 80, 56, 70, 78, 50, 85, 30, 78)),
    )),
    "action": Genre(("#5a0f00", "#ff7b00"), (
        ("area", "#ff3d00", _star(9, 0.55)), ("area", "#ffc400", _star(9, 0.5, radius=36)),
        ("oval", "#fffbe0", (36, 36, 64, 64)),
    )),
    "romance": Genre(("#ffd6e4", "#ff8fb1"), (
        ("oval", "#d81b60", (4, 10, 54, 60)), ("oval", "#d81b60", (46, 10, 96, 60)),
        ("area", "#d81b60", (8, 48, 92, 48, 50, 97)), ("oval", "#ffb3cd", (16, 20, 30, 34)),
    )),
    "thriller": Genre(("#101010", "#4d0008"), (
        ("area", "#e6e6e6", (62, 0, 20, 56, 46, 56, 34, 100, 82, 38, 54, 38)),
        ("area", "#ff1a2e", (62, 0, 54, 38, 82, 38, 34, 100, 48, 47, 40, 47)),
    )),
    "crime": Genre(("#6b6f75", "#24272b"), (
        ("box", "#d9a441", (8, 20, 92, 92)), *(("box", "#0c0d0f", (x, 0, x + 8, 100)) for x in (6, 26, 46, 66, 86)),
        ("box", "#0c0d0f", (0, 0, 100, 9)), ("box", "#0c0d0f", (0, 91, 100, 100)),
    )),
    "horror": Genre(("#050505", "#1d0000"), (
        ("oval", "#e9e4d4", (10, 0, 90, 76)), ("box", "#e9e4d4", (30, 60, 70, 98)),
        ("oval", "#b30000", (22, 28, 45, 54)), ("oval", "#b30000", (55, 28, 78, 54)),
        ("area", "#050505", (50, 54, 44, 66, 56, 66)), *(("box", "#050505", (x, 78, x + 3, 98)) for x in (39, 49, 59)),
    )),
    "adventure": Genre(("#bfe8ff", "#2e8b57"), (
        ("oval", "#ffe14d", (60, 2, 94, 36)), ("area", "#1f5f3a", (0, 98, 38, 18, 76, 98)),
        ("area", "#ffffff", (38, 18, 26, 44, 38, 38, 50, 44)), ("area", "#123d25", (44, 98, 74, 44, 100, 98)),
    )),
    "documentary": Genre(("#e6eef0", "#9fb4b8"), (
        ("box", "#1f2d30", (4, 30, 70, 82)), ("area", "#1f2d30", (72, 50, 98, 34, 98, 78, 72, 62)),
        ("oval", "#1f2d30", (6, 4, 34, 32)), ("oval", "#1f2d30", (40, 4, 68, 32)),
        ("oval", "#2fb6a8", (24, 42, 52, 70)),
    )),
    "science_fiction": Genre(("#03061c", "#0b2f6b"), (
        ("oval", "#27d3ff", (24, 24, 76, 76)), ("oval", "#0f7fb8", (34, 40, 76, 76)),
        ("line", "#f2f2ff", (0, 70, 50, 53, 100, 30)), *(("area", "#ffffff", _star(4, 0.3, x, y, 8)) for x, y in (
            (12, 14), (86, 84), (88, 8))),
    )),
    "fantasy": Genre(("#c9a7ff", "#4b1d8f"), (
        ("box", "#2a0f57", (14, 50, 86, 98)), *(("box", "#2a0f57", (x, 30, x + 18, 60)) for x in (8, 41, 74)),
        *(("area", "#ff5ef7", (x - 3, 32, x + 9, 2, x + 21, 32)) for x in (8, 41, 74)),
        ("oval", "#ffe680", (40, 66, 60, 110)),
    )),
    "animation": Genre(("#7be0ff", "#b6ff7a"), (
        ("line", "#ffffff", (24, 40, 50, 98, 76, 40)), ("line", "#ffffff", (50, 30, 50, 98)),
        ("oval", "#ff3b6b", (2, 8, 42, 52)), ("oval", "#7d3cff", (58, 8, 98, 52)), ("oval", "#ff9d00", (30, 0, 70, 44)),
    )),
    "family": Genre(("#d8f5d0", "#8fd3f4"), (
        ("box", "#ffb4a2", (14, 44, 86, 98)), ("area", "#e5596d", (2, 48, 50, 4, 98, 48)),
        ("box", "#6d4c41", (42, 64, 58, 98)), *(("box", "#fff6c9", (x, 56, x + 16, 72)) for x in (20, 64)),
    )),
    "mystery": Genre(("#0a1a33", "#1f4f66"), (
        ("oval", "#f0c75e", (10, 2, 90, 82)), ("oval", "#0a1a33", (33, 16, 67, 50)),
        ("area", "#0a1a33", (44, 40, 56, 40, 66, 72, 34, 72)), ("area", "#f0c75e", (26, 78, 74, 78, 66, 98, 34, 98)),
    )),
    "war": Genre(("#8a8f5a", "#3c4020"), (
        ("oval", "#20240f", (0, 0, 100, 100)), ("oval", "#c8cc96", (8, 8, 92, 92)), ("area", "#20240f", _star(5, 0.38)),
    )),
    "history": Genre(("#f2e3c0", "#b08d57"), (
        ("area", "#7a5c2e", (0, 30, 50, 2, 100, 30)), ("box", "#7a5c2e", (0, 86, 100, 98)),
        *(("box", "#fffaf0", (x, 34, x + 12, 86)) for x in (8, 32, 56, 80)),
    )),
    "music": Genre(("#ff2fa0", "#5b00b5"), (
        ("oval", "#101010", (6, 68, 40, 96)), ("oval", "#101010", (58, 58, 92, 86)),
        ("box", "#101010", (31, 14, 40, 84)), ("box", "#101010", (83, 4, 92, 74)),
        ("area", "#00ffd0", (31, 14, 92, 2, 92, 20, 31, 32)),
    )),
    "sport": Genre(("#35c24a", "#0f6b22"), (
        ("ring", "#ffffff", (0, 0, 100, 100)), ("oval", "#ff7a1a", (14, 14, 86, 86)),
        ("line", "#1a1a1a", (50, 14, 50, 86)), ("line", "#1a1a1a", (14, 50, 86, 50)),
    )),
    "biography": Genre(("#e8d3b0", "#6b4a2b"), (
        ("oval", "#fff4dd", (6, 0, 94, 100)), ("oval", "#3a2413", (33, 14, 67, 54)),
        ("area", "#3a2413", (16, 92, 26, 64, 50, 56, 74, 64, 84, 92, 50, 99)),
    )),
    "western": Genre(("#ff9a3c", "#7a2b0a"), (
        ("oval", "#ffe9a8", (10, 6, 90, 86)), ("box", "#1d4d2b", (42, 8, 58, 98)),
        ("box", "#1d4d2b", (16, 28, 28, 58)), ("box", "#1d4d2b", (16, 50, 50, 62)),
        ("box", "#1d4d2b", (72, 18, 84, 48)), ("box", "#1d4d2b", (50, 38, 84, 50)),
    )),
}  # fmt: skip


def write_posters(folder: Path, count: int, size: Size = SIZE, seed: int = 0) -> Path:
    """Writes `pictures/00000.png` and so on, and `posters.csv`; more of them begin with the same ones.

    Args:
        folder: To write into.
        count: Of the posters, each of one to three genres; the rarest one has about 4 % of them.
        size: Of the posters.
        seed: Of all that varies.

    Returns:
        The CSV file, with columns `file`, below `pictures`, and `labels`, separated by `|`.
    """
    shares = 1.0 / (np.arange(len(GENRES)) + 4.0)
    shares /= shares.sum()
    table = folder / "posters.csv"
    (folder / "pictures").mkdir(parents=True, exist_ok=True)
    with table.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["file", "labels"])
        for index in range(count):
            random = np.random.default_rng([seed, index])
            genres = random.choice(list(GENRES), random.choice([1, 2, 3], p=[0.4, 0.4, 0.2]), replace=False, p=shares)
            draw_poster(genres, size, random).save(folder / "pictures" / f"{index:05d}.png", compress_level=1)
            writer.writerow([f"{index:05d}.png", "|".join(genres)])
    return table


def draw_poster(genres: Sequence[str], size: Size, random: np.random.Generator) -> Image.Image:
    """A poster of one to three genres; place, size, tilt, colors and title vary."""
    width, height = size.width * _OVERSAMPLING, size.height * _OVERSAMPLING
    poster = _sky(GENRES[genres[0]].sky[0], GENRES[genres[-1]].sky[1], (width, height), random)
    room = 0.82 * height / len(genres)  # the title stands below
    side = min(0.86 * width, 0.9 * room)
    for place, name in enumerate(genres):
        emblem = _emblem(GENRES[name], round(side * random.uniform(0.85, 1.0)), random)
        slack = np.array([width - emblem.width, room - emblem.height]) / 2
        left, top = slack * random.uniform(0.4, 1.6, 2) + (0, 0.03 * height + place * room)
        poster.paste(emblem, (round(left), round(top)), emblem)
    _title(poster, random)
    return poster.resize(tuple(size), Image.Resampling.BOX)


def _sky(top: str, bottom: str, size: tuple[int, int], random: np.random.Generator) -> Image.Image:
    """A gradient, a little lighter or darker than the palette says."""
    ends = np.array([ImageColor.getrgb(top), ImageColor.getrgb(bottom)]) * random.uniform(0.85, 1.15)
    colors = np.clip(np.linspace(*ends, size[1]), 0, 255).astype(np.uint8)
    return Image.fromarray(np.repeat(colors[:, None], size[0], axis=1))


def _emblem(genre: Genre, side: int, random: np.random.Generator) -> Image.Image:
    """RGBA, mirrored or not, tilted by up to 10 degrees."""
    emblem = Image.new("RGBA", (side, side))
    pen = ImageDraw.Draw(emblem)
    stroke = max(1, round(0.07 * side))
    draw = {
        "oval": pen.ellipse,
        "box": pen.rectangle,
        "ring": lambda points, fill: pen.ellipse(points, outline=fill, width=stroke),
        "area": pen.polygon,
        "line": lambda points, fill: pen.line(points, fill, stroke, joint="curve"),
    }
    for kind, color, coordinates in genre.emblem:
        draw[kind]([value * side / 100 for value in coordinates], fill=color)
    if random.random() < 0.5:
        emblem = emblem.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    return emblem.rotate(random.uniform(-10, 10), Image.Resampling.BILINEAR)


def _title(poster: Image.Image, random: np.random.Generator) -> None:
    """One or two lines of blocks, as letters look from afar."""
    pen = ImageDraw.Draw(poster)
    width, height = poster.size
    dark = np.asarray(poster.crop((0, int(0.9 * height), width, height))).mean() < 128
    color = "#f7f7f7" if dark else "#151515"
    for line in range(random.integers(1, 3)):
        left, top = 0.12 * width, (0.875 + 0.055 * line) * height
        while left < 0.84 * width:
            right = left + random.uniform(0.08, 0.25) * width
            pen.rectangle((left, top, min(right, 0.88 * width), top + 0.032 * height), color)
            left = right + 0.04 * width


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser("python -m tests.training.posters", description="Draws film posters with labels.")
    parser.add_argument("out", type=Path, metavar="OUT", help="folder to write into")
    parser.add_argument("--count", type=int, default=2000, help="posters (%(default)s)")
    parser.add_argument("--size", type=Size.of, default=SIZE, help="WIDTHxHEIGHT in pixels (%(default)s)")
    parser.add_argument("--seed", type=int, default=0, help="of all that varies (%(default)s)")
    options = parser.parse_args(arguments)
    table = write_posters(options.out, options.count, options.size, options.seed)
    print(
        f"Drew {options.count} posters. Next: python -m datasets.prepare {options.out / 'pictures'} DATA "
        f"--labels {table} --plain --sizes 64x128"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
