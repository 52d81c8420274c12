"""Seconds of a world's signatures, beside another model's.

    python -m tests.benchmarks.world saved_models/world_v2/13 saved_models/conditional_64/2
    python -m tests.benchmarks.world saved_models/world_v2/13 OTHER --signature spin_128 render_128 --views 36

Rounds in turn; the ratios are what travels to another machine. Nothing else should be running.
"""

from __future__ import annotations

import argparse
import os
import statistics
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

BATCHES = (1, 4)
ROUNDS = 5


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("world", type=Path, help="SavedModel of a world, NAME/VERSION")
    parser.add_argument("other", type=Path, help="SavedModel of a generator to compare with")
    parser.add_argument(
        "--signature", nargs=2, default=("render_512", "generate"), metavar=("OURS", "OTHERS"), help="of either"
    )
    parser.add_argument("--views", type=int, help="time that many views of one world, not 1 and 4 worlds")
    options = parser.parse_args(arguments)
    batches = [options.views] if options.views else BATCHES
    models = dict(zip((options.world, options.other), options.signature, strict=True))
    cases = {
        (f"{path.parent.name}/{path.name} {signature}", batch): _caller(path, signature, batch, bool(options.views))
        for path, signature in models.items()
        for batch in batches
    }
    seconds = {case: [] for case in cases}
    for _ in range(ROUNDS):
        for case, call in cases.items():
            started = time.perf_counter()
            call()
            seconds[case].append(time.perf_counter() - started)
    median = {case: statistics.median(values) for case, values in seconds.items()}
    other = list(median)[-1][0]
    print(f"{'median of ' + str(ROUNDS):40} {'pictures':>8} {'ms':>8} {'time × other':>13}")
    for (name, batch), value in median.items():
        print(f"{name:40} {batch:8} {1000 * value:8.1f} {value / median[other, batch]:13.2f}")


def _caller(path: Path, signature: str, batch: int, of_one_world: bool) -> Callable[[], object]:
    """A function that runs a signature once, and has run before."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    import tensorflow as tf

    model = tf.saved_model.load(str(path))
    function = model.signatures[signature]
    specs = function.structured_input_signature[1]
    each = specs["views"].shape[1] if "views" in specs else 1
    if batch % each:
        raise SystemExit(f"{signature} draws {each} views at a time: ask for a multiple of that.")
    rows, random = batch // each, np.random.default_rng(0)
    inputs = {}
    for name, spec in specs.items():
        values = random.standard_normal((rows, *spec.shape[1:])).astype(np.float32)
        if name == "kind":
            values = np.eye(spec.shape[1], dtype=np.float32)[np.arange(rows) % spec.shape[1]]
        elif name == "sun":
            values /= np.linalg.norm(values, axis=1, keepdims=True)
        elif name in ("view", "views"):
            values *= 60.0
        if of_one_world and name in ("latent", "kind"):
            values = np.repeat(values[:1], rows, axis=0)
        inputs[name] = tf.constant(values)

    def call(model=model):  # which must live as long as its signature
        return function(**inputs)["image"].numpy()

    call()
    return call


if __name__ == "__main__":
    main()
