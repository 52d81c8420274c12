"""What is exported can be served: names, versions, and files that are what the training wrote."""

from __future__ import annotations

import shutil

import pytest

from training.contract.config import TrainingConfig
from training.export import main
from training.loop.loop import train
from training.saved.served import find_version


@pytest.fixture(scope="module")
def finished(prepared_data, tiny_family, tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs") / "run"
    options = {"family": "tiny", "size": 16, "epochs": 1, "batch_size": 4, "precision": "float32"}
    train(TrainingConfig(data=str(prepared_data), out=str(folder), **options))
    return folder


@pytest.fixture
def export(finished, tmp_path, capsys):
    """Exports with options; returns the exit code and what was said."""
    shutil.copytree(finished, tmp_path / "run")

    def call(*options: str) -> tuple[int, str]:
        code = main([str(tmp_path / "run"), "--saved-models", str(tmp_path / "models"), *options])
        return code, capsys.readouterr().err

    return call


@pytest.mark.parametrize(
    "name", ["../out", "a/b", "/tmp/out", "dcgan.v1", ".", "..", "-x", "a b", "a\\b", "é", "a" * 200, "nul", "COM1"]
)
def test_names_that_cannot_be_served_are_refused_before_anything_is_written(export, tmp_path, name):
    code, told = export(f"--name={name}")
    assert code == 2
    assert told.startswith(f"error: {name!r} can't be the name of a model")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["run"]


@pytest.mark.parametrize("version", ["0", "-1", str(2**63)])
def test_versions_that_cannot_be_served_are_refused_before_anything_is_written(export, tmp_path, version):
    code, told = export(f"--version={version}")
    assert code == 2
    assert f"--version {version} can't be served" in told
    assert not (tmp_path / "models").exists()


def test_leading_zeros_are_read_as_the_model_server_reads_them(export, tmp_path):
    shutil.copytree(tmp_path / "run", tmp_path / "models" / "tiny_16" / "007")
    (tmp_path / "models" / "tiny_16" / "007" / "saved_model.pb").touch()
    (tmp_path / "models" / "tiny_16" / "٣").mkdir()  # a digit, but none of the model server's
    (tmp_path / "models" / "tiny_16" / str(2**63)).mkdir()  # more than it can count to
    code, told = export("--version", "7")
    assert code == 2
    assert "tiny_16/007 exists already" in told
    assert find_version(tmp_path / "models" / "tiny_16").name == "007"
    assert export() == (0, "")
    assert (tmp_path / "models" / "tiny_16" / "8").is_dir()


@pytest.mark.parametrize("best", [[], ["--best"]])
def test_weights_with_a_bit_flipped_are_not_exported(export, tmp_path, best):
    path = tmp_path / "run" / ("best/" if best else "") / "generator.weights.h5"
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    code, told = export(*best)
    assert code == 2
    assert f"{path} is not what was written" in told
    assert not (tmp_path / "models").exists()


def test_what_one_disk_or_another_cannot_have_is_refused(export, tmp_path):
    (tmp_path / "models" / "Tiny_16").mkdir(parents=True)
    code, told = export()
    assert code == 2
    assert "tiny_16 and Tiny_16 are one folder on disks that don't tell capitals apart" in told
    (tmp_path / "models" / "Tiny_16").rmdir()
    (tmp_path / "models" / "tiny_16").touch()
    code, told = export()
    assert code == 2
    assert told == f"error: {tmp_path / 'models' / 'tiny_16'} can't be made a folder: File exists.\n"


def test_the_best_models_of_an_interrupted_training_are_exported(export, tmp_path):
    run = tmp_path / "run"
    for path in [run / "SHA256SUMS", *run.glob("*.weights.h5")]:
        path.unlink()
    code, told = export()
    sentence = f"{run} is not finished: *.weights.h5 is missing. Go on with training.train, or give --best."
    assert (code, told) == (2, f"error: {sentence}\n")
    assert export("--best") == (0, "")
    shutil.rmtree(run / "best")
    assert "has no best checkpoint" in export("--best", "--version", "9")[1]
