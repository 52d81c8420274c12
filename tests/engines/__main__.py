"""`python -m tests.engines`: one planet in all engines that are here, and how they compare with three.js."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from PIL import Image, ImageDraw

from tests.engines.engines import ENGINES, REFERENCE
from tests.engines.pictures import SIDES, compare, flank_faults, flanks
from tests.engines.worlds import ADDRESS, FLANK, WORLDS, gateway, glb_of, hill_glb

_THUMBNAIL = 288  # px
_ROW = "{:<13} {:<10} {:>11} {:>9} {:>10} {:>8}  {}"


def main(arguments: Sequence[str] | None = None) -> int:
    """Draws, prints a table, and keeps the pictures; returns 1 if engines don't agree, or three.js isn't here."""
    parser = argparse.ArgumentParser("python -m tests.engines", description="Draws planets in several engines.")
    parser.add_argument("--out", type=Path, default=Path("runs/engines"), help="folder for the pictures (%(default)s)")
    out = parser.parse_args(arguments).out
    absent = {name: how for name, engine in ENGINES.items() if (how := engine.missing())}
    for name, how in absent.items():
        print(f"{name} is not here: {how}")
    if REFERENCE in absent:
        print(f"All others are compared with {REFERENCE}, so nothing is drawn.", file=sys.stderr)
        return 1
    here = [name for name in ENGINES if name not in absent]
    out.mkdir(parents=True, exist_ok=True)
    faults = _worlds(here, out) + _hills(here, out)
    _sheet(here, out).save(out / "engines.webp", quality=85)
    print(f"The pictures are in {out}.")
    return 1 if faults else 0


def _worlds(here: Sequence[str], out: Path) -> int:
    """How many pictures of worlds are not as three.js'."""
    print(f"{ADDRESS} beside {REFERENCE}, over the disc:")
    print(_ROW.format("world", "engine", "correlation", "mirrored", "brightness", "seconds", ""))
    count = 0
    with gateway() as app:
        planets = {world: glb_of(app, *world) for world in WORLDS}
    for (kind, mesh), glb in planets.items():
        for name in here:
            start = time.monotonic()
            picture = ENGINES[name].draw(glb)
            seconds = time.monotonic() - start
            picture.save(out / f"{kind}_{mesh}_{_file(name)}.png")
            if name == REFERENCE:
                reference = picture
            agreed = compare(picture, reference)
            faults = agreed.faults()
            figures = (f"{one:.3f}" for one in (agreed.correlation, agreed.mirrored, agreed.brightness))
            print(_ROW.format(f"{kind} {mesh}", name, *figures, f"{seconds:.1f}", "; ".join(faults)), flush=True)
            count += bool(faults)
    return count


def _hills(here: Sequence[str], out: Path) -> int:
    """How many hills are not bright where the sun is, at their left and above."""
    print("Sides of a hill, lit from the left and above, by the same places without it:")
    print(_ROW.format("mesh", "engine", *SIDES, ""))
    count = 0
    for name in here:
        bare = ENGINES[name].draw(hill_glb("sphere", height=0.0))
        for mesh in ("sphere", "cube"):
            picture = ENGINES[name].draw(hill_glb(mesh))
            picture.save(out / f"hill_{mesh}_{_file(name)}.png")
            sides = flanks(picture, bare, FLANK)
            faults = flank_faults(sides)
            figures = (f"{sides[side]:.2f}" for side in SIDES)
            print(_ROW.format(mesh, name, *figures, "; ".join(faults)), flush=True)
            count += bool(faults)
    return count


def _sheet(here: Sequence[str], out: Path) -> Image.Image:
    """The worlds that are spheres, a row each, with a column for each engine."""
    worlds = [kind for kind, mesh in WORLDS if mesh == "sphere"]
    sheet = Image.new("RGB", (_THUMBNAIL * len(here), _THUMBNAIL * len(worlds)))
    pen = ImageDraw.Draw(sheet)
    for row, kind in enumerate(worlds):
        for column, name in enumerate(here):
            place = _THUMBNAIL * column, _THUMBNAIL * row
            with Image.open(out / f"{kind}_sphere_{_file(name)}.png") as picture:
                sheet.paste(picture.resize((_THUMBNAIL, _THUMBNAIL)), place)
            pen.text((place[0] + 8, place[1] + 6), name, fill="white", font_size=14)
    return sheet


def _file(engine: str) -> str:
    return engine.lower().replace(".", "").replace(" ", "")


if __name__ == "__main__":
    sys.exit(main())
