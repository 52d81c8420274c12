"""Virtual screengrabs from flat maps of worlds: `python -m datasets.capture MAPS OUT`.

Of each body it writes views around the equator, then from the north, then from the south, as screenshots of a globe on
black: `OUT/BODY/BODY_000.png`, what `datasets.prepare OUT DATA` takes. A second run draws only what is missing, or new
because the map or an option changed.
"""

from __future__ import annotations

import argparse
import dataclasses
import functools
import hashlib
import json
import math
import os
import re
import sys
from collections.abc import Sequence
from itertools import repeat
from pathlib import Path

import numpy as np
from PIL import Image

from datasets.bodies import AXES, BODIES, MAP_ALIASES, MAP_SUFFIXES, SHINING, body_of_map, class_order
from datasets.globes import LIGHT, Lighting, draw_ellipsoid
from datasets.manifest import LARGEST_SIZE, DatasetError, Rejection
from datasets.pool import cores, pool

REGIONS = ((0.5, 0.0), (0.3, 49.0), (0.2, -54.0))  # share of the views, latitude that they show in their middle

_FORMAT_VERSION = 1  # raise it whenever the same maps and options would give other pictures
_RECORD = ".capture.json"  # what a folder's pictures were drawn from; prepare ignores its leading dot
_FILL = 0.94  # diameter in shares of the picture's shorter side, as on the first screenshots
_PNG_LEVEL = 1


@dataclasses.dataclass(frozen=True)
class Options:
    """What to draw.

    Attributes:
        width, height: Of the pictures in pixels.
        views: Pictures of each body.
        lighting: Of all bodies that don't shine.
        south: Exposure of the views from the south, in shares of the others'.
    """

    width: int = 1920
    height: int = 1080
    views: int = 100
    lighting: Lighting = dataclasses.field(default_factory=Lighting)
    south: float = 0.4


@dataclasses.dataclass(frozen=True)
class Report:
    """What a run did: the bodies captured, pictures written, and maps that could not be used."""

    bodies: tuple[str, ...]
    written: int
    rejected: tuple[Rejection, ...]


def capture(
    maps: Path | str,
    out: Path | str,
    options: Options | None = None,
    *,
    bodies: Sequence[str] | None = None,
    workers: int | None = None,
) -> Report:
    """Draws the views that are missing in `out`.

    Args:
        maps: Folder of equirectangular maps named by body, north up: `mars.png`, `moon_4k.jpg`.
        out: Folder of the pictures, `BODY/BODY_000.png`.
        options: What to draw; `Options()` if None.
        bodies: Bodies to draw, of any name that a map has; of the twelve those that have a map, if None.
        workers: Processes; as many as there are CPU cores if None; 1 works in this process.

    Raises:
        DatasetError: A map is missing, an option is out of range, or `out` can't be written or holds other pictures.
    """
    maps, out, options = Path(maps), Path(out), options or Options()
    workers = cores() if workers is None else workers
    _check(options, workers)
    paths = find_maps(maps, bodies)
    rejected = []
    tasks: list[tuple[str, Path, int]] = []
    try:
        for body, path in paths.items():
            try:
                load_map(path, 16)
                sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
            except DatasetError as error:
                rejected.append(Rejection(path.name, str(error)))
                continue
            _start(out / body, body, _record(body, sha256, options))
            tasks += [(body, path, view) for view in range(options.views) if not _file(out, body, view).is_file()]
        if tasks:
            with pool(min(workers, len(tasks))) as run:
                for _ in run(_draw, "Capturing", tasks, repeat(out), repeat(options)):
                    pass
    except OSError as error:
        raise DatasetError(f"{out} can't be written: {error.strerror or error}.") from None
    broken = {rejection.source for rejection in rejected}
    return Report(tuple(b for b, path in paths.items() if path.name not in broken), len(tasks), tuple(rejected))


def find_maps(folder: Path, bodies: Sequence[str] | None = None) -> dict[str, Path]:
    """The map of each body, in class order: of several the one that `MAP_ALIASES` names, else the plainest name.

    Raises:
        DatasetError: The folder, or the map of a body asked for, is missing or can't be read.
    """
    if not folder.is_dir():
        raise DatasetError(f"{folder} is not a folder: expected a folder of maps such as mars.png.")
    wanted = BODIES if bodies is None else [name.strip().lower() for name in bodies]
    found: dict[str, Path] = {}
    try:
        paths = sorted(folder.iterdir(), key=_plainness)
    except OSError as error:
        raise DatasetError(f"{folder} can't be read: {error.strerror or error}.") from None
    for path in paths:
        if path.suffix.lower() in MAP_SUFFIXES and (body := body_of_map(path.stem)) in wanted:
            found.setdefault(body, path)
    missing = [name for name in wanted if name not in found]
    if missing and (bodies is not None or not found):
        raise DatasetError(f"{folder} has no map of {', '.join(missing)}: name files such as {missing[0]}.png.")
    return {body: found[body] for body in class_order(found)}


def load_map(path: Path, width: int) -> np.ndarray:
    """Reads a map as light, float32 `(width / 2, width, 3)` in 0..1; antialiased, and seamless at its sides.

    Raises:
        DatasetError: It can't be decoded, or isn't twice as wide as high.
    """
    try:
        with Image.open(path) as image:
            if image.width != 2 * image.height or image.height < 8:
                raise DatasetError(
                    f"It is {image.width}x{image.height} pixels: expected a map in equirectangular projection, "
                    "twice as wide as high."
                )
            if image.mode[0] == "I":
                image = Image.fromarray((np.asarray(image) >> 8).clip(0, 255).astype(np.uint8))
            pixels = np.asarray(image.convert("RGB"))
    except DatasetError:
        raise
    except Exception as error:  # decoders raise what they like at broken files
        raise DatasetError(f"It can't be decoded: {str(error).rstrip('.')}.") from None
    height, columns = pixels.shape[:2]
    margin = min(columns, 4 * max(1, columns // width))
    around = Image.fromarray(np.pad(pixels, ((0, 0), (margin, margin), (0, 0)), mode="wrap"))
    box = (margin, 0, margin + columns, height)
    return LIGHT.astype(np.float32)[np.asarray(around.resize((width, width // 2), Image.Resampling.BICUBIC, box))]


def place(view: int, views: int) -> tuple[float, float]:
    """Latitude and longitude in degrees that face the viewer on view `view` of `views`."""
    ends = [math.floor(views * sum(share for share, _ in REGIONS[:count]) + 0.5) for count in (1, 2, 3)]
    region = next(index for index, end in enumerate(ends) if view < end)
    start = ends[region - 1] if region else 0
    return REGIONS[region][1], 360 * (view - start) / (ends[region] - start)


def _draw(task: tuple[str, Path, int], out: Path, options: Options) -> None:
    """Draws and writes one view; runs in worker processes."""
    body, path, view = task
    diameter = _FILL * min(options.width, options.height)
    latitude, longitude = place(view, options.views)
    lighting = options.lighting
    if latitude < 0:
        lighting = dataclasses.replace(lighting, exposure=lighting.exposure * options.south)
    picture = draw_ellipsoid(
        _map(path, 2 * max(8, round(math.pi / 2 * diameter))),
        (options.width, options.height),
        diameter,
        AXES.get(body, (1, 1, 1)),
        latitude,
        longitude,
        None if body in SHINING else lighting,
    )
    file = _file(out, body, view)
    part = file.with_name(f".{file.name}.part")
    Image.fromarray(picture).save(part, "PNG", compress_level=_PNG_LEVEL)
    os.replace(part, file)


_map = functools.lru_cache(maxsize=1)(load_map)  # views of a body come one after another


def _file(out: Path, body: str, view: int) -> Path:
    return out / body / f"{body}_{view:03d}.png"


def _plainness(path: Path) -> tuple[int, int, str]:
    """Sorts best maps first: those that `MAP_ALIASES` names, then plain names, then others by length."""
    stem = path.stem.lower()
    return (0 if stem in MAP_ALIASES else 1 if stem == body_of_map(stem) else 2), len(stem), path.name


def _record(body: str, sha256: str, options: Options) -> str:
    about = {"format_version": _FORMAT_VERSION, "body": body, "map_sha256": sha256, **dataclasses.asdict(options)}
    return json.dumps(about, indent=1) + "\n"


def _start(folder: Path, body: str, record: str) -> None:
    """Makes the folder ready: afterwards every view in it is one of this record."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / _RECORD
    old = path.read_text(encoding="utf-8") if path.is_file() else None
    if old == record:
        return
    stale = [file for file in folder.iterdir() if re.fullmatch(rf"{re.escape(body)}_\d+\.png", file.name)]
    if stale and old is None:
        raise DatasetError(f"{folder} holds pictures that were not captured from maps: choose another folder.")
    for file in stale:
        file.unlink()
    part = path.with_name(path.name + ".part")
    part.write_text(record, encoding="utf-8")
    os.replace(part, path)


def _check(options: Options, workers: int) -> None:
    """Raises `DatasetError` for the first value out of range."""
    light = options.lighting
    for what, value, lowest, highest in (
        ("width", options.width, 16, LARGEST_SIZE),
        ("height", options.height, 16, LARGEST_SIZE),
        ("number of views", options.views, 1, 1000),
        ("number of workers", workers, 1, 1024),
        ("sun's angle to the right", light.sun[0], -90, 90),
        ("sun's angle above", light.sun[1], -90, 90),
        ("ambient share", light.ambient, 0, 1),
        ("limb exponent", light.limb, 0, 4),
        ("exposure", light.exposure, 0.01, 100),
        ("exposure of the south", options.south, 0.01, 100),
    ):
        if not lowest <= value <= highest:
            raise DatasetError(f"A {what} of {value:g} is out of range: expected {lowest:g} to {highest:g}.")


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line. Returns 0 if every map is captured, 1 if some are broken, 2 if nothing could be done."""
    usual = Options()
    parser = argparse.ArgumentParser(
        "python -m datasets.capture", description="Draws screenshots of globes from equirectangular maps."
    )
    parser.add_argument("maps", type=Path, metavar="MAPS", help="folder of maps named by body, such as mars.png")
    parser.add_argument("out", type=Path, metavar="OUT", help="folder of the pictures, for datasets.prepare")
    parser.add_argument("--bodies", help="comma-separated (those of the twelve that have a map)")
    parser.add_argument("--views", type=int, default=usual.views, help="pictures of each body (%(default)s)")
    parser.add_argument("--width", type=int, default=usual.width, help="pixels (%(default)s)")
    parser.add_argument("--height", type=int, default=usual.height, help="pixels (%(default)s)")
    parser.add_argument(
        "--sun",
        type=float,
        nargs=2,
        default=usual.lighting.sun,
        metavar=("RIGHT", "UP"),
        help="degrees that the sun stands beside and above the viewer (%(default)s)",
    )
    parser.add_argument("--ambient", type=float, default=usual.lighting.ambient, help="light at night (%(default)s)")
    parser.add_argument(
        "--limb", type=float, default=usual.lighting.limb, help="0 shades flat, 1 like paper (%(default)s)"
    )
    parser.add_argument("--exposure", type=float, default=usual.lighting.exposure, help="(%(default)s)")
    parser.add_argument("--south", type=float, default=usual.south, help="of southern views, a share (%(default)s)")
    parser.add_argument("--workers", type=int, help="processes (one per CPU core)")
    given = parser.parse_args(arguments)
    lighting = Lighting(tuple(given.sun), given.ambient, given.limb, given.exposure)
    options = Options(given.width, given.height, given.views, lighting, given.south)
    try:
        bodies = given.bodies.split(",") if given.bodies else None
        report = capture(given.maps, given.out, options, bodies=bodies, workers=given.workers)
    except DatasetError as error:
        print(error, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("Interrupted: run the same command again to go on where this run stopped.", file=sys.stderr)
        return 130
    print(f"{len(report.bodies)} bodies x {options.views} views in {given.out}: {report.written} written.")
    if given.bodies is None and (lacking := [body for body in BODIES if body not in report.bodies]):
        print(f"Without {', '.join(lacking)}: {given.maps} has no usable map of them.")
    for rejection in report.rejected:
        print(f"{rejection.source}: {rejection.reason}", file=sys.stderr)
    return 1 if report.rejected else 0


if __name__ == "__main__":
    sys.exit(main())
