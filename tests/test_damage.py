"""Damage drills: each file of a run, a data set, a SavedModel and a file of keys is damaged in turn.

Whatever reads it then ends in one sentence that names the file, or does what it does with the sound one.
"""

from __future__ import annotations

import contextlib
import dataclasses
import io
import os
import resource
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from datasets.pictures import load_pictures
from datasets.prepare import main as prepare_main
from datasets.prepare import prepare
from serving.backends.cards import scan
from serving.backends.loading import LoadedVersion
from serving.gateway.guards.authorization import KeysError, digest_line, read_keys
from tests.serving.tiny_model import write_tiny_generator
from tests.training.runs import weights, without_time
from tests.training.tiny_family import TINY
from training.contract.config import TrainingConfig
from training.export import main as export_main
from training.families import FAMILIES
from training.loop.loop import train
from training.records.logs import read_log
from training.records.runs import read_finished
from training.report import main as report_main
from training.saved.served import ServedModel, seal
from training.train import main as train_main


def cut(path: Path):
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def empty(path: Path):
    path.write_bytes(b"")


def rename(path: Path):
    path.rename(path.with_name(f"{path.name}.old"))


def replace_by_a_folder(path: Path):
    """It can be opened neither for reading nor for writing, not even by root."""
    path.unlink()
    path.mkdir()


def flip_at(share: float) -> Callable[[Path], None]:
    def flip_a_bit(path: Path):
        content = bytearray(path.read_bytes())
        content[min(int(share * len(content)), len(content) - 1)] ^= 1
        path.write_bytes(content)

    return flip_a_bit


_NOT_NEEDED = ("samples", "checkpoints", "best", "resources.json", "generator.weights.h5")  # of a run that is reported
DAMAGES = (cut, empty, rename, Path.unlink, replace_by_a_folder, *map(flip_at, (0.1, 0.6)))


def files_of(folder: Path) -> list[str]:
    paths = (path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    return sorted(path for path in paths if not path.startswith("tensorboard/"))


@pytest.fixture(scope="module")
def family():
    FAMILIES["tiny"] = TINY
    yield TINY
    del FAMILIES["tiny"]


@pytest.fixture(scope="module")
def raw(tmp_path_factory):
    folder = tmp_path_factory.mktemp("raw")
    random = np.random.default_rng(0)
    for name in ("ice", "lava"):
        (folder / name).mkdir()
        for i in range(4):
            Image.fromarray(random.integers(0, 256, (24, 24, 3), dtype=np.uint8)).save(folder / name / f"{i}.png")
    return folder


@pytest.fixture(scope="module")
def data(raw, tmp_path_factory):
    out = tmp_path_factory.mktemp("data") / "data"
    prepare(raw, out, sizes=[16], workers=1, fewest=1)
    return out


@pytest.fixture(scope="module")
def config(data, family, tmp_path_factory):
    """The configuration of a finished training of 2 epochs."""
    return TrainingConfig(
        data=str(data),
        out=str(tmp_path_factory.mktemp("runs") / "run"),
        family="tiny",
        size=16,
        epochs=2,
        batch_size=4,
        precision="float32",
        checkpoint_every=1,
    )


@pytest.fixture(scope="module")
def run(config) -> Path:
    return train(config)


def attempt(read: Callable, *arguments: object) -> tuple[object, str]:
    """What was read, or None and the one sentence that was said instead."""
    try:
        return read(*arguments), ""
    except (ValueError, KeysError) as error:
        return None, str(error)


def spoiled(folder: Path, copy: Path, damage: Callable[[Path], None], name: str) -> Path:
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(folder, copy)
    damage(copy / name)
    return copy


def ended(main: Callable[[list[str]], int], *arguments: object) -> tuple[int, str]:
    """The exit code of a command, which never lets an error through, and what it said on stderr."""
    said = io.StringIO()
    with contextlib.redirect_stderr(said), contextlib.redirect_stdout(io.StringIO()):
        code = main([str(argument) for argument in arguments])
    return code, "\n".join(line.rpartition("\r")[2] for line in said.getvalue().splitlines())


def check_named(code: int, said: str, name: str, drill: str):
    last = said.splitlines()[-1] if said else ""
    assert code == 2, drill
    assert last.startswith("error: "), drill
    assert Path(name).name in said or (name.endswith(".h5") and "*.weights.h5 is missing" in said), f"{drill}: {said}"


def test_runs_are_reported_exported_and_begun_with_as_they_were_or_not_at_all(run, tmp_path):
    shutil.copytree(run, tmp_path / "run")
    assert ended(report_main, tmp_path / "run") == (0, "")
    report = (tmp_path / "run" / "report.html").read_text()
    exported = {}
    for best in ((), ("--best",)):
        assert ended(export_main, run, "--saved-models", tmp_path / "sound", *best) == (0, "")
        exported[best] = (tmp_path / "sound" / "tiny_16" / str(len(exported) + 1) / "saved_model.pb").read_bytes()
    drills = 0
    made = ("report.html", "timelapse.webp", "timelapse.mp4")  # of what is drilled here
    for name in sorted(set(files_of(run)) - set(made)):
        for damage in DAMAGES:
            copy = spoiled(run, tmp_path / "run", damage, name)
            drill = f"{damage.__name__} {name}"
            code, said = ended(report_main, copy)
            if code or (copy / "report.html").read_text() != report:
                lost = damage in (rename, Path.unlink, replace_by_a_folder)
                if not (lost and code == 0 and name.partition("/")[0] in _NOT_NEEDED):
                    check_named(code, said, name, f"report, {drill}")
            for best, content in exported.items():
                code, said = ended(export_main, copy, "--saved-models", tmp_path / "models", *best)
                if code:
                    check_named(code, said, name, f"export, {drill}")
                    assert not list(tmp_path.glob("models/*/*")), drill
                else:
                    assert (tmp_path / "models" / "tiny_16" / "1" / "saved_model.pb").read_bytes() == content, drill
                    shutil.rmtree(tmp_path / "models")
            begun, sentence = attempt(read_finished, copy, "tiny", ["generator"])
            assert begun or Path(name).name in sentence, drill
            if begun:
                assert (begun["classes"], begun["batch_size"]) == (["ice", "lava"], 4), drill
            drills += 1
    assert drills >= 12 * len(DAMAGES)


def test_trainings_go_on_as_undisturbed_or_not_at_all(run, config, tmp_path):
    whole = train(dataclasses.replace(config, out=str(tmp_path / "whole"), epochs=3))
    arguments = ("tiny", "--data", config.data, "--size", 16, "--epochs", 3, "--batch-size", 4, "--checkpoint-every", 1)
    for name in ("checkpoints/step_00000001.npz", "checkpoints/step_00000002.npz", "config.json", "log.csv"):
        for damage in DAMAGES:
            copy = spoiled(run, tmp_path / "run", damage, name)
            code, said = ended(train_main, *arguments, "--out", copy, "--resume")
            if code:
                check_named(code, said, name, f"resume, {damage.__name__} {name}")
                continue
            if "02" in name and damage in (cut, empty):  # a bit may be one that means nothing
                assert Path(name).name in said
            expected, found = (weights(folder / "generator.weights.h5") for folder in (whole, copy))
            for variable, value in expected.items():
                np.testing.assert_array_equal(found[variable], value)
            assert without_time(read_log(copy)) == without_time(read_log(whole))


@contextlib.contextmanager
def files_end_at(size: int) -> Iterator[None]:
    """No file grows beyond this many bytes, whatever writes it: as if the disk were full."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_full_disk_under_each_file_loses_nothing(run, config, tmp_path):
    arguments = ("tiny", "--data", config.data, "--size", 16, "--epochs", 3, "--batch-size", 4, "--checkpoint-every", 1)
    whole = train(dataclasses.replace(config, out=str(tmp_path / "whole"), epochs=3))
    sizes = {(run / name).stat().st_size: name for name in files_of(run) if not name.startswith("report")}
    for size, name in sizes.items():
        copy = spoiled(run, tmp_path / "run", lambda _: None, name)
        with files_end_at(size // 2):
            code, said = ended(train_main, *arguments, "--out", copy, "--resume")
        assert code in (0, 2), name
        assert "can't be written" in said or "failed: " in said, f"{name}: {said}"
        assert not [path for path in copy.rglob("*") if "partial" in path.name]
        assert ended(train_main, *arguments, "--out", copy, "--resume")[0] == 0
        expected, found = (weights(folder / "generator.weights.h5") for folder in (whole, copy))
        for variable, value in expected.items():
            np.testing.assert_array_equal(found[variable], value)


@pytest.mark.parametrize(
    "name",
    ["config.json", "log.csv", "SHA256SUMS", "generator.weights.h5", "best/generator.weights.h5", "checkpoints/best"],
)
def test_a_file_that_cannot_be_opened_for_writing_is_named(run, config, tmp_path, name):
    copy = spoiled(run, tmp_path / "run", lambda _: None, name)
    path = copy / name
    blocked = path.with_name("best.partial") if name == "checkpoints/best" else path.with_name(f".partial.{path.name}")
    blocked.mkdir(parents=True)
    arguments = ("tiny", "--data", config.data, "--size", 16, "--epochs", 3, "--batch-size", 4, "--checkpoint-every", 1)
    code, said = ended(train_main, *arguments, "--out", copy, "--resume")
    check_named(code, said, name, name)
    blocked.rmdir()
    assert ended(train_main, *arguments, "--out", copy, "--resume")[0] == 0


def test_data_sets_are_read_as_they_were_or_not_at_all(raw, data, tmp_path):
    sound = load_pictures(data, 16, "all")
    for name in ("manifest.json", "16/ice/ice_000.png", "16/lava/lava_003.png"):
        for damage in DAMAGES:
            copy = spoiled(data, tmp_path / "data", damage, name)
            drill = f"{damage.__name__} {name}"
            found, sentence = attempt(load_pictures, copy, 16, "all")
            assert found or Path(name).name in sentence, drill
            assert "\n" not in sentence
            if found:
                np.testing.assert_array_equal(found.images, sound.images, err_msg=drill)
                assert found.class_names == sound.class_names
            if damage is replace_by_a_folder:
                (copy / name).rmdir()
            elif name.endswith(".png"):
                (copy / name).unlink(missing_ok=True)  # as advised
            code, _ = ended(prepare_main, raw, copy, "--sizes", "16", "--workers", "1", "--fewest", "1")
            assert code == 0, drill
            assert load_pictures(copy, 16, "all").sha256() == sound.sha256(), drill


def test_a_full_disk_under_a_data_set_is_named_and_nothing_is_lost(raw, data, tmp_path):
    for size in sorted({(data / name).stat().st_size for name in files_of(data)}):
        shutil.rmtree(tmp_path / "data", ignore_errors=True)
        command = (raw, tmp_path / "data", "--sizes", "16", "--workers", "1", "--fewest", "1")
        with files_end_at(size // 2):
            code, said = ended(prepare_main, *command)
        assert code == 2
        assert "can't be written: File too large" in said
        assert str(tmp_path / "data") in said
        assert ended(prepare_main, *command)[0] == 0
        assert load_pictures(tmp_path / "data", 16).sha256() == load_pictures(data, 16).sha256()


def test_models_are_loaded_as_they_were_or_not_at_all(tmp_path):
    folder = write_tiny_generator(tmp_path / "sound", "tiny", 1)
    seal(folder)
    latent = np.ones((2, 8), np.float32)
    sound = ServedModel(folder).call("generate", "image", "", latent=latent)
    [stored] = scan(tmp_path / "sound")
    sound_card = stored.card
    drills = 0
    for name in files_of(folder):
        for damage in DAMAGES:
            copy = spoiled(folder, tmp_path / "models" / "tiny" / "1", damage, name)
            drill = f"{damage.__name__} {name}"
            found, sentence = attempt(ServedModel, copy)
            # One whose graph is gone is told of by the folder that lacks it.
            assert found or Path(name).name in sentence or "no SavedModel" in sentence, f"{drill}: {sentence}"
            if found:
                np.testing.assert_array_equal(found.call("generate", "image", "", latent=latent), sound, err_msg=drill)
            (stored,) = scan(tmp_path / "models")
            served = LoadedVersion(stored)
            if served.load():
                found = served.call("generate", {"latent": latent})["image"]
                np.testing.assert_array_equal(found, sound, err_msg=drill)
                assert stored.card == sound_card, drill
            else:
                assert Path(name).name in served.error, f"{drill}: {served.error}"
                assert served.error.count(". ") == 0
            drills += 1
    assert drills >= 5 * len(DAMAGES)


def test_no_other_key_is_let_in_by_a_damaged_file(tmp_path):
    path = tmp_path / "api_keys.txt"
    for damage in DAMAGES:
        shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
        path.write_text(f"{digest_line('one', 'studio')}\n{digest_line('two')}\n")
        sound = read_keys(path)
        damage(path)
        found, sentence = attempt(read_keys, path)
        assert found or path.name in sentence
        assert "\n" not in sentence
        if found:  # a digit of a digest, or of a comment: at most one key is no key any more
            assert len(found - sound) <= 1
            assert len(found & sound) >= len(sound) - 1


def test_the_folder_of_a_run_may_not_be_writable(run, config, tmp_path, monkeypatch):
    def refuse(path, *_, **__):
        raise PermissionError(13, "Permission denied", str(path))

    copy = spoiled(run, tmp_path / "run", lambda _: None, "config.json")
    monkeypatch.setattr(os, "replace", refuse)
    arguments = (
        "tiny",
        "--data",
        config.data,
        "--size",
        16,
        "--epochs",
        3,
        "--batch-size",
        4,
        "--out",
        copy,
        "--resume",
    )
    code, said = ended(train_main, *arguments)
    check_named(code, said, "config.json", "replace")
    assert "Permission denied" in said
