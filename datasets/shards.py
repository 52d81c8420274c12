"""Pictures in ArrayRecord shards, 256 of a folder in each, in place of a file each.

`OUT/64/mars/00001.arrayrecord` has `mars_256.png` to `mars_511.png`, those that the manifest lists, in its order.
ArrayRecord is Google's format of records that are read in any order (https://github.com/google/array_record).
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np

from datasets.errors import RequestError

PICTURES = 256  # of a shard at most

_ENDING = ".arrayrecord"
_WRITER = "group_size:1,uncompressed"  # each record is read alone, and PNG is compressed
_READER = "readahead_buffer_size:0,max_parallelism:0"  # for reading in any order


class DamagedShard(Exception):
    """Why a shard can't be read, in a few words."""


class Units:
    """The files that pictures are kept in, like a list of the places of those in each.

    Args:
        pictures: Their paths below a size folder, as manifests have them.
        sharded: Whether 256 share a file.
    """

    def __init__(self, pictures: Iterable[str], sharded: bool) -> None:
        numbers: dict[str, int] = {}
        units = np.fromiter((numbers.setdefault(_file(one, sharded), len(numbers)) for one in pictures), np.int64)
        self._order = np.argsort(units, kind="stable")
        self._ends = np.cumsum(np.bincount(units, minlength=len(numbers)))
        self.files = list(numbers)  # below each size folder

    def __iter__(self) -> Iterator[tuple[str, list[int]]]:
        start = 0
        for file, end in zip(self.files, self._ends.tolist(), strict=True):
            yield file, self._order[start:end].tolist()
            start = end


def check_installed() -> None:
    """Raises `RequestError` if ArrayRecord isn't."""
    try:
        import array_record.python.array_record_module  # noqa: F401
    except ImportError:
        raise RequestError("ArrayRecord isn't installed: pip install -r requirements-arrayrecord.txt") from None


def is_shard(file: str) -> bool:
    """Whether a file has many pictures."""
    return file.endswith(_ENDING)


@contextlib.contextmanager
def shard_writer(path: Path) -> Iterator[Callable[[bytes], None]]:
    """Yields what appends a record. Raises `OSError` if they can't be written."""
    from array_record.python.array_record_module import ArrayRecordReader, ArrayRecordWriter

    count = 0

    def append(record: bytes) -> None:
        nonlocal count
        writer.write(record)
        count += 1

    try:
        writer = ArrayRecordWriter(str(path), _WRITER)
        yield append
        writer.close()
        reader = ArrayRecordReader(str(path), _READER)
        if reader.num_records() != count:
            raise OSError(f"{path} is not what was written")
        reader.close()
    except RuntimeError as error:
        raise OSError(_first(error)) from None


def read_shard(path: Path, count: int, places: Sequence[int]) -> list[bytes]:
    """Some of the records of a shard.

    Args:
        path: The file.
        count: Records that it should have.
        places: Those that are wanted, from 0 on.

    Raises:
        DamagedShard: It is missing or damaged.
    """
    check_installed()
    from array_record.python.array_record_module import ArrayRecordReader

    if not path.is_file():
        raise DamagedShard("no such file")
    try:
        reader = ArrayRecordReader(str(path), _READER)
        if reader.num_records() != count:
            raise DamagedShard(f"{reader.num_records()} pictures where {count} should be")
        return reader.read(places)
    except RuntimeError as error:
        raise DamagedShard(_first(error)) from None


def _first(error: RuntimeError) -> str:
    """What it says before it goes into details."""
    return str(error).partition(";")[0]


def _file(picture: str, sharded: bool) -> str:
    if not sharded:
        return picture
    folder, _, name = picture.rpartition("/")
    number = int(name.removesuffix(".png").rpartition("_")[2])
    return f"{folder}/{number // PICTURES:05d}{_ENDING}"
