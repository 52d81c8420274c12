"""What a training learns doesn't depend on how its pictures are kept."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

pytest.importorskip("array_record", reason="needs ArrayRecord: pip install -r requirements-arrayrecord.txt")

from datasets.prepare import prepare
from tests.training.runs import weights, without_time
from training.contract.config import TrainingConfig
from training.loop.loop import train
from training.records.logs import read_log


@pytest.fixture(scope="module")
def raw(tmp_path_factory):
    folder, random = tmp_path_factory.mktemp("raw"), np.random.default_rng(0)
    for name in ("ice", "lava"):
        (folder / name).mkdir()
        for i in range(9):
            Image.fromarray(random.integers(0, 256, (24, 24, 3), np.uint8)).save(folder / name / f"{i}.png")
    return folder


def test_trainings_from_shards_have_the_same_log_as_from_files(raw, tiny_family, tmp_path):
    logs, learned = [], []
    for form in ("files", "arrayrecord"):
        data, run = tmp_path / form, tmp_path / f"{form}_run"
        prepare(raw, data, sizes=[16], fewest=1, workers=1, form=form)
        train(TrainingConfig(str(data), str(run), "tiny", size=16, epochs=2, batch_size=4, seed=5))
        logs.append(without_time(read_log(run)))
        learned.append(weights(Path(run, "generator.weights.h5")))
    assert logs[0] == logs[1]
    assert logs[0][0] != logs[0][1]
    for name, value in learned[0].items():
        np.testing.assert_array_equal(value, learned[1][name])
