"""Versions appear whole where servers read them."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from serving.deploy.place import main


@pytest.fixture
def source(saved_models_dir: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(saved_models_dir, tmp_path / "source"))


def _files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_versions_are_copied_and_nothing_else_is_left(source: Path, tmp_path: Path) -> None:
    (tmp_path / "target" / "tiny_planet" / ".2.partial" / "variables").mkdir(parents=True)  # of a copy cut short
    assert main([str(source), str(tmp_path / "target")]) == 0
    assert _files(tmp_path / "target") == _files(source)
    assert not list((tmp_path / "target").glob("*/.*"))


def test_a_version_is_renamed_once_it_is_whole(source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Path] = []

    def rename(old: Path, new: Path) -> None:
        seen.extend(path for path in (tmp_path / "target").glob("*/*") if path.name.isdecimal())  # by servers
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("serving.deploy.place.os.rename", rename)
    assert main([str(source), str(tmp_path / "target")]) == 1
    assert seen == []
    assert _files(tmp_path / "target") == {}


def test_a_broken_version_is_left_out_and_the_others_are_placed(
    source: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.rmtree(source / "tiny_planet" / "2" / "variables")
    assert main([str(source), str(tmp_path / "target")]) == 1
    assert "Version 2 of 'tiny_planet' is left out. Its file" in capsys.readouterr().err
    assert sorted(path.name for path in (tmp_path / "target").glob("*/*")) == ["1", "1"]


def test_a_version_that_is_there_stays_as_it_is(source: Path, tmp_path: Path) -> None:
    there = tmp_path / "target" / "tiny_planet" / "1"
    there.mkdir(parents=True)
    (there / "mine").touch()
    assert main([str(source), str(tmp_path / "target")]) == 0
    assert [path.name for path in there.iterdir()] == ["mine"]


def test_a_folder_without_models_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(tmp_path), str(tmp_path / "target")]) == 2
    assert "holds no model: name a folder" in capsys.readouterr().err
