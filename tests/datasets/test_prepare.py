from __future__ import annotations

import hashlib
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from datasets import preparation as module
from datasets.labels import LabelFile
from datasets.manifest import load_manifest
from datasets.pictures import load_pictures
from datasets.prepare import main, prepare
from datasets.render import inspect, render

ROOT = Path(__file__).parents[2]

BROKEN = {
    "earth/broken_empty.jpg": ("", "empty"),
    "earth/broken_text.png": ("I am no picture.", "not a picture"),
    "hamuea/broken_folder": (None, "no file"),
    "hamuea/broken_truncated.jpg": (0.5, "can't be decoded"),
    "hamuea/broken_tiny.png": ((3, 3), "3x3"),
}


def _plant_broken_files(raw: Path) -> None:
    whole = next((raw / "hamuea").iterdir()).read_bytes()
    for name, (content, _) in BROKEN.items():
        path = raw / name
        match content:
            case None:
                path.mkdir()
            case str():
                path.write_text(content)
            case float():
                path.write_bytes(whole[: int(content * len(whole))])
            case _:
                Image.new("RGB", content).save(path)


def _files(out: Path) -> dict[str, bytes]:
    return {str(path.relative_to(out)): path.read_bytes() for path in sorted(out.rglob("*")) if path.is_file()}


def _lit_box(path: Path) -> np.ndarray:
    """Left, top, right, bottom of what is lit in a picture."""
    lit = np.asarray(Image.open(path)).max(axis=2) > 6
    rows, columns = np.flatnonzero(lit.any(axis=1)), np.flatnonzero(lit.any(axis=0))
    return np.array([columns[0], rows[0], columns[-1] + 1, rows[-1] + 1])


def test_pictures_are_centered_cleaned_scaled_and_recorded(raw, tmp_path):
    out = tmp_path / "out"
    manifest = prepare(raw, out, sizes=[64, 128], workers=1).manifest

    assert manifest == load_manifest(out)
    assert manifest.class_names == ("earth", "haumea", "moon")
    assert manifest.sizes == ("64", "128")
    assert manifest.complete
    assert not manifest.rejected
    assert len(manifest.pictures) == 30
    for index, picture in enumerate(manifest.pictures):
        name = manifest.class_names[index // 10]
        assert picture.file == f"{name}/{name}_{index % 10:03d}.png"
        assert picture.classes == (name,)
        assert picture.treatment.method == "planet"
        assert picture.sha256 == hashlib.sha256((raw / picture.source).read_bytes()).hexdigest()
        for size in (64, 128):
            box = _lit_box(out / str(size) / picture.file)
            np.testing.assert_allclose((box[:2] + box[2:]) / 2, size / 2, atol=0.02 * size)
            # One scale for all views of a class: a turning Haumea is smaller across its diagonal.
            angle = np.radians(18 * (index % 10)) if name == "haumea" else 0
            longer = max(np.hypot(np.cos(angle), np.sin(angle) / 2), np.hypot(np.sin(angle), np.cos(angle) / 2))
            np.testing.assert_allclose(max(box[2:] - box[:2]), 0.9 * size * longer, atol=0.04 * size)


def test_views_are_held_out_in_blocks(raw, tmp_path):
    manifest = prepare(raw, tmp_path / "out", sizes=[16], holdout=0.3, workers=1).manifest
    for name in manifest.class_names:
        splits = [picture.split for picture in manifest.pictures if picture.classes == (name,)]
        assert splits.count("holdout") == 3


def test_a_second_run_does_nothing_and_says_so(raw, tmp_path, capsys):
    out = tmp_path / "out"
    arguments = [str(raw), str(out), "--sizes", "16,32", "--workers", "1"]
    assert main(arguments) == 0
    assert "30 written" in capsys.readouterr().out
    before = {path: path.stat().st_mtime_ns for path in out.rglob("*")}
    assert main(arguments) == 0
    assert "Nothing to do: 30 pictures" in capsys.readouterr().out
    assert {path: path.stat().st_mtime_ns for path in out.rglob("*")} == before


def test_two_processes_give_the_same_files_as_one(raw, tmp_path):
    prepare(raw, tmp_path / "one", sizes=[16], workers=1)
    prepare(raw, tmp_path / "two", sizes=[16], workers=2)
    assert _files(tmp_path / "one") == _files(tmp_path / "two")


@pytest.mark.slow
def test_a_ray_cluster_gives_the_same_files(raw, tmp_path):
    pytest.importorskip("ray", reason="needs Ray: pip install -r requirements-ray.txt")
    prepare(raw, tmp_path / "one", sizes=[16, 32], workers=1)
    arguments = [str(raw), str(tmp_path / "ray"), "--sizes", "16,32", "--ray", "local"]
    assert main(arguments) == 0
    assert _files(tmp_path / "one") == _files(tmp_path / "ray")


def test_changed_new_removed_and_missing_pictures_are_done_again(raw, tmp_path, draw):
    out = tmp_path / "out"
    prepare(raw, out, sizes=[16], workers=1)
    sources = sorted((raw / "earth").iterdir())
    draw((120, 85), (60, 60)).save(sources[3])
    sources[9].unlink()
    draw((120, 85), (60, 60)).save(raw / "hamuea" / "zz_new.png")
    (out / "16/moon/moon_004.png").unlink()

    report = prepare(raw, out, sizes=[16], workers=1)
    assert (report.written, report.removed) == (3, 2)  # removed: the ninth, and the third before it was drawn again
    prepare(raw, tmp_path / "fresh", sizes=[16], workers=1)
    assert _files(out) == _files(tmp_path / "fresh")


def test_a_new_size_is_added_to_the_old_ones(raw, tmp_path):
    out = tmp_path / "out"
    prepare(raw, out, sizes=[16], workers=1)
    old = (out / "16/earth/earth_000.png").stat().st_mtime_ns
    manifest = prepare(raw, out, sizes=["16x32"], workers=1).manifest
    assert manifest.sizes == ("16", "16x32")
    assert (out / "16/earth/earth_000.png").stat().st_mtime_ns == old
    assert Image.open(out / "16x32/earth/earth_000.png").size == (16, 32)


def test_an_interrupted_run_goes_on(raw, tmp_path, monkeypatch, capsys):
    out = tmp_path / "out"
    drawn = []

    def interrupted(*arguments, **options):
        if len(drawn) == 7:
            raise KeyboardInterrupt
        drawn.append(module_render(*arguments, **options))
        return drawn[-1]

    module_render = module.render
    monkeypatch.setattr(module, "render", interrupted)
    assert main([str(raw), str(out), "--sizes", "16", "--workers", "1"]) == 130
    assert "run the same command again" in capsys.readouterr().err
    with pytest.raises(ValueError, match="unfinished"):
        load_pictures(out, 16)

    monkeypatch.undo()
    assert prepare(raw, out, sizes=[16], workers=1).written == 30 - 7
    prepare(raw, tmp_path / "fresh", sizes=[16], workers=1)
    assert _files(out) == _files(tmp_path / "fresh")


KILLED = """
import os, signal, sys
from datasets import preparation as module

def deadly(real, limit):
    calls = []
    def call(*arguments, **options):
        calls.append(real(*arguments, **options))
        if len(calls) == limit:
            os.kill(os.getpid(), signal.SIGKILL)
        return calls[-1]
    return call

name, limit, raw, out = sys.argv[1:]
setattr(module, name, deadly(getattr(module, name), int(limit)))
from datasets.prepare import prepare
prepare(raw, out, sizes=[16, 32], workers=1)
"""


def _kill_at(raw: Path, out: Path, name: str, limit: int) -> None:
    """Prepares until a function has been called so often."""
    command = [sys.executable, "-c", KILLED, name, str(limit), str(raw), str(out)]
    assert subprocess.run(command, cwd=ROOT, check=False).returncode == -signal.SIGKILL


def _interrupted_at(file: str, raw: Path, out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Prepares until this file is to be drawn."""

    def interrupted(task, **options):
        if task.file == file:
            raise KeyboardInterrupt
        return render(task, **options)

    monkeypatch.setattr(module, "render", interrupted)
    with pytest.raises(KeyboardInterrupt):
        prepare(raw, out, sizes=[16], workers=1)
    monkeypatch.undo()


def _damaged(out: Path, damage: Callable[[bytes], bytes]) -> None:
    for path in (out / ".preparing").glob("*.jsonl"):
        path.write_bytes(damage(path.read_bytes()))


def test_a_killed_run_goes_on_whatever_it_left(raw, tmp_path, monkeypatch):
    out = tmp_path / "out"
    _kill_at(raw, out, "inspect", 12)
    _damaged(out, lambda content: content[:-9])
    _kill_at(raw, out, "render", 9)
    with pytest.raises(ValueError, match="unfinished"):
        load_pictures(out, 16)
    (out / ".preparing" / "earth_000.png.0123.part").write_bytes(b"half")
    seen = []
    monkeypatch.setattr(module, "inspect", lambda task, **options: seen.append(task) or inspect(task, **options))
    assert prepare(raw, out, sizes=[16, 32], workers=1).written == 30 - 8  # the ninth wasn't noted
    assert all(task.known for task in seen)
    prepare(raw, tmp_path / "fresh", sizes=[16, 32], workers=1)
    assert _files(out) == _files(tmp_path / "fresh")
    assert prepare(raw, out, sizes=[16, 32], workers=1).written == 0


@pytest.mark.parametrize("damage", [lambda content: b"", lambda content: content[:-30], lambda content: content[::-1]])
def test_damaged_journals_cost_time_alone(raw, tmp_path, monkeypatch, damage):
    out = tmp_path / "out"

    _interrupted_at("haumea/haumea_001.png", raw, out, monkeypatch)
    _damaged(out, damage)
    assert 19 <= prepare(raw, out, sizes=[16], workers=1).written <= 30
    prepare(raw, tmp_path / "fresh", sizes=[16], workers=1)
    assert _files(out) == _files(tmp_path / "fresh")


def test_what_changes_after_a_run_was_killed_is_done_again(raw, tmp_path, monkeypatch, draw):
    """Whether manifest or journal listed it."""
    out = tmp_path / "out"
    prepare(raw, out, sizes=[16], workers=1)
    sources = sorted((raw / "earth").iterdir())
    for number in (2, 5, 8):
        draw((120, 85), (60, 60), seed=number).save(sources[number])

    _interrupted_at("earth/earth_008.png", raw, out, monkeypatch)
    draw((150, 85), (60, 60)).save(sources[5])
    assert prepare(raw, out, sizes=[16], workers=1).written == 2
    prepare(raw, tmp_path / "fresh", sizes=[16], workers=1)
    assert _files(out) == _files(tmp_path / "fresh")


def test_broken_files_are_listed_and_everything_else_is_done(raw, tmp_path, capsys):
    _plant_broken_files(raw)
    out = tmp_path / "out"
    assert main([str(raw), str(out), "--sizes", "16", "--workers", "2"]) == 1
    listed = capsys.readouterr().err
    manifest = load_manifest(out)
    assert len(manifest.pictures) == 30
    assert {rejection.source for rejection in manifest.rejected} == set(BROKEN)
    for rejection in manifest.rejected:
        assert BROKEN[rejection.source][1] in rejection.reason
        assert f"{rejection.source}: {rejection.reason}" in listed

    assert main([str(raw), str(out), "--sizes", "16", "--workers", "1"]) == 1
    assert "Nothing to do" in capsys.readouterr().out


def test_any_folder_of_pictures_can_be_prepared(tmp_path, capsys):
    random = np.random.default_rng(0)
    for name, mode in (("a.png", "RGB"), ("b.png", "L"), ("c.png", "P"), ("d.png", "RGBA")):
        path = tmp_path / "raw" / "zebras" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(random.integers(0, 256, (40, 60, 3), np.uint8)).convert(mode).save(path)
    (tmp_path / "raw" / "zebras" / ".DS_Store").write_text("Not a picture, and no matter.")
    assert main([str(tmp_path / "raw"), str(tmp_path / "out"), "--sizes", "32", "--workers", "1"]) == 0
    said = capsys.readouterr().out
    assert "4 show no planet on a black sky" in said
    assert "There is one class, zebras" in said
    manifest = load_manifest(tmp_path / "out")
    assert {picture.treatment.method for picture in manifest.pictures} == {"center_crop"}


@pytest.fixture
def posters(tmp_path, draw) -> Path:
    """Six upright pictures in two folders, a planet on black among them, and `labels.csv`."""
    random = np.random.default_rng(0)
    genres = {"a": "drama|war", "b": "war|drama", "c": "drama|noir", "d": "noir", "e": "war", "old/f": "drama"}
    for name in genres:
        path = tmp_path / "posters" / f"{name}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(random.integers(100, 256, (90, 40, 3), np.uint8)).save(path)
    draw().save(tmp_path / "posters" / "e.png")
    rows = [f"{name}.png,{labels}\n" for name, labels in genres.items()]
    (tmp_path / "labels.csv").write_text("file,labels\n" + "".join(rows) + "gone.png,war\n")
    return tmp_path / "posters"


def test_labels_from_a_file_name_and_sort_pictures_from_anywhere(posters, tmp_path, capsys):
    arguments = [posters, tmp_path / "out", "--labels", tmp_path / "labels.csv", "--sizes", "16x32", "--plain"]
    assert main([*map(str, arguments), "--fewest", "3", "--workers", "1"]) == 1
    said, listed = capsys.readouterr()
    assert "Left out, with fewer than 3 pictures: noir (2)." in said
    assert "look like a planet" not in said
    assert "labels.csv:8: There is no file gone.png" in listed
    assert "d.png: None of its labels has at least 3 pictures: noir (2)." in listed
    manifest = load_manifest(tmp_path / "out")
    assert manifest.class_names == ("drama", "war")
    assert {picture.source: (picture.file, picture.classes) for picture in manifest.pictures} == {
        "a.png": ("drama/drama_000.png", ("drama", "war")),
        "c.png": ("drama/drama_001.png", ("drama",)),
        "old/f.png": ("drama/drama_002.png", ("drama",)),
        "b.png": ("war/war_000.png", ("war", "drama")),
        "e.png": ("war/war_001.png", ("war",)),
    }
    pictures = load_pictures(tmp_path / "out", "16x32", "all")
    assert pictures.images.shape == (5, 32, 16, 3)
    np.testing.assert_array_equal(pictures.labels, [[1, 1], [1, 0], [1, 0], [1, 1], [0, 1]])


def test_of_very_many_rejections_the_first_are_printed_and_the_manifest_has_all(posters, tmp_path, capsys):
    for number in range(110):
        (posters / f"x{number}.png").touch()
    arguments = [posters, tmp_path / "out", "--labels", tmp_path / "labels.csv", "--sizes", "16", "--plain"]
    assert main([*map(str, arguments), "--fewest", "1", "--workers", "1"]) == 1
    *listed, more = capsys.readouterr().err.splitlines()[-101:]
    assert "  x0.png: No row of labels.csv names it." in listed
    assert more == f"  and 11 more: see {tmp_path / 'out' / 'manifest.json'}"
    assert len(load_manifest(tmp_path / "out").rejected) == 111


def test_changed_labels_are_taken_over(posters, tmp_path):
    table, out = tmp_path / "labels.csv", tmp_path / "out"
    options = {"labels": LabelFile(table), "fewest": 1, "sizes": [16], "workers": 1}
    prepare(posters, out, **options)
    table.write_text(table.read_text().replace("a.png,drama|war", "a.png,drama|noir|war"))
    assert prepare(posters, out, **options).written == 0
    assert load_manifest(out).pictures[0].classes == ("drama", "noir", "war")
    table.write_text(table.read_text().replace("e.png,war", "e.png,epic"))
    assert prepare(posters, out, **options).written == 1
    prepare(posters, tmp_path / "fresh", **options)
    assert _files(out) == _files(tmp_path / "fresh")


def test_planets_are_looked_for_unless_told_otherwise(posters, tmp_path, capsys):
    def methods(*options: str) -> list[str]:
        arguments = [posters, tmp_path / "out", "--labels", tmp_path / "labels.csv", "--sizes", "16", "--workers", "1"]
        main([*map(str, arguments), "--fewest", "1", *options])
        return sorted(picture.treatment.method for picture in load_manifest(tmp_path / "out").pictures)

    for _ in range(2):  # to and fro: what is known of a picture must not outlive the option
        assert methods() == ["center_crop"] * 5 + ["planet"]
        assert "1 look like a planet and were freed of all around it: add --plain" in capsys.readouterr().out
        assert methods("--plain") == ["plain"] * 6
        assert "look like a planet" not in capsys.readouterr().out


def test_small_class_folders_are_prepared_and_reported(raw, tmp_path, capsys):
    for source in sorted((raw / "hamuea").iterdir())[4:]:
        source.unlink()
    assert main([str(raw), str(tmp_path / "out"), "--sizes", "16", "--fewest", "10", "--workers", "1"]) == 0
    assert "Little to learn from, with fewer than 10 pictures: haumea (4)." in capsys.readouterr().out
    assert load_manifest(tmp_path / "out").class_names == ("earth", "haumea", "moon")


def test_transparency_is_laid_on_black(tmp_path):
    path = tmp_path / "raw" / "signs" / "a.png"
    path.parent.mkdir(parents=True)
    pixels = np.full((32, 32, 4), 255, np.uint8)
    pixels[:, :16, 3] = 0
    Image.fromarray(pixels).save(path)
    prepare(tmp_path / "raw", tmp_path / "out", sizes=[32], workers=1)
    prepared = np.asarray(Image.open(tmp_path / "out/32/signs/signs_000.png"))
    assert prepared[:, :16].max() == 0
    assert prepared[:, 16:].min() == 255


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["missing", "out"], "is not a folder"),
        (["nothing", "out"], "has no class folders"),
        (["hollow", "out"], "no pictures"),
        (["raw", "file"], "can't be written"),
        (["raw", "raw/out"], "choose another folder"),
        (["raw", "out", "--sizes", "64,huge"], "'huge' is not a size"),
        (["raw", "out", "--sizes", ""], "is not a size"),
        (["raw", "out", "--holdout", "0.9"], "out of range"),
        (["raw", "out", "--holdout", "nan"], "out of range"),
        (["raw", "out", "--workers", "0"], "at least 1"),
        (["raw", "out", "--fewest", "0"], "at least 1"),
        (["raw", "out", "--labels", "missing.csv"], "missing.csv can't be read"),
        (["raw", "out", "--labels", "file"], "file has no column 'file'"),
    ],
)
def test_a_wrong_call_gets_one_sentence_and_exit_code_2(raw, tmp_path, monkeypatch, capsys, arguments, complaint):
    monkeypatch.chdir(tmp_path)
    Path("nothing").mkdir()
    Path("hollow/earth").mkdir(parents=True)
    Path("file").write_text("Not a folder.")
    assert main(arguments) == 2
    said = capsys.readouterr().err
    assert complaint in said
    assert said.count("\n") == 1
