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
import re
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from datasets.bodies import AXES, BODIES, SHINING
from datasets.disk.files import replacing
from datasets.errors import RequestError
from datasets.globes import LIGHT, Lighting, draw_ellipsoid
from datasets.manifest import LARGEST_SIZE, Rejection
from datasets.maps import find_maps, passed_over, read_map
from datasets.names import printable
from datasets.pool import pool
from datasets.sights import SIGHTS_NAME, PictureSight, write_sights
from parallel.crew import cores

REGIONS = ((0.5, 0.0), (0.3, 49.0), (0.2, -54.0))  # share of the views, latitude that they show in their middle

_FORMAT_VERSION = 1  # raise it whenever the same maps and options would give other pictures
_RECORD = ".capture.json"  # what a folder's pictures were drawn from; prepare ignores its leading dot
_CACHE = ".maps"  # maps as fine as they are drawn, and pictures half written, while a run lasts
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
    """What a run did: the kinds captured, pictures written, maps that could not be used, and files left alone."""

    kinds: tuple[str, ...]
    written: int
    rejected: tuple[Rejection, ...]
    passed_over: tuple[Rejection, ...] = ()


def capture(
    maps: Path | str,
    out: Path | str,
    options: Options | None = None,
    *,
    kinds: Sequence[str] | None = None,
    workers: int | None = None,
    ray: str | None = None,
) -> Report:
    """Draws the views that are missing in `out`.

    Args:
        maps: Folder of equirectangular maps named by body, north up: `mars.png`, `moon_4k.jpg`.
        out: Folder of the pictures, `BODY/BODY_000.png`.
        options: What to draw; `Options()` if None.
        kinds: Those to draw, of any name that a map has; of the twelve those that have a map, if None.
        workers: Processes; as many as there are CPU cores if None; 1 works in this process.
        ray: Address of a Ray cluster to work on instead, whose machines share the folders; `local` starts one here.

    Raises:
        RequestError: A map is missing, an option is out of range, or `out` can't be written or holds other pictures.
    """
    maps, out, options = Path(maps), Path(out), options or Options()
    workers = cores() if workers is None else workers
    _check(options, workers)
    paths = find_maps(maps, kinds)
    rejected = []
    tasks: list[tuple[str, Path, int]] = []
    cache = out / _CACHE
    columns = 2 * max(8, round(math.pi / 2 * _diameter(options)))
    try:
        for body, path in paths.items():
            try:
                sha256 = _sha256(path)
                surface = read_map(path, columns)
            except RequestError as error:
                rejected.append(Rejection(printable(path.name), str(error)))
                continue
            _start(out / body, body, _record(body, sha256, options))
            missing = [view for view in range(options.views) if not _file(out, body, view).is_file()]
            if missing:
                cache.mkdir(exist_ok=True)
                np.save(cache / f"{body}.npy", surface)
            tasks += [(body, cache / f"{body}.npy", view) for view in missing]
        if tasks:
            with pool(min(workers, len(tasks)), ray) as run:
                for _ in run(functools.partial(_draw, out=out, options=options), "Capturing", tasks, len(tasks)):
                    pass
        _write_sights(out)
    except OSError as error:
        raise RequestError(f"{error.filename or out} can't be written: {error.strerror or error}.") from None
    finally:
        shutil.rmtree(cache, ignore_errors=True)
    broken = {rejection.source for rejection in rejected}
    captured = tuple(body for body, path in paths.items() if printable(path.name) not in broken)
    return Report(captured, len(tasks), tuple(rejected), tuple(passed_over(maps, paths)))


def place(view: int, views: int) -> tuple[float, float]:
    """Latitude and longitude in degrees that face the viewer on view `view` of `views`."""
    ends = [math.floor(views * sum(share for share, _ in REGIONS[:count]) + 0.5) for count in (1, 2, 3)]
    region = next(index for index, end in enumerate(ends) if view < end)
    start = ends[region - 1] if region else 0
    return REGIONS[region][1], 360 * (view - start) / (ends[region] - start)


def _write_sights(out: Path) -> None:
    """Says how all views in `out` were taken, those of earlier runs among them."""
    sights = {}
    for record in sorted(out.glob(f"*/{_RECORD}")):
        about = json.loads(record.read_text(encoding="utf-8"))
        for view in range(about["views"]):
            latitude, _ = place(view, about["views"])
            light = about["south"] if latitude < 0 and about["body"] not in SHINING else 1.0
            file = _file(out, about["body"], view)
            sights[file.relative_to(out).as_posix()] = PictureSight(latitude, light)
    write_sights(out / SIGHTS_NAME, sights)


def _draw(task: tuple[str, Path, int], out: Path, options: Options) -> None:
    """Draws and writes one view; runs in worker processes."""
    body, path, view = task
    latitude, longitude = place(view, options.views)
    lighting = options.lighting
    if latitude < 0:
        lighting = dataclasses.replace(lighting, exposure=lighting.exposure * options.south)
    picture = draw_ellipsoid(
        _light(path),
        (options.width, options.height),
        _diameter(options),
        AXES.get(body, (1, 1, 1)),
        latitude,
        longitude,
        None if body in SHINING else lighting,
    )
    file = _file(out, body, view)
    with replacing(file, path.parent) as part:
        Image.fromarray(picture).save(part, "PNG", compress_level=_PNG_LEVEL)


@functools.lru_cache(maxsize=1)  # views of a body come one after another
def _light(path: Path) -> np.ndarray:
    return LIGHT.astype(np.float32)[np.load(path)]


def _diameter(options: Options) -> float:
    return _FILL * min(options.width, options.height)


def _sha256(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise RequestError(f"It can't be read: {error.strerror or error}.") from None


def _file(out: Path, body: str, view: int) -> Path:
    return out / body / f"{body}_{view:03d}.png"


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
        raise RequestError(f"{folder} holds pictures that were not captured from maps: choose another folder.")
    for file in stale:
        file.unlink()
    with replacing(path) as part:
        part.write_text(record, encoding="utf-8")


def _check(options: Options, workers: int) -> None:
    """Raises `RequestError` for the first value out of range."""
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
            raise RequestError(f"A {what} of {value:g} is out of range: expected {lowest:g} to {highest:g}.")


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line. Returns 0 if every map is captured, 1 if some are broken, 2 if nothing could be done."""
    usual = Options()
    parser = argparse.ArgumentParser(
        "python -m datasets.capture", description="Draws screenshots of globes from equirectangular maps."
    )
    parser.add_argument("maps", type=Path, metavar="MAPS", help="folder of maps named by body, such as mars.png")
    parser.add_argument("out", type=Path, metavar="OUT", help="folder of the pictures, for datasets.prepare")
    parser.add_argument(
        "--kinds", "--bodies", dest="kinds", help="comma-separated (those of the twelve that have a map)"
    )
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
    parser.add_argument(
        "--ray", metavar="ADDRESS", help="of a Ray cluster that shares the folders; local starts one here"
    )
    given = parser.parse_args(arguments)
    lighting = Lighting(tuple(given.sun), given.ambient, given.limb, given.exposure)
    options = Options(given.width, given.height, given.views, lighting, given.south)
    try:
        kinds = given.kinds.split(",") if given.kinds else None
        report = capture(given.maps, given.out, options, kinds=kinds, workers=given.workers, ray=given.ray)
    except RequestError as error:
        print(error, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("Interrupted: run the same command again to go on where this run stopped.", file=sys.stderr)
        return 130
    print(f"{len(report.kinds)} kinds x {options.views} views in {given.out}: {report.written} written.")
    if given.kinds is None and (lacking := [body for body in BODIES if body not in report.kinds]):
        print(f"Without {', '.join(lacking)}: {given.maps} has no usable map of them.")
    for rejection in report.rejected:
        print(f"{rejection.source}: {rejection.reason}", file=sys.stderr)
    if report.passed_over:
        print(f"{len(report.passed_over)} passed over:", file=sys.stderr)
        for rejection in report.passed_over:
            print(f"  {rejection.source}: {rejection.reason}", file=sys.stderr)
    return 1 if report.rejected else 0


if __name__ == "__main__":
    sys.exit(main())
