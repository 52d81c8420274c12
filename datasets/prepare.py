"""Prepares a folder of class folders of pictures: `python -m datasets.prepare RAW OUT`.

Each picture is centered on its planet, freed of everything else on its sky, resized to every size, and written to
`OUT/SIZE/CLASS/CLASS_000.png`; `OUT/manifest.json` records it all (`datasets.manifest`). Pictures that aren't a planet
on a black sky are cut around their middle. A second run does only what is missing, new or changed.
"""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import math
import multiprocessing
import os
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from itertools import repeat
from pathlib import Path

from tqdm import tqdm

from datasets.bodies import class_order
from datasets.manifest import DatasetError, Manifest, Picture, Rejection, Size, Treatment, load_manifest
from datasets.planets import PLANET_FILL
from datasets.render import Inspection, inspect, render
from datasets.sources import Source, find_sources

SIZES = (64, 128, 256, 512)
HOLDOUT = 0.15

_SAVE_EVERY_S = 5.0  # an interrupted run repeats no more than this


@dataclasses.dataclass(frozen=True)
class Report:
    """What a run did: the manifest it left, the pictures it wrote (at one size or more), the files it removed."""

    manifest: Manifest
    written: int
    removed: int


def prepare(
    raw: Path | str,
    out: Path | str,
    *,
    sizes: Iterable[int | str | Size] = SIZES,
    holdout: float = HOLDOUT,
    workers: int | None = None,
) -> Report:
    """Prepares `raw` into `out`, doing only what is missing, new or changed there.

    Args:
        raw: Folder of class folders of pictures.
        out: Folder of the prepared data set; sizes that it has already are kept.
        sizes: Sizes to make, such as 64 or `"64x128"`.
        holdout: Share of each class, 0 to 0.5, to hold out in contiguous blocks of views.
        workers: Processes; as many as there are CPU cores if None; 1 works in this process.

    Raises:
        DatasetError: There is nothing to prepare, an argument is out of range, or `out` can't be written.
    """
    raw, out = Path(raw), Path(out)
    workers = _cores() if workers is None else workers
    wanted = {Size.of(size) for size in sizes}
    if not wanted:
        raise DatasetError("There are no sizes: expected at least one, such as 64.")
    if not 0 <= holdout <= 0.5:
        raise DatasetError(f"A holdout share of {holdout:g} is out of range: expected 0 to 0.5.")
    if workers < 1:
        raise DatasetError(f"{workers} workers can't work: expected at least 1.")
    if not raw.is_dir():
        raise DatasetError(f"{raw} is not a folder: expected a folder of class folders of pictures.")
    if out.resolve().is_relative_to(raw.resolve()):
        raise DatasetError(f"{out} lies in {raw}, where its pictures would become sources: choose another folder.")
    sources, rejected = find_sources(raw, holdout)
    try:
        out.mkdir(parents=True, exist_ok=True)
        with _pool(workers) as run:
            return _prepare(raw, out, wanted, sources, rejected, run)
    except OSError as error:
        raise DatasetError(f"{out} can't be written: {error.strerror or error}.") from None
    except BrokenProcessPool:
        raise DatasetError(
            "A worker process was killed, perhaps for want of memory: run this again with fewer --workers to go on."
        ) from None


def _prepare(
    raw: Path, out: Path, wanted: set[Size], sources: Sequence[Source], rejected: Sequence[Rejection], run: _Run
) -> Report:
    try:
        old = load_manifest(out)
    except DatasetError:
        old = Manifest(sizes=(), class_names=(), pictures=())
    sizes = sorted({*wanted, *map(Size.of, old.sizes)})

    known = {picture.source: picture for picture in old.pictures}
    paths = [source.path for source in sources]
    looks = run(inspect, "Looking", repeat(raw), paths, [known.get(path) for path in paths])
    found: dict[str, Inspection] = {}
    rejections = {rejection.source: rejection for rejection in rejected}
    for path, look in zip(paths, looks, strict=True):
        if isinstance(look, Rejection):
            rejections[path] = look
        else:
            found[path] = look
    pictures = {picture.file: picture for picture in _plan(sources, found)}

    # The rule that makes a run resumable: an output file is good if, and only if, the manifest on disk lists it.
    good = {old_one.file for old_one in old.pictures if _same_pixels(old_one, pictures.get(old_one.file))}
    missing = {
        file: tuple(size for size in sizes if file not in good or not Path(out, str(size), file).is_file())
        for file in pictures
    }
    todo = [file for file in pictures if missing[file]]

    def manifest(*, complete: bool) -> Manifest:
        listed = [picture for file, picture in pictures.items() if file in good]
        return Manifest(
            sizes=tuple(map(str, sizes)),
            class_names=class_order(picture.classes[0] for picture in listed),
            pictures=tuple(listed),
            rejected=tuple(rejections[path] for path in sorted(rejections)),
            complete=complete,
        )

    if not todo and manifest(complete=True) == old:
        return Report(old, written=0, removed=0)

    manifest(complete=False).save(out)
    stale = [old_one.file for old_one in old.pictures if old_one.file not in good]
    removed = _remove(Path(out, size, file) for size in old.sizes for file in stale)
    saved = time.monotonic()
    tasks = (repeat(raw), repeat(out), [pictures[file] for file in todo], [missing[file] for file in todo])
    try:
        for file, rejection in zip(todo, run(render, "Drawing", *tasks), strict=True):
            if rejection:
                rejections[rejection.source] = rejection
                good.discard(file)
            else:
                good.add(file)
            if time.monotonic() - saved > _SAVE_EVERY_S:
                manifest(complete=False).save(out)
                saved = time.monotonic()
    except KeyboardInterrupt:
        manifest(complete=False).save(out)
        raise
    result = manifest(complete=True)
    result.save(out)
    return Report(result, written=len(good.intersection(todo)), removed=removed)


def _plan(sources: Sequence[Source], found: dict[str, Inspection]) -> Iterator[Picture]:
    """Decides what to do to each usable source; all planets of a class share one scale, so that they stay alike."""
    extents: dict[str, list[float]] = {}
    for source in sources:
        if (look := found.get(source.path)) and look.planet:
            extents.setdefault(source.class_name, []).append(_extent(look) / min(look.size))
    # The 95th percentile, as one false find must not shrink all others; rounded, so that a new picture seldom does.
    scales = {name: math.ceil(100 * sorted(all_)[int(0.95 * (len(all_) - 1))]) / 100 for name, all_ in extents.items()}

    for source in sources:
        look = found.get(source.path)
        if look is None:
            continue
        treatment = Treatment("center_crop", look.size)
        if look.planet:
            extent = max(scales[source.class_name] * min(look.size), _extent(look))
            treatment = Treatment("planet", look.size, look.planet, round(extent / PLANET_FILL, 2))
        yield Picture(source.file, source.path, look.sha256, (source.class_name,), source.split, treatment)


def _extent(look: Inspection) -> int:
    left, top, right, bottom = look.planet
    return max(right - left, bottom - top)


def _same_pixels(picture: Picture, other: Picture | None) -> bool:
    return other is not None and (picture.sha256, picture.treatment) == (other.sha256, other.treatment)


def _remove(paths: Iterable[Path]) -> int:
    """Removes the files that exist, and returns how many did."""
    removed = 0
    for path in paths:
        with contextlib.suppress(FileNotFoundError):
            path.unlink()
            removed += 1
    return removed


_Run = Callable[..., Iterator]


@contextlib.contextmanager
def _pool(workers: int) -> Iterator[_Run]:
    """Yields `run(function, title, *iterables)`, which maps like `map`, in parallel, behind a progress bar."""
    pool = None
    if workers > 1:
        # Spawned, not forked: the caller may hold threads, TensorFlow's for one.
        context = multiprocessing.get_context("spawn")
        pool = ProcessPoolExecutor(workers, context, signal.signal, (signal.SIGINT, signal.SIG_IGN))

    def run(function: Callable, title: str, *iterables: Iterable) -> Iterator:
        results = pool.map(function, *iterables, chunksize=4) if pool else map(function, *iterables)
        total = min(len(iterable) for iterable in iterables if not isinstance(iterable, repeat))
        yield from tqdm(results, title, total, unit=" pictures", disable=None, leave=False)

    try:
        yield run
    finally:
        if pool:
            pool.shutdown(cancel_futures=True)


def _cores() -> int:
    """CPU cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line. Returns 0 if every source is prepared, 1 if some were rejected, 2 if nothing could be done."""
    parser = argparse.ArgumentParser(
        "python -m datasets.prepare",
        description="Centers pictures on their planets, cleans their skies, and resizes them into a data set.",
    )
    parser.add_argument("raw", type=Path, metavar="RAW", help="folder of class folders of pictures")
    parser.add_argument("out", type=Path, metavar="OUT", help="folder of the prepared data set")
    parser.add_argument(
        "--sizes", default=",".join(map(str, SIZES)), help="pixels, or WIDTHxHEIGHT, comma-separated (%(default)s)"
    )
    parser.add_argument("--holdout", type=float, default=HOLDOUT, help="share of each class to hold out (%(default)s)")
    parser.add_argument("--workers", type=int, help="processes (one per CPU core)")
    options = parser.parse_args(arguments)
    started = time.monotonic()
    try:
        report = prepare(
            options.raw,
            options.out,
            sizes=options.sizes.split(","),
            holdout=options.holdout,
            workers=options.workers,
        )
    except DatasetError as error:
        print(error, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("Interrupted: run the same command again to go on where this run stopped.", file=sys.stderr)
        return 130
    print(_summary(report, options.out, time.monotonic() - started))
    rejected = report.manifest.rejected
    if rejected:
        print(f"{len(rejected)} rejected:", file=sys.stderr)
        for rejection in rejected:
            print(f"  {rejection.source}: {rejection.reason}", file=sys.stderr)
    return 1 if rejected else 0


def _summary(report: Report, out: Path, seconds: float) -> str:
    manifest = report.manifest
    splits = Counter(picture.split for picture in manifest.pictures)
    methods = Counter(picture.treatment.method for picture in manifest.pictures)
    what = (
        f"{len(manifest.pictures)} pictures of {len(manifest.class_names)} classes at {', '.join(manifest.sizes)} px "
        f"({splits['train']} train, {splits['holdout']} holdout) in {out}"
    )
    if report.written or report.removed:
        lines = [f"Prepared {what}: {report.written} written, {report.removed} files removed, {seconds:.1f} s."]
    else:
        lines = [f"Nothing to do: {what} are up to date."]
    if methods["center_crop"]:
        lines.append(f"{methods['center_crop']} show no planet on a black sky and were cut around their middle.")
    if len(manifest.class_names) == 1:
        lines.append(f"There is one class, {manifest.class_names[0]}: kinds and classifiers need two or more.")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
