"""The manifest of a prepared data set: `OUT/manifest.json` (contract 1)."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

from datasets.disk.files import replacing
from datasets.errors import RequestError
from datasets.names import class_objection
from datasets.sights import PictureSight

FORMAT_VERSION = 1  # raise it whenever preparation would draw the same sources differently, too
MANIFEST_NAME = "manifest.json"
SPLITS = ("train", "holdout")
METHODS = ("planet", "center_crop", "plain")
FORMATS = ("files", "arrayrecord")  # how pictures are kept: a file each, or in shards
LARGEST_SIZE = 4096  # pixels a side

Box = tuple[int, int, int, int]


class Size(NamedTuple):
    """Width and height of a picture in pixels; as text `64` if square, else `64x128`."""

    width: int
    height: int

    @classmethod
    def of(cls, value: int | str | Size) -> Size:
        """Reads `64`, `"64"`, `"64x128"` or a size; raises `RequestError` for anything else."""
        if isinstance(value, Size):
            return value
        match = re.fullmatch(r"\s*([1-9]\d{0,3})(?:x([1-9]\d{0,3}))?\s*", str(value), re.ASCII)
        size = cls(int(match[1]), int(match[2] or match[1])) if match else None
        if size is None or max(size) > LARGEST_SIZE or min(size) < 8:
            raise RequestError(
                f"{str(value)!r} is not a size: expected pixels such as 64, or WIDTHxHEIGHT such as 64x128, "
                f"from 8 to {LARGEST_SIZE}."
            )
        return size

    def __str__(self) -> str:
        return str(self.width) if self.width == self.height else f"{self.width}x{self.height}"


@dataclasses.dataclass(frozen=True)
class Treatment:
    """What was done to a picture.

    Attributes:
        method: `"planet"`: centered on the planet, all else made black; `"center_crop"`: cut around the middle, as
            there is no planet; `"plain"`: the same without having looked for one.
        source_size: Width and height of the source in pixels.
        planet: Left, top, right, bottom of the planet in the source, right and bottom exclusive; None if none found.
        crop_side: Side in source pixels of the square cut around the planet; None if none found.
    """

    method: str
    source_size: tuple[int, int]
    planet: Box | None = None
    crop_side: float | None = None


@dataclasses.dataclass(frozen=True)
class Picture:
    """One prepared picture.

    Attributes:
        file: Path below each size folder, `earth/earth_000.png`.
        source: Path below the raw folder, with slashes.
        sha256: Hexadecimal SHA-256 of the source file.
        classes: Names of its classes; the first one is its folder.
        split: `"train"` or `"holdout"`.
        treatment: What was done to it.
        sight: How it was taken, if that is known.
    """

    file: str
    source: str
    sha256: str
    classes: tuple[str, ...]
    split: str
    treatment: Treatment
    sight: PictureSight | None = None


@dataclasses.dataclass(frozen=True)
class Rejection:
    """A source that could not be used, and why, in one sentence."""

    source: str
    reason: str


@dataclasses.dataclass(frozen=True)
class Manifest:
    """A prepared data set.

    Attributes:
        sizes: Sizes as text, the names of the size folders.
        class_names: Class names in index order.
        pictures: Prepared pictures, in order of class and number.
        rejected: Sources that could not be used.
        complete: False while a preparation is under way or after it was interrupted.
        format_version: `FORMAT_VERSION`.
        format: One of `FORMATS`; the file says nothing of the first.
    """

    sizes: tuple[str, ...]
    class_names: tuple[str, ...]
    pictures: tuple[Picture, ...]
    rejected: tuple[Rejection, ...] = ()
    complete: bool = True
    format_version: int = FORMAT_VERSION
    format: str = FORMATS[0]

    @property
    def is_sharded(self) -> bool:
        """Whether files hold many pictures each (`datasets.shards`)."""
        return self.format == "arrayrecord"

    def save(self, root: Path, pictures: Iterable[Picture] | None = None) -> None:
        """Writes `root/manifest.json`; if `pictures` are given, of these, which are held one at a time, instead."""
        path = Path(root, MANIFEST_NAME)
        data = {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}
        data["rejected"] = [vars(rejection) for rejection in self.rejected]
        if not self.is_sharded:
            del data["format"]
        digest = hashlib.sha256()  # of what `_checksum` has in one piece
        data["pictures"] = []
        before, after = json.dumps(data, sort_keys=True).split('"pictures": []')
        digest.update(f'{before}"pictures": ['.encode())
        try:
            with replacing(path) as part, part.open("w", encoding="utf-8") as file:
                start, end = json.dumps(data, indent=1, ensure_ascii=False).split('"pictures": []')
                file.write(f'{start}"pictures": [')
                separator = ""
                for picture in self.pictures if pictures is None else pictures:
                    entry = {**vars(picture), "treatment": vars(picture.treatment)}
                    digest.update(f"{separator and ', '}{json.dumps(entry, sort_keys=True)}".encode())
                    text = json.dumps(entry, indent=1, ensure_ascii=False).replace("\n", "\n  ")
                    file.write(f"{separator}\n  {text}")
                    separator = ","
                digest.update(f"]{after}".encode())
                file.write(("\n ]" if separator else "]") + end.removesuffix("\n}"))
                file.write(f',\n "checksum": "{digest.hexdigest()}"\n}}\n')
        except OSError as error:
            raise RequestError(f"{path} can't be written: {error.strerror or error}.") from None


def load_manifest(root: Path | str) -> Manifest:
    """Reads and checks `root/manifest.json`; raises `RequestError` where it is missing or wrong."""
    path = Path(root, MANIFEST_NAME)
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        raise RequestError(
            f"{root} is not a prepared data set, it has no {MANIFEST_NAME}: "
            f"make one with `python -m datasets.prepare RAW {root}`."
        ) from None
    except (OSError, ValueError) as error:
        raise RequestError(f"{path} can't be read: {error}.") from None
    version = data.get("format_version") if isinstance(data, dict) else None
    if version != FORMAT_VERSION:
        raise RequestError(f"{path} has format version {version!r}, expected {FORMAT_VERSION}: prepare the data again.")
    if "checksum" in data and data.pop("checksum") != _checksum(data):
        raise RequestError(f"{path} is not what was written, its checksum is another one: prepare the data again.")
    try:
        manifest = _from_json(data)
        _check(manifest)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise RequestError(f"{path} is not a valid manifest ({error}): prepare the data again.") from None
    return manifest


def _checksum(data: dict[str, Any]) -> str:
    """Hexadecimal SHA-256 of all that a manifest says, as a flipped bit in a label would be believed otherwise."""
    return hashlib.sha256(json.dumps(data, sort_keys=True).encode()).hexdigest()


def _from_json(data: dict[str, Any]) -> Manifest:
    return Manifest(
        sizes=tuple(data["sizes"]),
        class_names=tuple(data["class_names"]),
        pictures=tuple(_picture(picture) for picture in data["pictures"]),
        rejected=tuple(Rejection(**rejection) for rejection in data["rejected"]),
        complete=data["complete"],
        format=data.get("format", FORMATS[0]),
    )


def _picture(data: dict[str, Any]) -> Picture:
    treatment, sight = data["treatment"], data.get("sight")
    planet = treatment["planet"]
    return Picture(
        **{
            **data,
            "classes": tuple(data["classes"]),
            "sight": None if sight is None else PictureSight(*map(float, sight)),
            "treatment": Treatment(
                **{
                    **treatment,
                    "source_size": tuple(treatment["source_size"]),
                    "planet": None if planet is None else tuple(planet),
                }
            ),
        }
    )


def _check(manifest: Manifest) -> None:
    """Raises `ValueError` with the first thing that is wrong with a manifest."""
    for size in manifest.sizes:
        Size.of(size)
    if manifest.format not in FORMATS:
        raise ValueError(f"its format is {manifest.format!r}, which is none of {FORMATS}")
    known = set(manifest.class_names)
    for name in manifest.class_names:
        if objection := class_objection(name):
            raise ValueError(objection.rstrip("."))
    files = set()
    for picture in manifest.pictures:
        if not picture.classes or not known.issuperset(picture.classes):
            raise ValueError(f"{picture.file} has classes {picture.classes}, which class_names lacks")
        if picture.split not in SPLITS:
            raise ValueError(f"{picture.file} is in split {picture.split!r}, which is none of {SPLITS}")
        if picture.treatment.method not in METHODS:
            raise ValueError(f"{picture.file} has method {picture.treatment.method!r}, which is none of {METHODS}")
        if picture.file in files or Path(picture.file).is_absolute() or ".." in Path(picture.file).parts:
            raise ValueError(f"{picture.file} stands there twice or leads out of the data set")
        files.add(picture.file)
