"""A shard on the disk: a tar of files in WebDataset's layout, and a Parquet file that says where in it each of them is.

A shard is whole if, and only if, its index is there: that is renamed into place last. Two tries of one shard, on two
machines, write the same bytes, each under a name of its own, and the first one to end sweeps up what others have begun.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import tarfile
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from serving.bake.oven import Oven
from serving.bake.plan import Plan

_HEADER = 512  # bytes before a file in a tar


def tar_path(out: Path, shard: int) -> Path:
    """Where a shard's files are."""
    return out / "shards" / f"{shard:06d}.tar"


def index_path(out: Path, shard: int) -> Path:
    """Where it is told what they are."""
    return out / "index" / f"{shard:06d}.parquet"


def missing(out: Path, plan: Plan) -> list[int]:
    """The shards that are still to be made."""
    return [shard for shard in range(plan.shards) if not index_path(out, shard).is_file()]


def bake_shard(oven: Oven, plan: Plan, out: Path, shard: int) -> int:
    """Makes a shard, and returns how many addresses it has.

    Raises:
        BakeError: The gateway refuses something.
        OSError: The folder can't be written.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    texts = plan.texts(shard)
    rows: list[dict[str, Any]] = []
    tar, index = tar_path(out, shard), index_path(out, shard)
    parts = [path.with_name(f".{path.stem}.{uuid.uuid4().hex}.part") for path in (tar, index)]
    for path in parts:
        path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with tarfile.open(parts[0], "w", format=tarfile.USTAR_FORMAT) as archive:
            for place, (entry, files) in enumerate(oven.files(plan, texts)):
                key = f"{shard * plan.shard_size + place:09d}"
                told = json.dumps({"key": key, **entry}, ensure_ascii=False, sort_keys=True).encode()
                for name, content in {**files, "json": told}.items():
                    about = tarfile.TarInfo(f"{key}.{name}")
                    about.size = len(content)
                    offset = archive.offset + _HEADER
                    archive.addfile(about, io.BytesIO(content))
                    rows.append(_row(key, entry, name, shard, offset, content))
        pq.write_table(pa.Table.from_pylist(rows, schema=_schema(pa)), parts[1], compression="zstd")
        os.replace(parts[0], tar)
        os.replace(parts[1], index)
    except FileNotFoundError:
        if not index.is_file():  # else another try has ended, and swept up this one's
            raise
    finally:
        for path in parts:
            path.unlink(missing_ok=True)
    for stale in (one for path in (tar, index) for one in path.parent.glob(f".{path.stem}.*.part")):
        stale.unlink(missing_ok=True)  # of a try that was killed
    return len(texts)


def broken(out: Path, plan: Plan) -> Iterator[tuple[int, str]]:
    """The shards that aren't what was written, each with a sentence; those that are still missing are left out."""
    import pyarrow.parquet as pq

    for shard in range(plan.shards):
        if not index_path(out, shard).is_file():
            continue
        try:
            rows = pq.read_table(index_path(out, shard)).to_pylist()
            with tar_path(out, shard).open("rb") as tar:
                wrong = next((row for row in rows if _sha256(tar, row) != row["sha256"]), None)
        except (OSError, ValueError) as error:  # pyarrow's errors are both
            yield shard, f"it can't be read: {error}"
            continue
        keys = {row["key"] for row in rows}
        if wrong:
            yield shard, f"{wrong['file']} of {wrong['key']} is not what was written"
        elif len(keys) != len(plan.texts(shard)):
            yield shard, f"it has {len(keys)} addresses, not {len(plan.texts(shard))}"


def remove(out: Path, shard: int) -> None:
    """Takes a shard away, so that it is made anew."""
    index_path(out, shard).unlink(missing_ok=True)
    tar_path(out, shard).unlink(missing_ok=True)


def _sha256(tar: io.BufferedReader, row: dict[str, Any]) -> str:
    tar.seek(row["offset"])
    return hashlib.sha256(tar.read(row["size"])).hexdigest()


def _row(key: str, entry: dict[str, Any], name: str, shard: int, offset: int, content: bytes) -> dict[str, Any]:
    return {
        "key": key,
        "address": entry["address"],
        "seed": int(entry["seed"]),
        "kind": json.dumps(entry["kind"], sort_keys=True) if entry["kind"] else None,
        "model": entry["model"],
        "version": entry["version"],
        "file": name,
        "shard": tar_path(Path(), shard).name,
        "offset": offset,
        "size": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
    }


def _schema(pa: Any) -> Any:
    texts = {name: pa.string() for name in ("key", "address", "kind", "model", "file", "shard", "sha256")}
    numbers = {"seed": pa.uint64(), "version": pa.int64(), "offset": pa.int64(), "size": pa.int64()}
    order = ("key", "address", "seed", "kind", "model", "version", "file", "shard", "offset", "size", "sha256")
    return pa.schema([(name, {**texts, **numbers}[name]) for name in order])
