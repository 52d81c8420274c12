"""What a bake is asked to make, and how it is cut into shards."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

RECORD = "bake.json"

_FILE = re.compile(r"[a-z][a-z0-9_]*\.[a-z0-9]+")
_RANGE = re.compile(r"(\d+):(\d+)")


class BakeError(Exception):
    """A bake that can't be made as asked, in one sentence."""


@dataclasses.dataclass(frozen=True)
class Plan:
    """A bake, the same on every machine that works on it.

    Attributes:
        stem: Address i is `{stem}/{i}`; None: it is the seed i itself.
        first: The first i.
        count: How many; with `addresses` as many as these.
        wants: Files of each address, each with options of its own: `planet.webp?size=256`, `map.png`, `world.glb`.
        options: What all of them are asked with: `kind`, `model` and `version`.
        shard_size: Addresses of a shard; the last one has the rest.
        addresses: In place of `stem` and `first`.
    """

    stem: str | None
    first: int
    count: int
    wants: tuple[str, ...]
    options: dict[str, str]
    shard_size: int
    addresses: tuple[str, ...] = ()

    @property
    def shards(self) -> int:
        """How many there are."""
        return -(-self.count // self.shard_size)

    def texts(self, shard: int) -> list[str]:
        """The addresses and seeds of a shard."""
        indices = range(shard * self.shard_size, min((shard + 1) * self.shard_size, self.count))
        if self.addresses:
            return [self.addresses[i] for i in indices]
        return [str(self.first + i) if self.stem is None else f"{self.stem}/{self.first + i}" for i in indices]

    def record(self) -> dict[str, Any]:
        """What `bake.json` says; a list of addresses by its length and checksum."""
        about = dataclasses.asdict(self) | {"wants": list(self.wants)}
        listed = about.pop("addresses")
        if listed:
            about["addresses_sha256"] = hashlib.sha256("\n".join(listed).encode()).hexdigest()
        return {"format": 1, **about}


def parse_range(text: str) -> tuple[int, int]:
    """`"FIRST:END"`, END not among them, as first and count; raises `BakeError` for anything else."""
    match = _RANGE.fullmatch(text)
    if match and int(match[1]) < int(match[2]) <= 2**64:
        return int(match[1]), int(match[2]) - int(match[1])
    raise BakeError(f"{text!r} is no range of seeds such as 0:20000, whose end is beyond the last one.")


def read_addresses(path: Path) -> tuple[str, ...]:
    """The lines of a text file that are not empty; raises `BakeError` where it can't be read or names one twice."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise BakeError(f"{path} can't be read: {getattr(error, 'strerror', None) or error}.") from None
    found = [line.strip() for line in lines if line.strip()]
    if not found:
        raise BakeError(f"{path} has no address: give one in each line.")
    seen: set[str] = set()
    for address in found:
        if address in seen:
            raise BakeError(f"{path} has {address!r} twice: name each once.")
        seen.add(address)
    return tuple(found)


def check_wants(wants: Sequence[str]) -> tuple[str, ...]:
    """The files to make of each address; raises `BakeError` for what is none, or two of one name."""
    names = [file_name(want) for want in wants]
    for want, name in zip(wants, names, strict=True):
        if not _FILE.fullmatch(name):
            raise BakeError(f"{want!r} is no file of an address such as planet.webp?size=256, map.png or world.glb.")
    if not names or len(set(names)) < len(names):
        raise BakeError("Say once what is wanted of each address, such as --want planet.webp --want map.png.")
    return tuple(wants)


def file_name(want: str) -> str:
    """`"planet.webp?size=256"` to `"planet.webp"`."""
    return want.partition("?")[0]


def query_of(want: str, options: Mapping[str, str]) -> dict[str, str]:
    """What a file is asked with: all its options, and those of all files."""
    return {**options, **dict(parse_qsl(want.partition("?")[2], keep_blank_values=True))}


def resumed(out: Path, plan: Plan) -> Plan | None:
    """The same with the model and version of the bake that `out` holds; None if it holds none, or another."""
    try:
        was = json.loads((out / RECORD).read_text(encoding="utf-8"))
        drawn_by = {name: plan.options.get(name, was["options"][name]) for name in ("model", "version")}
    except (OSError, ValueError, KeyError, TypeError):
        return None
    again = dataclasses.replace(plan, options={**plan.options, **drawn_by})
    return again if again.record() == was else None


def begin(out: Path, plan: Plan) -> None:
    """Makes `out` the folder of this bake, or finds that it is; raises `BakeError` where it is that of another."""
    path = out / RECORD
    text = json.dumps(plan.record(), indent=1, ensure_ascii=False) + "\n"
    try:
        if path.is_file():
            if difference := _difference(path.read_text(encoding="utf-8"), plan.record()):
                raise BakeError(f"{out} holds another bake, {difference}: choose another folder.")
            return
        if out.is_dir() and any(out.iterdir()):
            raise BakeError(f"{out} holds other files: choose an empty folder.")
        out.mkdir(parents=True, exist_ok=True)
        part = path.with_name(f".{path.name}.{os.getpid()}.part")
        part.write_text(text, encoding="utf-8")
        os.replace(part, path)
    except OSError as error:
        raise BakeError(f"{out} can't be written: {error.strerror or error}.") from None


def _difference(text: str, now: dict[str, Any]) -> str | None:
    """What another record says otherwise, None if nothing."""
    try:
        was = dict(json.loads(text))
    except (ValueError, TypeError):
        return f"whose {RECORD} can't be read"
    for name in {**was, **now}:
        if was.get(name) != now.get(name):
            return f"with {name} {was.get(name)!r}, not {now.get(name)!r}"
    return None
