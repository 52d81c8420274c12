"""A training killed again and again ends where an undisturbed one ends."""

from __future__ import annotations

import random
import subprocess
import sys

import numpy as np
import pytest

from tests.training.runs import weights, without_time
from training.records.logs import read_log

KILLS = 10
LONGEST_LIFE_SECONDS = 20.0  # about what start-up, compilation and a few dozen epochs take


@pytest.mark.slow
def test_killed_ten_times_at_random_equals_undisturbed(prepared_data, tmp_path):
    def start(run):
        options = "--size 16 --batch-size 8 --epochs 60 --checkpoint-every 1 --sample-every 7 --resume"
        command = [sys.executable, "-m", "training.train", "dcgan", "--data", str(prepared_data), "--out", str(run)]
        return subprocess.Popen([*command, *options.split()], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    undisturbed, killed = tmp_path / "undisturbed", tmp_path / "killed"
    assert start(undisturbed).wait() == 0
    moments = random.Random(0)
    for _ in range(KILLS):
        process = start(killed)
        try:
            process.wait(moments.uniform(0.0, LONGEST_LIFE_SECONDS))
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
    assert start(killed).wait() == 0

    expected, found = (weights(run / "generator.weights.h5") for run in (undisturbed, killed))
    assert expected.keys() == found.keys()
    for name, value in expected.items():
        np.testing.assert_array_equal(found[name], value, err_msg=name)
    assert without_time(read_log(killed)) == without_time(read_log(undisturbed))
