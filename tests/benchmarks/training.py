"""Images per second of this trainer, beside the first project's training loop.

    python -m tests.benchmarks.training [v1@64 v2@128 v2@256] [--turns 3]

The baseline is what the first project did, in today's Keras with its default settings: a `keras.Model` with a
`train_step` of its own under `fit`, in float32, which runs the generator twice per step, once for each network. Ours is
`training.train`'s step, with its settings. Both train the same networks with the same optimizers, batch size and
pictures, each in a process of its own and in turn, so that a machine which slows down slows both. Nothing else should
be running.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import statistics
import time
from collections.abc import Callable

# The child processes import this module again: what brings TensorFlow waits until they have set up its environment.
BATCH_SIZE = 32
PRESETS = {"v1@64": ("v1", 64, 20), "v2@128": ("v2", 128, 3), "v2@256": ("v2", 256, 1)}  # variant, px, steps per turn


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("presets", nargs="*", help=f"which of {', '.join(PRESETS)}; by default all", default=[])
    parser.add_argument("--turns", type=int, default=5, help="alternations that count, after one that does not")
    options = parser.parse_args()
    unknown = set(options.presets) - set(PRESETS)
    if unknown:
        parser.error(f"unknown preset {unknown.pop()!r}: choose from {', '.join(PRESETS)}")
    for name in options.presets or PRESETS:
        baseline, ours = _compare(*PRESETS[name], options.turns)
        ratios = [b / a for a, b in zip(baseline, ours, strict=True)]
        figures = (f"{statistics.median(x):.2f} [{min(x):.2f}–{max(x):.2f}]" for x in (baseline, ours, ratios))
        print("{:7} keras.Model.fit {} images/s, ours {} images/s, ratio {}".format(name, *figures), flush=True)


def _compare(variant: str, size: int, steps: int, turns: int) -> tuple[list[float], list[float]]:
    """Images per second of the baseline and of ours, one figure per turn."""
    spawn = multiprocessing.get_context("spawn")
    sides = []
    for build in (_baseline, _ours):
        here, there = spawn.Pipe()
        process = spawn.Process(target=_take_turns, args=(build, variant, size, steps, there), daemon=True)
        process.start()
        there.close()
        sides.append((process, here))
    speeds: tuple[list[float], list[float]] = ([], [])
    for turn in range(turns + 1):
        for (_, connection), speed in zip(sides, speeds, strict=True):
            connection.send("go")
            seconds = connection.recv()
            if turn:
                speed.append(steps * BATCH_SIZE / seconds)
    for process, connection in sides:
        connection.close()
        process.join()
    return speeds


def _take_turns(build: Callable, variant: str, size: int, steps: int, connection):
    """In a process of its own: runs so many steps whenever it is told to, and answers with the seconds they took."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    run = build(variant, size)
    run(1)  # compiles
    while True:
        try:
            connection.recv()
        except EOFError:
            return
        started = time.perf_counter()
        run(steps)
        connection.send(time.perf_counter() - started)


def _noise(size: int):
    import numpy as np

    from datasets.pictures import Pictures

    count = BATCH_SIZE * 4
    images = np.random.default_rng(0).integers(0, 256, (count, size, size, 3), np.uint8)
    return Pictures(images, np.ones((count, 1), np.float32), ("noise",), ("",) * count)


def _baseline(variant: str, size: int) -> Callable[[int], object]:
    from datasets.pipeline import make_dataset
    from tests.benchmarks.original_gan import OriginalGAN

    model = OriginalGAN(variant, size)
    model.compile()
    batches = make_dataset(_noise(size), batch_size=BATCH_SIZE)
    return lambda steps: model.fit(batches, steps_per_epoch=steps, shuffle=False, verbose=0)


def _ours(variant: str, size: int) -> Callable[[int], object]:
    import training.train  # noqa: F401, sets TensorFlow up as the command does
    from datasets.sampling import shuffled
    from training.contract.config import TrainingConfig
    from training.contract.family import begin
    from training.engine.precision import choose_precision
    from training.families import FAMILIES, recipe_of
    from training.loop.feeding import training_batches

    config = TrainingConfig(
        data="", out="", size=size, recipe="original", changes={"variant": variant}, batch_size=BATCH_SIZE
    )
    pictures = _noise(size)
    precision = choose_precision(config.precision)
    print(f"{variant}@{size}: ours computes in {precision}", flush=True)
    trainer = begin(FAMILIES[config.family], config, recipe_of(config)[1], pictures, 1, precision)
    batches = training_batches(pictures, BATCH_SIZE, shuffled(len(pictures), seed=0), 0)

    def run(steps: int):
        for index in range(steps):
            metrics = trainer.step(*next(batches), index)
        float(metrics["generator_loss"])  # waits for the last step

    return run


if __name__ == "__main__":
    main()
