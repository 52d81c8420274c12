from __future__ import annotations

import os
import resource
import shutil
from itertools import islice

import numpy as np
import pytest

pytest.importorskip("array_record", reason="needs ArrayRecord: pip install -r requirements-arrayrecord.txt")

from datasets import preparation, shards, stored
from datasets.errors import RequestError
from datasets.manifest import load_manifest
from datasets.pictures import batches, load_pictures, open_pictures
from datasets.prepare import main, prepare
from datasets.render import render
from datasets.sampling import shuffled
from datasets.shards import Units

FOLDERS = ("earth", "haumea", "moon")
SHARDS = [f"{size}/{name}/0000{n}.arrayrecord" for size in (16, 32) for name in FOLDERS for n in range(3)]


@pytest.fixture(autouse=True)
def _small_shards(monkeypatch):
    monkeypatch.setattr(shards, "PICTURES", 4)


def _sharded(raw, out, **options):
    return prepare(raw, out, **{"sizes": [16, 32], "workers": 1, "form": "arrayrecord", **options})


def _files(out) -> dict[str, bytes]:
    return {path.relative_to(out).as_posix(): path.read_bytes() for path in out.rglob("*") if path.is_file()}


def test_shards_have_the_same_pictures_splits_and_manifest_as_files(raw, tmp_path):
    prepare(raw, tmp_path / "files", sizes=[16, 32], workers=1)
    report = _sharded(raw, tmp_path / "shards")
    assert report.written == 30
    assert sorted(_files(tmp_path / "shards")) == sorted([*SHARDS, "manifest.json"])
    manifests = [load_manifest(tmp_path / name) for name in ("files", "shards")]
    assert manifests[0].pictures == manifests[1].pictures
    assert [manifest.format for manifest in manifests] == ["files", "arrayrecord"]
    for size in (16, 32):
        for arguments in (("train",), ("holdout",), ("all", ["moon", "earth"])):
            files, found = (load_pictures(tmp_path / name, size, *arguments) for name in ("files", "shards"))
            np.testing.assert_array_equal(files.images, found.images)
            assert files.sha256() == found.sha256()
            assert files.files == found.files


@pytest.mark.parametrize(
    "index", [5, -1, slice(3, 11, 2), slice(0, 0), [7, 2, 7], np.arange(24) % 5 == 0, np.array([[1, 2], [20, 3]])]
)
def test_stored_pictures_are_indexed_like_an_array(raw, tmp_path, index):
    _sharded(raw, tmp_path / "out")
    pictures = open_pictures(tmp_path / "out", 16, "train")
    whole = load_pictures(tmp_path / "out", 16, "train").images
    assert not isinstance(pictures.images, np.ndarray)
    assert (len(pictures), pictures.images.shape, pictures.images.dtype) == (24, whole.shape, whole.dtype)
    np.testing.assert_array_equal(pictures.images[index], whole[index])


def test_workers_read_only_their_rows_of_each_batch(raw, tmp_path, monkeypatch):
    _sharded(raw, tmp_path / "out")
    read = []

    def reading(path, count, places):
        read.extend(places)
        return shards.read_shard(path, count, places)

    monkeypatch.setattr(stored, "read_shard", reading)
    pictures = open_pictures(tmp_path / "out", 16)
    assert not read
    taken = []
    for rows in (slice(0, 4), slice(4, 8)):
        read.clear()
        taken.append(list(islice(batches(pictures, 8, shuffled(len(pictures), 3), rows=rows), 5)))
        assert len(read) == 5 * 4
    whole = list(islice(batches(load_pictures(tmp_path / "out", 16), 8, shuffled(len(pictures), 3)), 5))
    for (images, labels), *parts in zip(whole, *taken, strict=True):
        np.testing.assert_array_equal(images, np.concatenate([part[0] for part in parts]))
        np.testing.assert_array_equal(labels, np.concatenate([part[1] for part in parts]))


def test_only_shards_of_what_changed_are_made_again(raw, tmp_path, draw):
    out = tmp_path / "out"
    _sharded(raw, out)
    before = {name: (out / name).stat().st_mtime_ns for name in SHARDS}
    assert _sharded(raw, out, form=None).written == 0
    draw((120, 85), (60, 60)).save(sorted((raw / "earth").iterdir())[5])
    sorted((raw / "earth_moon").iterdir())[9].unlink()
    os.remove(out / "32/haumea/00000.arrayrecord")
    assert _sharded(raw, out).written == 4 + 1 + 4
    changed = {name for name, time in before.items() if (out / name).stat().st_mtime_ns != time}
    again = ("16/earth/00001", "32/earth/00001", "16/moon/00002", "32/moon/00002", "32/haumea/00000")
    assert changed == {f"{name}.arrayrecord" for name in again}
    _sharded(raw, tmp_path / "fresh")
    assert _files(out) == _files(tmp_path / "fresh")


def test_an_interrupted_run_goes_on(raw, tmp_path, monkeypatch):
    def interrupted(task, **options):
        if task.file == "haumea/00001.arrayrecord":
            raise KeyboardInterrupt
        return render(task, **options)

    out = tmp_path / "out"
    monkeypatch.setattr(preparation, "render", interrupted)
    with pytest.raises(KeyboardInterrupt):
        _sharded(raw, out)
    with pytest.raises(RequestError, match="unfinished"):
        load_pictures(out, 16)
    monkeypatch.setattr(preparation, "render", render)
    assert _sharded(raw, out).written == 30 - 10 - 4
    _sharded(raw, tmp_path / "fresh")
    assert _files(out) == _files(tmp_path / "fresh")


def test_what_breaks_while_it_is_drawn_is_left_out_alone(raw, tmp_path, monkeypatch):
    source = sorted((raw / "earth").iterdir())[1]

    def breaking(task, **options):
        if task.file.startswith("earth/00000"):
            source.write_bytes(b"")
        return render(task, **options)

    monkeypatch.setattr(preparation, "render", breaking)
    report = _sharded(raw, tmp_path / "out")
    assert [rejection.source for rejection in report.rejected] == [f"earth/{source.name}"]
    monkeypatch.undo()
    monkeypatch.setattr(shards, "PICTURES", 4)
    found = load_pictures(tmp_path / "out", 16, "all")
    prepare(raw, tmp_path / "files", sizes=[16], workers=1)
    files = load_pictures(tmp_path / "files", 16, "all")
    # Files are numbered anew without the broken source: the same pictures, split in other places.
    assert len(found) == len(files) == 29
    assert "earth/earth_001.png" not in found.files
    np.testing.assert_array_equal(found.images, files.images)


@pytest.mark.parametrize(
    "damage",
    [
        lambda path: path.unlink(),
        lambda path: path.write_bytes(b""),
        lambda path: path.write_bytes(path.read_bytes()[: path.stat().st_size // 2]),
        lambda path: shutil.copy(path.with_name("00002.arrayrecord"), path),
        lambda path: path.write_bytes(path.read_bytes().replace(b"IDAT", b"IDAS", 1)),
    ],
)
def test_damaged_shards_are_named_and_made_again(raw, tmp_path, damage):
    out = tmp_path / "out"
    _sharded(raw, out)
    sound = load_pictures(out, 16, "all").sha256()
    path = out / "16/moon/00001.arrayrecord"
    damage(path)
    with pytest.raises(RequestError, match=r"moon/00001\.arrayrecord can't be read .*: delete it and prepare"):
        load_pictures(out, 16, "all")
    path.unlink(missing_ok=True)
    assert _sharded(raw, out).written == 4
    assert load_pictures(out, 16, "all").sha256() == sound


def test_a_full_disk_is_named_and_the_next_run_goes_on(raw, tmp_path, capsys):
    arguments = [str(raw), str(tmp_path / "out"), "--sizes", "16", "--format", "arrayrecord", "--workers", "1"]
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, before[1]))
    try:
        assert main(arguments) == 2
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert "can't be written: write() failed: File too large.\n" in capsys.readouterr().err
    assert main(arguments) == 0
    assert not list(tmp_path.rglob("*.part"))


def test_a_data_set_keeps_its_format(raw, tmp_path, capsys):
    arguments = [str(raw), str(tmp_path / "out"), "--sizes", "16", "--workers", "1"]
    assert main(arguments) == 0
    assert main([*arguments, "--format", "arrayrecord"]) == 2
    assert "in the format files, not arrayrecord: choose another folder" in capsys.readouterr().err
    assert main([*arguments, "--format", "files"]) == 0


def test_pictures_share_a_file_by_their_numbers_whatever_is_missing_between_them():
    names = ["a/a_000.png", "a/a_003.png", "b_x/b_x_1004.png", "a/a_007.png", "b_x/b_x_1001.png"]
    assert dict(Units(names, sharded=True)) == {
        "a/00000.arrayrecord": [0, 1],
        "b_x/00251.arrayrecord": [2],
        "a/00001.arrayrecord": [3],
        "b_x/00250.arrayrecord": [4],
    }
    assert list(Units(names, sharded=False)) == [(name, [place]) for place, name in enumerate(names)]
    assert list(Units([], sharded=True)) == []
