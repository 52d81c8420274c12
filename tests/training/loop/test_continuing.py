"""A training goes on as what it began as, or not at all; and whatever was damaged meanwhile is named."""

from __future__ import annotations

import dataclasses
import json
import os
import shutil
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from datasets.errors import RequestError
from datasets.labels import LabelFile
from datasets.prepare import prepare
from tests.training.runs import weights, without_time
from tests.training.tiny_family import TinyTrainer
from training.contract.config import TrainingConfig
from training.loop import checkpoints, loop
from training.loop.earlier import find_earlier
from training.loop.loop import OutOfMemory, train
from training.records.logs import read_log
from training.records.runs import read_run
from training.train import main


def draw(raw: Path, classes=("ice", "lava"), seed=1, count=7):
    random = np.random.default_rng(seed)
    for name in classes:
        (raw / name).mkdir(parents=True)
        for i in range(count):
            pixels = random.integers(0, 256, (24, 24, 3), dtype=np.uint8)
            Image.fromarray(pixels).save(raw / name / f"{i}.png")
    return raw


def prepared(raw: Path, out: Path, **options) -> Path:
    prepare(raw, out, sizes=[8, 16], workers=1, fewest=1, **options)
    return out


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    folder = tmp_path_factory.mktemp("data")
    return prepared(draw(folder / "raw"), folder / "data")


@pytest.fixture(scope="module")
def begun(data, tiny_family, tmp_path_factory):
    """The configuration of a training of 3 epochs of 3 steps."""
    out = tmp_path_factory.mktemp("runs") / "run"
    config = TrainingConfig(
        data=str(data), out=str(out), family="tiny", size=16, epochs=3, batch_size=4, checkpoint_every=1
    )
    train(dataclasses.replace(config, precision="float32"))
    return config


@pytest.fixture
def config(begun, tmp_path):
    """The same in a folder of its own, 2 epochs longer."""
    shutil.copytree(begun.out, tmp_path / "run")
    return dataclasses.replace(begun, out=str(tmp_path / "run"), epochs=5)


def files(run: str) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in Path(run).rglob("*") if path.is_file()}


def recorded(config) -> dict:
    return json.loads((Path(config.out) / "config.json").read_text())


@pytest.mark.parametrize(
    ("changes", "names"),
    [
        ({"batch_size": 8}, "batch_size is 8 now and was 4"),
        ({"batch_size": 2}, "batch_size is 2 now and was 4"),
        ({"size": 8}, "size is 8 now and was 16"),
        ({"classes": ("ice",)}, "classes is ice now and was ice, lava"),
        ({"seed": 1}, "seed is 1 now and was 0"),
        ({"balance": "weights"}, "balance is weights now and was none"),
        ({"balance": "cap", "cap": 6}, "cap is 6 now and was None"),
        ({"precision": "mixed_bfloat16"}, "--precision mixed_bfloat16: it began with float32"),
        ({"recipe": "eager"}, "recipe eager is another recipe than its usual"),
        ({"changes": {"filters": 4}}, "filters is 4 now and was 2"),
        ({"changes": {"width": 2.0}}, "width is 2.0 now and was 1.0"),
        ({"changes": {"loss": "hinge"}}, "loss is hinge now and was squared"),
        ({"changes": {"flip": False}}, "flip is False now and was True"),
        ({"changes": {"init_from": Path("elsewhere")}}, "init_from is elsewhere now and was None"),
        ({"family": "dcgan", "changes": {}}, "family is dcgan now and was tiny"),
        ({"epochs": 2}, "has taken 9 steps already, --epochs 2 are 6"),
    ],
)
def test_another_training_is_refused_by_name_and_nothing_is_touched(config, changes, names):
    before = files(config.out)
    with pytest.raises(ValueError, match=names) as refused:
        train(dataclasses.replace(config, **changes), resume=True)
    assert "\n" not in str(refused.value)
    assert files(config.out) == before


@pytest.mark.parametrize(
    ("made", "names"),
    [
        ({"classes": ("acid", "ice")}, "classes is acid, ice now and was ice, lava; the pictures"),
        ({"seed": 2}, "the pictures, their order or their labels are not those that it was shown"),
        ({"count": 9}, "training_pictures is 16 now and was 12; the pictures"),
    ],
)
def test_other_pictures_are_refused(config, tmp_path, made, names):
    other = prepared(draw(tmp_path / "raw", **made), tmp_path / "other")
    with pytest.raises(ValueError, match=names):
        train(dataclasses.replace(config, data=str(other)), resume=True)


def test_another_table_of_labels_is_refused(tmp_path, tiny_family):
    raw = draw(tmp_path / "raw")
    table = ["file,labels", *(f"{name}/{i}.png,{name}" for name in ("ice", "lava") for i in range(7))]
    (tmp_path / "labels.csv").write_text("\n".join(table))
    first = prepared(raw, tmp_path / "first", labels=LabelFile(tmp_path / "labels.csv"))
    table[1] += "|lava"
    (tmp_path / "labels.csv").write_text("\n".join(table))
    second = prepared(raw, tmp_path / "second", labels=LabelFile(tmp_path / "labels.csv"))
    config = TrainingConfig(
        data=str(first), out=str(tmp_path / "run"), family="tiny", size=16, epochs=1, batch_size=4, precision="float32"
    )
    train(config)
    with pytest.raises(ValueError, match="their labels are not those"):
        train(dataclasses.replace(config, data=str(second), epochs=2), resume=True)


def test_the_same_data_may_lie_elsewhere(config, data, tmp_path):
    shutil.copytree(data, tmp_path / "moved")
    train(dataclasses.replace(config, data=str(tmp_path / "moved")), resume=True)
    assert recorded(config)["data"] == "moved"
    assert len(read_log(Path(config.out))) == 5


def test_what_may_change_is_said_and_recorded_with_its_step(config, capsys):
    train(dataclasses.replace(config, changes={"learning_rate": 0.05}), resume=True)
    assert "From step 9 on: epochs 5 instead of 3, recipe.learning_rate 0.05 instead of 0.1." in capsys.readouterr().err
    assert recorded(config)["continued"] == [{"step": 9, "epochs": [3, 5], "recipe.learning_rate": [0.1, 0.05]}]
    train(dataclasses.replace(config, changes={"learning_rate": 0.05}, epochs=6), resume=True)
    assert [part["step"] for part in recorded(config)["continued"]] == [9, 15]


def test_resuming_needs_no_longer_what_it_began_with(config):
    run = Path(config.out)
    shutil.rmtree(run)
    train(dataclasses.replace(config, epochs=1, changes={"init_from": Path("begun_with")}, precision="float32"))
    train(dataclasses.replace(config, epochs=2), resume=True)
    assert recorded(config)["recipe"]["init_from"] == "begun_with"
    assert recorded(config)["changes"] == ["init_from"]


def test_resuming_needs_all_else_that_it_was_asked_for(config):
    run = Path(config.out)
    shutil.rmtree(run)
    train(dataclasses.replace(config, epochs=1, changes={"plan": Path("plan")}, precision="float32"))
    with pytest.raises(RequestError, match="plan is None now and was plan"):
        train(dataclasses.replace(config, epochs=2), resume=True)


def test_a_finished_training_is_not_begun_anew(config):
    shutil.rmtree(Path(config.out, "checkpoints"))
    for resume in (False, True):
        with pytest.raises(ValueError, match="holds trained models but no checkpoint"):
            train(config, resume=resume)


def flip_a_bit(path: Path, place: float = 0.5):
    content = bytearray(path.read_bytes())
    content[int(place * len(content))] ^= 1
    path.write_bytes(content)


def cut(path: Path):
    path.write_bytes(path.read_bytes()[:-40])


def empty(path: Path):
    path.write_bytes(b"")


@pytest.mark.parametrize("damage", [flip_a_bit, cut, empty])
def test_the_newest_sound_checkpoint_is_used(begun, config, capsys, damage):
    run = Path(config.out)
    newest = run / "checkpoints" / "step_00000009.npz"
    damage(newest)
    train(dataclasses.replace(config, keep_checkpoints=1), resume=True)
    told = capsys.readouterr().err
    assert f"{newest} can't be read" in told
    assert "goes on from step_00000006.npz" in told
    assert sorted(path.name for path in newest.parent.iterdir()) == [
        "best.npz",
        "step_00000009.npz.damaged",
        "step_00000015.npz",
    ]
    whole = dataclasses.replace(config, out=str(run.parent / "whole"), precision="float32")
    train(whole)
    expected, found = (weights(Path(one.out) / "generator.weights.h5") for one in (whole, config))
    for name, value in expected.items():
        np.testing.assert_array_equal(found[name], value)
    assert without_time(read_log(run)) == without_time(read_log(Path(whole.out)))


def test_a_bit_anywhere_in_a_checkpoint_is_seen_or_harmless(config):
    path = Path(config.out, "checkpoints", "step_00000009.npz")
    sound = path.read_bytes()
    shutil.rmtree(path.parent)
    path.parent.mkdir()
    state = TinyTrainer(loop.FAMILIES["tiny"].recipes["usual"], 2).state
    path.write_bytes(sound)
    meta = checkpoints.load_checkpoint(path, state)
    values = [variable.numpy() for variable in state.values()]
    for place in range(0, len(sound), 23):
        path.write_bytes(sound[:place] + bytes([sound[place] ^ 4]) + sound[place + 1 :])
        refused = ""
        try:
            found, _ = checkpoints.newest_sound_checkpoint(path.parent)
            loaded = checkpoints.load_checkpoint(found, state)
        except ValueError as error:
            refused = str(error)
        if refused:
            assert path.name in refused
            continue
        assert loaded == meta
        for variable, value in zip(state.values(), values, strict=True):
            np.testing.assert_array_equal(variable.numpy(), value)


def test_no_sound_checkpoint_is_one_sentence(config):
    for path in Path(config.out, "checkpoints").iterdir():
        empty(path)
    with pytest.raises(ValueError, match=r"No checkpoint in .*step_00000009\.npz: .*best\.npz: ") as error:
        train(config, resume=True)
    assert "\n" not in str(error.value)


def test_best_stands_in_for_lost_checkpoints(config):
    run = Path(config.out)
    for path in run.glob("checkpoints/step_*"):
        path.unlink()
    train(config, resume=True)
    assert len(read_log(run)) == 5


@pytest.mark.parametrize("name", ["config.json", "log.csv"])
@pytest.mark.parametrize("damage", [flip_a_bit, cut, empty, Path.unlink])
def test_config_and_log_come_back_from_the_checkpoint(begun, config, name, damage):
    damage(Path(config.out, name))
    train(dataclasses.replace(config, epochs=3), resume=True)
    assert without_time(read_log(Path(config.out))) == without_time(read_log(Path(begun.out)))
    assert recorded(config) == {**recorded(begun), "out": "run", "precision": "float32"}
    read_run(Path(config.out))


@pytest.mark.parametrize("damage", [flip_a_bit, cut, empty])
@pytest.mark.parametrize("name", ["config.json", "log.csv"])
def test_a_reader_names_a_damaged_file(config, name, damage):
    damage(Path(config.out, name))
    with pytest.raises(ValueError, match=name):
        read_run(Path(config.out))


def test_disks_without_hard_links_copy(config, monkeypatch):
    def no_links(source, target, **_):
        raise OSError(95, "Operation not supported", str(source), None, str(target))

    monkeypatch.setattr(os, "link", no_links)
    train(config, resume=True)
    folder = Path(config.out, "checkpoints")
    assert (folder / "best.npz").read_bytes() == (folder / "step_00000015.npz").read_bytes()


@pytest.mark.parametrize(
    "error",
    [
        tf.errors.ResourceExhaustedError(None, None, "Out of memory while trying to allocate 4096 bytes"),
        MemoryError("Unable to allocate 3 GiB"),
        RuntimeError("RESOURCE_EXHAUSTED: Out of memory allocating 4096 bytes."),
    ],
)
def test_out_of_memory_has_a_sentence_and_a_code_of_its_own(config, monkeypatch, capsys, error):
    def step(self, *_):
        raise error

    monkeypatch.setattr(TinyTrainer, "step", step)
    arguments = ["tiny", "--size", "16", "--data", config.data, "--epochs", "5", "--batch-size", "4", "--precision"]
    arguments += ["float32", "--out"]
    before = files(str(Path(config.out, "checkpoints")))
    assert main([*arguments, config.out, "--resume"]) == 3
    told = capsys.readouterr().err.splitlines()[-1]
    assert told.startswith("error: Memory ran out with --batch-size 4: start in another --out")
    assert files(str(Path(config.out, "checkpoints"))) == before
    assert main([*arguments, f"{config.out}_new"]) == 3
    assert "start again, with a smaller one" in capsys.readouterr().err
    monkeypatch.undo()
    arguments[arguments.index("4")] = "2"  # as advised
    assert main([*arguments, f"{config.out}_new"]) == 0


def test_pictures_that_fill_the_memory_are_named(config, monkeypatch):
    def load(*_, **__):
        raise MemoryError

    monkeypatch.setattr(loop, "open_pictures", load)
    with pytest.raises(OutOfMemory, match=r"reading the pictures of .* at 16 px"):
        train(config, resume=True)


def test_a_full_disk_names_the_file_and_keeps_the_checkpoints(config, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    before = files(str(Path(config.out, "checkpoints")))
    monkeypatch.setattr(checkpoints, "_write_npz", full)
    with pytest.raises(OSError, match=r"step_00000012\.npz can't be written: No space left on device\."):
        train(config, resume=True)
    assert files(str(Path(config.out, "checkpoints"))) == before


def test_a_file_is_no_run_folder(tmp_path):
    (tmp_path / "run").touch()
    with pytest.raises(RequestError, match="run is a file: name a folder"):
        find_earlier(TrainingConfig(data="data", out=str(tmp_path / "run")), resume=True)
