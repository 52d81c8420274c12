"""Prepares pictures in class folders, or with a CSV file of labels: `python -m datasets.prepare RAW OUT`.

Each picture is centered on its planet, freed of everything else on its sky, resized to every size, and written to
`OUT/SIZE/CLASS/CLASS_000.png`, where CLASS is its first label; `OUT/manifest.json` records it all
(`datasets.manifest`). Pictures that aren't a planet on a black sky, and all with `--plain`, are cut around their
middle. A second run does only what is missing, new or changed.
"""

from __future__ import annotations

import argparse
import dataclasses
import sys
import time
from collections.abc import Iterable, Sequence
from pathlib import Path

from datasets.errors import RequestError
from datasets.labels import SEPARATOR, LabelFile, drop_small, read_labels, small_classes
from datasets.manifest import FORMATS, MANIFEST_NAME, Size
from datasets.pool import pool
from datasets.preparation import Report, run_preparation
from datasets.shards import PICTURES
from datasets.sights import SIGHTS_NAME, read_sights
from datasets.sources import arrange, in_folders
from parallel.crew import cores

SIZES = (64, 128, 256, 512)
HOLDOUT = 0.15
FEWEST = 20  # pictures of a class below which there is little to learn

_SHOWN = 100  # rejections that are printed; the manifest has all


def prepare(
    raw: Path | str,
    out: Path | str,
    *,
    sizes: Iterable[int | str | Size] = SIZES,
    holdout: float = HOLDOUT,
    labels: LabelFile | None = None,
    sights: Path | str | None = None,
    fewest: int = FEWEST,
    plain: bool = False,
    workers: int | None = None,
    ray: str | None = None,
    form: str | None = None,
) -> Report:
    """Prepares `raw` into `out`, doing only what is missing, new or changed there.

    Args:
        raw: Folder of class folders of pictures, or with `labels` of pictures anywhere in it.
        out: Folder of the prepared data set; sizes that it has already are kept.
        sizes: Sizes to make, such as 64 or `"64x128"`.
        holdout: Share of each class, 0 to 0.5, to hold out in contiguous blocks of views.
        labels: CSV file that says which pictures there are and which classes they are of.
        sights: CSV file that says how pictures were taken (`datasets.sights`); `raw/sights.csv` if None and there is
            one.
        fewest: Pictures that a class of `labels` needs; smaller ones are dropped, and pictures that are of no other
            are rejected. Class folders with fewer pictures are prepared all the same, and reported.
        plain: Whether to cut all pictures around their middle, without looking for planets.
        workers: Processes; as many as there are CPU cores if None; 1 works in this process.
        ray: Address of a Ray cluster to work on instead, whose machines share the folders; `local` starts one here.
        form: `"files"`, a file for each picture, or `"arrayrecord"`, shards of 256 (`datasets.shards`); if None that
            which `out` has, or files.

    Raises:
        RequestError: There is nothing to prepare, an argument is out of range, or `out` can't be written.
    """
    raw, out = Path(raw), Path(out)
    workers = cores() if workers is None else workers
    wanted = {Size.of(size) for size in sizes}
    if not wanted:
        raise RequestError("There are no sizes: expected at least one, such as 64.")
    if not 0 <= holdout <= 0.5:
        raise RequestError(f"A holdout share of {holdout:g} is out of range: expected 0 to 0.5.")
    if fewest < 1:
        raise RequestError(f"At least {fewest} pictures of a class make no sense: expected at least 1.")
    if workers < 1:
        raise RequestError(f"{workers} workers can't work: expected at least 1.")
    if form not in (None, *FORMATS):
        raise RequestError(f"There is no format {form!r}: expected {' or '.join(FORMATS)}.")
    if not raw.is_dir():
        raise RequestError(f"{raw} is not a folder: expected a folder of pictures.")
    if out.resolve().is_relative_to(raw.resolve()):
        raise RequestError(f"{out} lies in {raw}, where its pictures would become sources: choose another folder.")
    sights = Path(sights) if sights else raw / SIGHTS_NAME if (raw / SIGHTS_NAME).is_file() else None
    known = read_sights(sights) if sights else {}
    classes, rejected = read_labels(labels, raw) if labels else in_folders(raw)
    small = small_classes(classes, fewest)
    if labels:
        classes, without_class = drop_small(classes, fewest)
        rejected += without_class
    try:
        out.mkdir(parents=True, exist_ok=True)
        with pool(workers, ray) as run:
            report = run_preparation(raw, out, wanted, arrange(classes, holdout), known, rejected, plain, form, run)
            return dataclasses.replace(report, small=small)
    except OSError as error:
        raise RequestError(f"{out} can't be written: {error.strerror or error}.") from None


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line. Returns 0 if every source is prepared, 1 if some were rejected, 2 if nothing could be done."""
    parser = argparse.ArgumentParser(
        "python -m datasets.prepare",
        description="Centers pictures on their planets, cleans their skies, and resizes them into a data set.",
    )
    column = {field.name: field.default for field in dataclasses.fields(LabelFile)}
    parser.add_argument("raw", type=Path, metavar="RAW", help="folder of class folders of pictures, or see --labels")
    parser.add_argument("out", type=Path, metavar="OUT", help="folder of the prepared data set")
    parser.add_argument(
        "--sizes", default=",".join(map(str, SIZES)), help="pixels, or WIDTHxHEIGHT, comma-separated (%(default)s)"
    )
    parser.add_argument("--holdout", type=float, default=HOLDOUT, help="share of each class to hold out (%(default)s)")
    parser.add_argument("--plain", action="store_true", help="no planets here: cut all pictures around their middle")
    parser.add_argument("--labels", type=Path, metavar="FILE.csv", help="labels, instead of class folders")
    parser.add_argument("--file-column", default=column["file_column"], help="its paths below RAW (%(default)s)")
    parser.add_argument(
        "--labels-column", default=column["labels_column"], help=f"its labels, separated by {SEPARATOR} (%(default)s)"
    )
    parser.add_argument(
        "--sights", type=Path, metavar="FILE.csv", help=f"how pictures were taken (RAW/{SIGHTS_NAME}, if there is one)"
    )
    parser.add_argument(
        "--fewest",
        type=int,
        default=FEWEST,
        help="report classes of fewer pictures, and leave them out if they come from --labels (%(default)s)",
    )
    parser.add_argument(
        "--format", choices=FORMATS, help=f"a file for each picture, or shards of {PICTURES} ({FORMATS[0]})"
    )
    parser.add_argument("--workers", type=int, help="processes (one per CPU core)")
    parser.add_argument(
        "--ray", metavar="ADDRESS", help="of a Ray cluster that shares the folders; local starts one here"
    )
    options = parser.parse_args(arguments)
    started = time.monotonic()
    try:
        report = prepare(
            options.raw,
            options.out,
            sizes=options.sizes.split(","),
            holdout=options.holdout,
            labels=options.labels and LabelFile(options.labels, options.file_column, options.labels_column),
            sights=options.sights,
            fewest=options.fewest,
            plain=options.plain,
            workers=options.workers,
            ray=options.ray,
            form=options.format,
        )
    except RequestError as error:
        print(error, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("Interrupted: run the same command again to go on where this run stopped.", file=sys.stderr)
        return 130
    print(_summary(report, options.out, options.fewest, time.monotonic() - started))
    rejected = report.rejected
    if rejected:
        print(f"{len(rejected)} rejected:", file=sys.stderr)
        for rejection in rejected[:_SHOWN]:
            print(f"  {rejection.source}: {rejection.reason}", file=sys.stderr)
        if len(rejected) > _SHOWN:
            print(f"  and {len(rejected) - _SHOWN} more: see {options.out / MANIFEST_NAME}", file=sys.stderr)
    return 1 if rejected else 0


def _summary(report: Report, out: Path, fewest: int, seconds: float) -> str:
    splits, methods = report.splits, report.methods
    what = (
        f"{splits.total()} pictures of {len(report.class_names)} classes at {', '.join(report.sizes)} px "
        f"({splits['train']} train, {splits['holdout']} holdout) in {out}"
    )
    if report.written or report.removed:
        lines = [f"Prepared {what}: {report.written} written, {report.removed} files removed, {seconds:.1f} s."]
    else:
        lines = [f"Nothing to do: {what} are up to date."]
    if methods["center_crop"]:
        lines.append(f"{methods['center_crop']} show no planet on a black sky and were cut around their middle.")
    if 0 < methods["planet"] < methods["center_crop"]:
        lines.append(
            f"{methods['planet']} look like a planet and were freed of all around it: add --plain if none is one."
        )
    kept = {name: count for name, count in report.small.items() if name in report.class_names}
    dropped = {name: count for name, count in report.small.items() if name not in kept}
    for what, classes in (("Little to learn from", kept), ("Left out", dropped)):
        if classes:
            names = ", ".join(f"{name} ({count})" for name, count in classes.items())
            lines.append(f"{what}, with fewer than {fewest} pictures: {names}.")
    if len(report.class_names) == 1:
        lines.append(f"There is one class, {report.class_names[0]}: kinds and classifiers need two or more.")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
