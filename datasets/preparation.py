"""A run of a preparation: looks at all sources, plans their pictures, draws what is missing, and writes the manifest.

Whatever is done is appended to journals in `OUT/.preparing` at once, so that a run that was killed is gone on with; the
manifest of such a data set says that it isn't complete, and lists what it had before.
"""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import hashlib
import json
import shutil
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import zip_longest
from pathlib import Path

from datasets.bodies import class_order
from datasets.disk.journal import Journal
from datasets.errors import RequestError
from datasets.manifest import FORMATS, Manifest, Picture, Rejection, Size, load_manifest
from datasets.plan import Inspection, Looks, Plan
from datasets.pool import Run
from datasets.render import Drawing, Look, inspect, render
from datasets.shards import Units, check_installed
from datasets.sights import PictureSight
from datasets.sources import Source

BEGUN = ".preparing"  # folder of the journals, and of pictures that are half written


@dataclasses.dataclass(frozen=True)
class Report:
    """What a run did.

    Attributes:
        root: Folder of the data set.
        sizes: Sizes as text.
        class_names: Class names in index order.
        splits: Pictures of each split.
        methods: Pictures of each method.
        rejected: Sources that could not be used.
        written: Pictures drawn, at one size or more.
        removed: Files removed.
        small: The number of pictures of each class that has few, which was left out if it came from a CSV file.
    """

    root: Path
    sizes: tuple[str, ...]
    class_names: tuple[str, ...]
    splits: Counter[str]
    methods: Counter[str]
    rejected: tuple[Rejection, ...]
    written: int
    removed: int
    small: Mapping[str, int] = dataclasses.field(default_factory=dict)

    @property
    def manifest(self) -> Manifest:
        """What it left."""
        return load_manifest(self.root)


def run_preparation(
    raw: Path,
    out: Path,
    wanted: set[Size],
    sources: Sequence[Source],
    sights: Mapping[str, PictureSight],
    rejected: Iterable[Rejection],
    plain: bool,
    form: str | None,
    run: Run,
) -> Report:
    """Prepares `sources`; arguments as of `datasets.prepare.prepare`.

    Raises:
        RequestError: The data set has another format, workers are killed again and again, or the manifest can't be
            written.
        OSError: Something else can't be written.
    """
    begun = out / BEGUN
    seen, drawn = Journal(begun / "seen.jsonl"), Journal(begun / "drawn.jsonl")
    with contextlib.closing(seen), contextlib.closing(drawn):
        preparation = _Preparation(raw, out, wanted, sources, rejected, plain, form)
        preparation.look(run, seen, sights)
        stale = preparation.compare(drawn)
        report = preparation.report(written=0, removed=0)
        if not preparation.is_done():
            removed = preparation.begin(stale, drawn)
            written = preparation.draw(run, drawn, begun)
            preparation.save(complete=True)
            report = preparation.report(written, removed)
    shutil.rmtree(begun, ignore_errors=True)
    return report


class _Preparation:
    """What is known of each source, and how far its picture is.

    Attributes:
        old: What the manifest says.
        plan: What is to be made of each source.
        good: Of each source, whether its picture is as planned, where there is one: whether manifest or journal list it
            so, with all that share a file with it. This is the rule that makes a run resumable.
        units: The files that pictures are kept in, and which of the sources are in each.
        missing: Of each file, the sizes at which it is to be drawn.
        rejections: By source.
    """

    def __init__(
        self,
        raw: Path,
        out: Path,
        wanted: set[Size],
        sources: Sequence[Source],
        rejected: Iterable[Rejection],
        plain: bool,
        form: str | None,
    ) -> None:
        self.raw, self.out, self.sources, self.plain = raw, out, sources, plain
        try:
            self.old = load_manifest(out)
        except RequestError:
            self.old = Manifest(sizes=(), class_names=(), pictures=(), complete=False, format=form or FORMATS[0])
        if form not in (None, self.old.format):
            raise RequestError(
                f"{out} holds pictures in the format {self.old.format}, not {form}: choose another folder, "
                "or leave --format out."
            )
        if self.old.is_sharded:
            check_installed()
        self.units = Units((source.file for source in sources), self.old.is_sharded)
        self.sizes = sorted({*wanted, *map(Size.of, self.old.sizes)})
        self.rejections = {rejection.source: rejection for rejection in rejected}
        self.good = bytearray(len(sources))
        self.missing: list[tuple[Size, ...]] = []

    def look(self, run: Run, seen: Journal, sights: Mapping[str, PictureSight]) -> None:
        """Looks at all sources, and plans."""
        looks = _remembered(self.sources, self.old, seen)
        tasks = (Look(index, source.path, looks[index]) for index, source in enumerate(self.sources))
        work = functools.partial(inspect, raw=self.raw, plain=self.plain)
        for look, found in run(work, "Looking", tasks, len(self.sources)):
            if isinstance(found, Rejection):
                self.rejections[look.path] = found
                looks[look.index] = None
            elif found != look.known:
                seen.append([look.path, *dataclasses.astuple(found)])
                looks[look.index] = found
        self.plan = Plan(self.sources, looks, sights)

    def compare(self, drawn: Journal) -> list[str]:
        """Finds out what is to be drawn, and returns the files that aren't what they are to be."""
        files = Units((picture.file for picture in self.old.pictures), self.old.is_sharded)
        recorded = {file: _digest(self.old.pictures[place] for place in places) for file, places in files}
        recorded.update(drawn.records())
        alike: dict[tuple[Size, ...], tuple[Size, ...]] = {}
        stale = []
        for file, places in self.units:
            missing: tuple[Size, ...] = ()
            if pictures := self._planned(places):
                found = recorded.pop(file, None)
                good = found == _digest(pictures.values())
                for place in pictures:
                    self.good[place] = good
                if found and not good:
                    stale.append(file)
                missing = tuple(size for size in self.sizes if not (good and self._path(size, file).is_file()))
            self.missing.append(alike.setdefault(missing, missing))
        return [*stale, *recorded]

    def is_done(self) -> bool:
        """Whether the manifest says what it would say at the end."""
        new = self._about(complete=True)
        return (
            not any(self.missing)
            and new == dataclasses.replace(self.old, pictures=())
            and all(planned == old for planned, old in zip_longest(self._pictures(), self.old.pictures))
        )

    def begin(self, stale: Iterable[str], drawn: Journal) -> int:
        """Sees to it that nothing is listed that is to be drawn anew, and removes it: returns how many files."""
        stale = list(stale)
        if stale or self.old.complete or self.old.sizes != tuple(map(str, self.sizes)):
            self.save(complete=False)
            drawn.clear()
        return _remove(self._path(size, file) for size in map(Size.of, self.old.sizes) for file in stale)

    def draw(self, run: Run, drawn: Journal, begun: Path) -> int:
        """Draws what is missing, and returns how many pictures were."""
        begun.mkdir(exist_ok=True)
        todo = (
            Drawing(file, tuple(pictures), tuple(pictures.values()), sizes)
            for (file, places), sizes in zip(self.units, self.missing, strict=True)
            if sizes and (pictures := self._planned(places))
        )
        work = functools.partial(render, raw=self.raw, out=self.out, begun=begun)
        written = 0
        for drawing, rejections in run(work, "Drawing", todo, sum(map(bool, self.missing))):
            broken = {rejection.source: rejection for rejection in rejections}
            self.rejections.update(broken)
            pictures = [picture for picture in drawing.pictures if picture.source not in broken]
            for place, picture in zip(drawing.places, drawing.pictures, strict=True):
                self.good[place] = picture.source not in broken
            if pictures:
                drawn.append([drawing.file, _digest(pictures)])
                written += len(pictures)
        return written

    def save(self, *, complete: bool) -> None:
        """Writes the manifest."""
        self._about(complete=complete).save(self.out, self._pictures())

    def report(self, written: int, removed: int) -> Report:
        """What there is."""
        about = self._about(complete=True)
        splits, methods = Counter[str](), Counter[str]()
        for picture in self._pictures():
            splits[picture.split] += 1
            methods[picture.treatment.method] += 1
        return Report(self.out, about.sizes, about.class_names, splits, methods, about.rejected, written, removed)

    def _pictures(self) -> Iterator[Picture]:
        return (picture for index, picture in enumerate(self.plan) if picture and self.good[index])

    def _about(self, *, complete: bool) -> Manifest:
        """The manifest but for its pictures."""
        names = {name for source, good in zip(self.sources, self.good, strict=True) if good for name in source.classes}
        rejected = tuple(self.rejections[path] for path in sorted(self.rejections))
        sizes = tuple(map(str, self.sizes))
        return Manifest(sizes, class_order(names), (), rejected, complete, format=self.old.format)

    def _planned(self, places: Iterable[int]) -> dict[int, Picture]:
        """The pictures of these sources, of those that can be used."""
        return {place: picture for place in places if (picture := self.plan[place])}

    def _path(self, size: Size, file: str) -> Path:
        return Path(self.out, str(size), file)


def _remembered(sources: Sequence[Source], old: Manifest, seen: Journal) -> Looks:
    """What manifest and journal know of the sources."""
    looks = Looks(len(sources))
    places = {source.path: index for index, source in enumerate(sources)}
    for picture in old.pictures:
        if (index := places.get(picture.source)) is not None:
            done = picture.treatment
            looks[index] = Inspection(picture.sha256, done.source_size, done.planet, done.method == "plain")
    for path, sha256, size, planet, plain in seen.records():
        if (index := places.get(path)) is not None:
            looks[index] = Inspection(sha256, tuple(size), planet and tuple(planet), plain)
    return looks


def _digest(pictures: Iterable[Picture]) -> str:
    """Equal for files of pictures that are drawn alike."""
    drawn = json.dumps([[picture.sha256, vars(picture.treatment)] for picture in pictures], sort_keys=True)
    return hashlib.blake2b(drawn.encode(), digest_size=16).hexdigest()


def _remove(paths: Iterable[Path]) -> int:
    """Removes the files that exist, and returns how many did."""
    removed = 0
    for path in paths:
        with contextlib.suppress(FileNotFoundError):
            path.unlink()
            removed += 1
    return removed
