"""What the user's `keras.json` says for other programs does not reach ours."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

USERS = {"image_data_format": "channels_first", "floatx": "float16", "epsilon": 0.1, "backend": "torch"}
LOOK = """
import importlib, json, sys
importlib.import_module(f"training.{sys.argv[1]}")
import keras, numpy
from training.families.dcgan.networks import build_generator
generator = build_generator("v1", 16)
pictures = generator(numpy.ones((2, *generator.input_shape[1:])))
print(json.dumps({
    "shape": list(pictures.shape),
    "weights": sorted({str(numpy.asarray(one).dtype) for one in generator.weights}),
    "backend": keras.backend.backend(),
    "epsilon": keras.config.epsilon(),
}))
"""


@pytest.mark.parametrize("command", ["train", pytest.param("export", marks=pytest.mark.slow)])
def test_models_are_made_as_ever_whatever_keras_json_says(command, tmp_path):
    (tmp_path / "keras.json").write_text(json.dumps(USERS))
    without_backend = {name: value for name, value in os.environ.items() if name != "KERAS_BACKEND"}

    seen = subprocess.run(
        [sys.executable, "-c", LOOK, command],
        env={**without_backend, "KERAS_HOME": str(tmp_path)},
        check=True,
        stdout=subprocess.PIPE,
    )

    assert json.loads(seen.stdout.splitlines()[-1]) == {
        "shape": [2, 16, 16, 3],
        "weights": ["float32"],
        "backend": "tensorflow",
        "epsilon": 1e-7,
    }
