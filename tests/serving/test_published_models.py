"""The models of this project are what was exported, byte by byte."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from serving.backends.cards import StoredVersion, scan
from serving.backends.saved_model import saved_model_fault

SAVED_MODELS = Path(__file__).resolve().parents[2] / "saved_models"


@pytest.mark.parametrize("stored", scan(SAVED_MODELS), ids=lambda stored: f"{stored.name}/{stored.version}")
def test_every_file_has_its_checksum(stored: StoredVersion) -> None:
    sums = "assets.extra/SHA256SUMS"
    files = [path for path in stored.folder.rglob("*") if path.is_file() and not path.name.startswith(".")]
    found = {
        path.relative_to(stored.folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files
    }
    del found[sums]

    written = dict(line.split("  ")[::-1] for line in (stored.folder / sums).read_text().splitlines())

    assert written == found
    assert stored.error == saved_model_fault(stored.folder) == ""
