"""Pictures per second of a world, beside another model's.

    python -m tests.benchmarks.world saved_models/world_v2/5 saved_models/conditional_64/2

Rounds in turn; the ratios are what travels to another machine. Nothing else should be running.
"""

from __future__ import annotations

import argparse
import os
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

BATCHES = (1, 4)
ROUNDS = 5


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("world", type=Path, help="SavedModel of a world, NAME/VERSION")
    parser.add_argument("other", type=Path, help="SavedModel of a generator to compare with")
    parser.add_argument("--signature", default="render_512", help="the world's (default: %(default)s)")
    options = parser.parse_args()
    subjects = {(options.world, options.signature): options.world.parent.name + " " + options.signature}
    subjects[options.other, "generate"] = options.other.parent.name + " generate"
    cases = {
        (name, batch): _caller(path, signature, batch)
        for (path, signature), name in subjects.items()
        for batch in BATCHES
    }
    seconds = {case: [] for case in cases}
    for _ in range(ROUNDS):
        for case, call in cases.items():
            started = time.perf_counter()
            call()
            seconds[case].append((time.perf_counter() - started) / case[1])
    median = {case: statistics.median(values) for case, values in seconds.items()}
    other = options.other.parent.name + " generate"
    print(f"{'median of ' + str(ROUNDS):40} {'batch':>5} {'ms/picture':>11} {'pictures/s':>11} {'time × other':>13}")
    for (name, batch), value in median.items():
        print(f"{name:40} {batch:5} {1000 * value:11.1f} {1 / value:11.2f} {value / median[other, batch]:13.2f}")


def _caller(path: Path, signature: str, batch: int) -> Callable[[], object]:
    """A function that runs a signature once, and has run before."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    import tensorflow as tf

    model = tf.saved_model.load(str(path))
    function = model.signatures[signature]
    random = np.random.default_rng(0)
    inputs = {}
    for name, spec in function.structured_input_signature[1].items():
        rows = random.standard_normal((batch, spec.shape[1])).astype(np.float32)
        if name == "kind":
            rows = np.eye(spec.shape[1], dtype=np.float32)[np.arange(batch) % spec.shape[1]]
        elif name == "sun":
            rows /= np.linalg.norm(rows, axis=1, keepdims=True)
        inputs[name] = tf.constant(rows)

    def call(model=model):  # which must live as long as its signature
        return function(**inputs)["image"].numpy()

    call()
    return call


if __name__ == "__main__":
    main()
