"""Worlds as ZIPs for an engine, and a folder that keeps them unpacked."""

from __future__ import annotations

import builtins
import dataclasses
import hashlib
import io
import json
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from client.errors import InvalidAnswer, InvalidRequest
from client.results import File, safe_stem, write_whole

MANIFEST = "manifest.json"


@dataclasses.dataclass(frozen=True)
class Pack(File):
    """A world for an engine.

    Attributes:
        bytes: The ZIP.
        engine: That it is for.
        seed: The seed the world grew from, 0 to 2^64 - 1.
        address: The text that the seed was hashed from; None if it was asked for by number.
        model: Name of the model that drew it.
        version: Version of that model.
        kind: Shares by kind's name, summing to 1; None if the model knows no kinds.
        etag: Stands for its contents; None if the server gave none.
    """

    bytes: builtins.bytes = dataclasses.field(repr=False)
    engine: str
    seed: int
    address: str | None
    model: str
    version: int
    kind: Mapping[str, float] | None = None
    etag: str | None = None

    @property
    def filename(self) -> str:
        """A name that is safe on any file system, such as `orion_7_3-engine.zip`."""
        return f"{safe_stem(self.address or str(self.seed))}-engine.zip"

    def files(self) -> dict[str, builtins.bytes]:
        """Returns its files by name, without the folder that they are in.

        Raises:
            InvalidAnswer: The ZIP is broken, or holds what has no place in a folder.
        """
        try:
            with zipfile.ZipFile(io.BytesIO(self.bytes)) as archive:
                files = {PurePosixPath(name): archive.read(name) for name in archive.namelist()}
        except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError) as error:
            raise InvalidAnswer(f"The ZIP of {self.address or self.seed} is broken ({error}); ask again.") from error
        for path in files:
            if path.is_absolute() or len(path.parts) != 2 or {"..", "."} & set(path.parts) or "\\" in str(path):
                raise InvalidAnswer(f"The ZIP of {self.address or self.seed} holds {str(path)!r}, a place elsewhere.")
        return {path.name: content for path, content in files.items()}


class PackFolder:
    """A folder of worlds for one engine, with a manifest by which it is known what is there and whole.

    Args:
        folder: Made if missing.
        engine: That its worlds are for.

    Raises:
        InvalidRequest: It holds worlds for another engine, or a manifest that is none.
        OSError: It can't be read.
    """

    def __init__(self, folder: Path, engine: str) -> None:
        self._folder = folder
        self._told: dict[str, Any] = {"engine": engine, "worlds": {}}
        file = folder / MANIFEST
        if file.exists():
            self._told = _read(file)
            if self._told["engine"] != engine:
                raise InvalidRequest(f"{folder} holds worlds for {self._told['engine']}; choose another for {engine}.")

    def known(self, text: str, asked: Mapping[str, Any]) -> str | None:
        """The ETag of a world that is there and whole; None of one that is not, or was asked for in another way.

        Args:
            text: Its seed or address.
            asked: What it was asked for with, as JSON has it.
        """
        world = self._told["worlds"].get(text)
        if world is None or world["asked"] != dict(asked):
            return None
        whole = all(_is_whole(self._folder / name, facts["sha256"]) for name, facts in world["files"].items())
        return world["etag"] if whole else None

    def files(self, text: str) -> list[Path]:
        """The files of a world that is there."""
        return [self._folder / name for name in self._told["worlds"][text]["files"]]

    def keep(self, text: str, asked: Mapping[str, Any], pack: Pack) -> None:
        """Unpacks a world into a folder of its own, in place of what was there of it, and puts it into the manifest.

        Raises:
            InvalidAnswer: As `Pack.files`.
            OSError: A file can't be written.
        """
        files = {f"{safe_stem(text)}/{name}": content for name, content in pack.files().items()}
        before = self._told["worlds"].get(text, {"files": {}})["files"]
        for name, content in files.items():
            write_whole(self._folder / name, content)
        for name in before.keys() - files.keys():
            (self._folder / name).unlink(missing_ok=True)
        self._told["worlds"][text] = {
            "asked": dict(asked),
            "seed": str(pack.seed),
            "model": pack.model,
            "version": pack.version,
            "kind": pack.kind,
            "etag": pack.etag,
            "files": {
                name: {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
                for name, content in files.items()
            },
        }
        write_whole(self._folder / MANIFEST, json.dumps(self._told, indent=1, ensure_ascii=False).encode())


def _read(file: Path) -> dict[str, Any]:
    try:
        told = json.loads(file.read_bytes())
        for world in told["worlds"].values():
            dict(world["asked"])
            str(world["etag"])
            for name, facts in world["files"].items():
                str(facts["sha256"])
                if len(PurePosixPath(name).parts) != 2 or ".." in name:
                    raise ValueError(name)
        return {"engine": told["engine"], "worlds": told["worlds"]}
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise InvalidRequest(f"{file} is no manifest of worlds; choose another folder, or remove it.") from error


def _is_whole(file: Path, digest: str) -> bool:
    try:
        return hashlib.sha256(file.read_bytes()).hexdigest() == digest
    except OSError:
        return False
