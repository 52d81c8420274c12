"""Makes the files of addresses by asking a gateway in this process: bytes and errors are the gateway's own."""

from __future__ import annotations

import io
import json
import tempfile
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

from flask.testing import FlaskClient

from serving.bake.plan import BakeError, Plan, file_name, query_of
from serving.gateway.app import create_app
from serving.gateway.config import GatewayConfig

_TOGETHER = 64  # planets of one request
_DEADLINE_S = 3600.0
_SMALLEST = "planet.png?size=16"


class Oven:
    """A gateway of its own, without a port.

    Args:
        saved_models: Folder of the models.
        only: Name and version of the one that is needed; all are loaded if None.

    Raises:
        BakeError: There is no such folder.
    """

    def __init__(self, saved_models: Path, only: tuple[str, str] | None = None) -> None:
        from serving.backends.embedded import EmbeddedBackend  # imports TensorFlow

        if not saved_models.is_dir():
            raise BakeError(f"{saved_models} is no folder of models.")
        self._view = tempfile.TemporaryDirectory()
        if only:
            folder = Path(self._view.name, only[0])
            folder.mkdir()
            (folder / only[1]).symlink_to(Path(saved_models, *only).resolve(), target_is_directory=True)
            saved_models = folder.parent
        self._backend = EmbeddedBackend(saved_models)
        config = GatewayConfig(
            deadline_s=_DEADLINE_S, max_planets=_TOGETHER, batch_size=_TOGETHER, cache_bytes=0, max_body_bytes=1 << 20
        )
        self._client: FlaskClient = create_app(self._backend, config).test_client()

    def close(self) -> None:
        """Ends its models."""
        self._backend.close()
        self._view.cleanup()

    def entries(self, plan: Plan, texts: Sequence[str]) -> list[dict[str, Any]]:
        """What up to 64 addresses are: `address`, `seed`, `kind`, `model` and `version`.

        Raises:
            BakeError: An address or an option is none.
        """
        return self._planets(plan, _SMALLEST, texts)[0]

    def files(self, plan: Plan, texts: Sequence[str]) -> Iterator[tuple[dict[str, Any], dict[str, bytes]]]:
        """Each address's entry, and its files by their names, in order.

        Raises:
            BakeError: The gateway refuses something, which it does for all of them alike.
        """
        for start in range(0, len(texts), _TOGETHER):
            some = texts[start : start + _TOGETHER]
            made: list[dict[str, bytes]] = [{} for _ in some]
            entries: list[dict[str, Any]] = []
            for want in plan.wants:
                name = file_name(want)
                if name.startswith("planet."):
                    told, pictures = self._planets(plan, want, some)
                    entries = entries or told
                else:
                    pictures = [self._get(_path(text, name), query_of(want, plan.options)) for text in some]
                for files, picture in zip(made, pictures, strict=True):
                    files[name] = picture
            yield from zip(entries or self.entries(plan, some), made, strict=True)

    def _planets(self, plan: Plan, want: str, texts: Sequence[str]) -> tuple[list[dict[str, Any]], list[bytes]]:
        body = {**query_of(want, plan.options), "seeds": list(texts), "format": file_name(want).partition(".")[2]}
        response = self._client.post("/v1/planets", json=body, headers={"Accept": "application/zip"})
        with zipfile.ZipFile(io.BytesIO(_checked(response, want))) as archive:
            answer = json.loads(archive.read("manifest.json"))
            pictures = [archive.read(entry["file"]) for entry in answer["planets"]]
        return [_about(entry, answer) for entry in answer["planets"]], pictures

    def _get(self, path: str, query: dict[str, str]) -> bytes:
        return _checked(self._client.get(path, query_string=query), path)


def _path(text: str, name: str) -> str:
    stem, _, ending = name.partition(".")
    address = quote(text, safe="/")
    return f"/v1/worlds/{address}.{ending}" if stem == "world" else f"/v1/worlds/{address}/{name}"


def _about(entry: dict[str, Any], answer: dict[str, Any]) -> dict[str, Any]:
    kind = entry.get("kind")
    return {
        "address": entry.get("address"),
        "seed": str(entry["seed"]),
        "kind": kind,
        "model": answer["model"],
        "version": int(entry.get("version", answer.get("version"))),
    }


def _checked(response: Any, what: str) -> bytes:
    if response.status_code == 200:
        return response.data
    problem = response.get_json(silent=True) or {}
    raise BakeError(f"{what} can't be baked: {problem.get('detail') or response.status}")
