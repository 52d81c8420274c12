"""The average of a training's checkpoints: which are chosen, what becomes of it, and that it can be exported."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import keras
import numpy as np
import pytest

from tests.training.runs import weights
from training.contract.config import TrainingConfig
from training.contract.trainer import Preview
from training.export import main as export
from training.loop.averaging import take_best_average
from training.loop.checkpoints import save_checkpoint
from training.loop.loop import train
from training.saved.served import CARD


class _Circling:
    """A trainer of one weight that should be 2, and a count."""

    def __init__(self, scored: bool = True):
        weight = keras.Variable(0.0, dtype="float32")
        self.state = {"weight": weight, "count": keras.Variable(0, dtype="int32")}
        self._scored = scored

    def preview(self) -> Preview:
        score = (float(self.state["weight"]) - 2.0) ** 2
        return Preview(np.zeros((1, 1, 3), np.uint8), {}, score if self._scored else None)


@pytest.fixture
def checkpoints(tmp_path):
    """Of weights 0, 1 and 3.5."""
    trainer, paths = _Circling(), []
    for step, value in enumerate((0.0, 1.0, 3.5)):
        trainer.state["weight"].assign(value)
        trainer.state["count"].assign(step)
        paths.append(save_checkpoint(tmp_path, step, trainer.state, {}, keep=3))
    return paths


def test_a_checkpoint_joins_if_the_mean_is_better_with_it(checkpoints):
    trainer = _Circling()
    average = take_best_average(trainer, checkpoints)
    assert average == (checkpoints[1:], 0.0625, 1.0)
    assert float(trainer.state["weight"]) == 2.25
    assert int(trainer.state["count"]) == 2


def test_without_scores_all_join(checkpoints):
    trainer = _Circling(scored=False)
    assert take_best_average(trainer, checkpoints) == (checkpoints, None, None)
    assert float(trainer.state["weight"]) == 1.5


@pytest.fixture
def config(prepared_data, tiny_family, tmp_path) -> TrainingConfig:
    options = {"family": "tiny", "size": 16, "epochs": 3, "batch_size": 4, "precision": "float32"}
    options |= {"checkpoint_every": 1, "keep_checkpoints": 3}
    return TrainingConfig(data=str(prepared_data), out=str(tmp_path / "run"), **options)


def _export(config: TrainingConfig, *options: str) -> int:
    return export([config.out, "--saved-models", str(Path(config.out).parent / "models"), *options])


def test_a_finished_training_is_averaged_when_asked_and_exported(config, capsys):
    run, averaged = train(config), dataclasses.replace(config, average=True)
    last = weights(run / "generator.weights.h5")
    assert _export(config, "--average") == 2
    assert "has no average: average/*.weights.h5 is missing" in capsys.readouterr().err
    train(averaged, resume=True)
    told = json.loads((run / "average" / "average.json").read_text())
    steps = [int(path.stem.removeprefix("step_")) for path in sorted((run / "checkpoints").glob("step_*"))]
    assert told["steps"] == steps[-1:]  # the tiny family's newest is always the best
    assert f"The average of steps {steps[-1]} scores " in capsys.readouterr().err
    for folder in (run, run / "average"):
        for name, value in weights(folder / "generator.weights.h5").items():
            np.testing.assert_array_equal(value, last[name])
    assert _export(config, "--average", "--name", "averaged") == 0
    card = json.loads((run.parent / "models" / "averaged" / "1" / CARD).read_text())
    assert card["averaged_steps"] == steps[-1:]


def test_a_training_that_goes_on_leaves_no_older_average(config):
    run = train(dataclasses.replace(config, average=True))
    assert (run / "average" / "generator.weights.h5").is_file()
    train(dataclasses.replace(config, epochs=4), resume=True)
    assert not (run / "average").exists()


def test_best_and_average_exclude_each_other(config, capsys):
    with pytest.raises(SystemExit):
        _export(config, "--best", "--average")
    assert "not allowed with argument" in capsys.readouterr().err
