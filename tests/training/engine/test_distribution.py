"""Training on two devices and on two workers is the training on one device."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest

from datasets.prepare import prepare
from tests.training.runs import without_time
from training import engine
from training.contract.config import TrainingConfig
from training.engine import draws
from training.engine.joining import join_workers
from training.loop.loop import train
from training.records.logs import read_log
from training.train import main

ONE_STEP_EPOCHS = [
    "--size",
    "16",
    "--batch-size",
    "16",
    "--checkpoint-every",
    "1",
    "--keep-checkpoints",
    "3",
    "--precision",
    "float32",
]
RECIPES = {"stable": [], "original": ["--recipe", "original", "--clip-norm", "0.5", "--flip"]}


def request(data: Path, run: Path, recipe: str, *options: str) -> list[str]:
    return ["dcgan", "--data", str(data), "--out", str(run), *ONE_STEP_EPOCHS, *RECIPES[recipe], *options]


@pytest.fixture(scope="module")
def runs(prepared_data, tmp_path_factory):
    """A folder with a run of each recipe on one device, `one/RECIPE`, and on two, `two/RECIPE`, and `two/errors`.

    That with dropout takes three steps, on two devices with a break after the first.
    """
    folder = tmp_path_factory.mktemp("runs")

    def on_two(recipe, *options):
        return request(prepared_data, folder / "two" / recipe, recipe, "--strategy", "mirrored", *options)

    requests = [
        on_two("stable", "--batch-size", "12", "--precision", "auto"),
        on_two("original", "--batch-size", "9"),
        on_two("stable", "--epochs", "1"),
        on_two("original", "--epochs", "1"),
        on_two("original", "--epochs", "3", "--resume"),
    ]
    (folder / "two").mkdir()
    with (folder / "two" / "errors").open("w") as errors:
        command = [sys.executable, "-m", "tests.training.engine.on_devices", "2", json.dumps(requests)]
        two_devices = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, text=True)
    assert main(request(prepared_data, folder / "one" / "stable", "stable", "--epochs", "1")) == 0
    assert main(request(prepared_data, folder / "one" / "original", "original", "--epochs", "3")) == 0
    output = two_devices.communicate()[0]
    assert two_devices.returncode == 0, (folder / "two" / "errors").read_text()
    assert json.loads(output.splitlines()[-1]) == [2, 2, 0, 0, 0]
    return folder


@pytest.mark.slow
@pytest.mark.parametrize(("recipe", "step"), [("stable", 1), ("original", 1), ("original", 2), ("original", 3)])
def test_steps_on_two_devices_equal_those_on_one(runs, recipe, step):
    assert_same_step(runs / "one" / recipe, runs / "two" / recipe, step)
    assert json.loads((runs / "two" / recipe / "config.json").read_text())["devices"] == 2


@pytest.mark.slow
@pytest.mark.parametrize(
    "sentence",
    [
        "--batch-size 12 does not fit the deep discriminator, which compares pictures by fours on each device: "
        "use a multiple of 8.",
        "--batch-size 9 cannot be shared by 2 devices: use a multiple of 2.",
    ],
)
def test_batch_that_does_not_fit_the_devices_ends_in_one_sentence(runs, sentence):
    assert f"error: {sentence}" in (runs / "two" / "errors").read_text().splitlines()


@pytest.mark.slow
def test_two_workers_that_read_their_parts_of_shards_equal_one_device(discs, runs, tmp_path):
    pytest.importorskip("array_record", reason="needs ArrayRecord: pip install -r requirements-arrayrecord.txt")
    data, run = tmp_path / "data", tmp_path / "run"
    prepare(discs, data, sizes=[16], form="arrayrecord")
    for options in (["--epochs", "1"], ["--epochs", "3", "--resume"]):
        arguments = request(data, run, "original", "--strategy", "multiworker", *options)
        addresses = [f"127.0.0.1:{port}" for port in free_ports(2)]
        workers = [start_worker(arguments, addresses, index) for index in range(2)]
        outputs = [worker.communicate()[0] for worker in workers]
        assert [worker.returncode for worker in workers] == [0, 0], "\n".join(outputs)
    for step in (1, 2, 3):
        assert_same_step(runs / "one" / "original", run, step)


@pytest.mark.parametrize(
    "config", ["", "{", '{"cluster": {"worker": ["one:2222"]}, "task": {"type": "worker", "index": 1}}']
)
def test_multiworker_asks_for_a_cluster(prepared_data, tmp_path, monkeypatch, capsys, config):
    monkeypatch.setenv("TF_CONFIG", config)
    assert main(request(prepared_data, tmp_path / "run", "stable", "--strategy", "multiworker")) == 2
    assert "needs TF_CONFIG" in capsys.readouterr().err


@pytest.mark.slow
def test_jax_on_two_devices_equals_jax_on_one(prepared_data, tmp_path):
    pytest.importorskip("jax", reason="JAX is not installed")
    environment = {
        **os.environ,
        "KERAS_BACKEND": "jax",
        "JAX_PLATFORMS": "cpu",
        "XLA_FLAGS": "--xla_force_host_platform_device_count=2",
    }
    for name, *options in (("one", "--strategy", "none"), ("two", "--strategy", "mirrored")):
        arguments = request(prepared_data, tmp_path / name, "stable", "--epochs", "1", *options)
        subprocess.run([sys.executable, "-m", "training.train", *arguments], env=environment, check=True)
    assert_same_step(tmp_path / "one", tmp_path / "two", 1)
    assert [json.loads((tmp_path / name / "config.json").read_text())["devices"] for name in ("one", "two")] == [1, 2]


def test_several_processes_are_for_tensorflow_alone(monkeypatch):
    monkeypatch.setattr(engine, "BACKEND", "jax")
    assert join_workers("none", 8).replicas == 1
    with pytest.raises(ValueError, match="KERAS_BACKEND=tensorflow"):
        join_workers("multiworker", 8)


def test_unknown_strategy_is_refused(prepared_data, tmp_path):
    config = TrainingConfig(data=str(prepared_data), out=str(tmp_path / "run"), strategy="parameter_server")
    with pytest.raises(ValueError, match="choose none or mirrored or multiworker"):
        train(config)


def test_one_device_draws_what_keras_draws():
    ours, theirs = keras.random.SeedGenerator(1), keras.random.SeedGenerator(1)
    for own, kerasian in (
        (draws.normal((4, 3), ours), keras.random.normal((4, 3), seed=theirs)),
        (draws.uniform((4, 3), 2.0, 3.0, seed=ours), keras.random.uniform((4, 3), 2.0, 3.0, seed=theirs)),
    ):
        np.testing.assert_array_equal(own, kerasian)


def assert_same_step(expected: Path, found: Path, step: int):
    """Every variable after a step, and the losses of its log, agree to 1e-4, but for one in two hundred numbers.

    Those depend on a sign that rounding decides: Adam's first step is a learning rate along each gradient's sign, and
    LeakyReLU's slope changes at 0. The statistics that an average settles on sum up all of them.
    """
    rows = [read_log(run)[step - 1] for run in (expected, found)]
    for name, value in without_time(rows)[0].items():
        assert float(rows[1][name]) == pytest.approx(float(value), rel=1e-4, abs=1e-4), name
    wanted, got = (np.load(run / "checkpoints" / f"step_{step:08d}.npz") for run in (expected, found))
    assert wanted.files == got.files
    for name in set(wanted.files) - {"__meta__"}:
        difference = np.abs(got[name].astype(float) - wanted[name])
        assert difference.max() < 1e-3, name
        near = 1e-3 if name.startswith("ema/") else 1e-4
        assert (difference > near).sum() <= max(2, 0.005 * difference.size), name


def free_ports(count: int) -> list[int]:
    with_ports = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [each.getsockname()[1] for each in with_ports]
    for each in with_ports:
        each.close()
    return ports


def start_worker(arguments: list[str], addresses: list[str], index: int) -> subprocess.Popen:
    place = {"cluster": {"worker": addresses}, "task": {"type": "worker", "index": index}}
    return subprocess.Popen(
        [sys.executable, "-m", "training.train", *arguments],
        env={**os.environ, "TF_CONFIG": json.dumps(place), "CUDA_VISIBLE_DEVICES": ""},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
