"""`python -m tests.benchmarks.training`: images per second of this trainer, against the first project's training loop.

The baseline is what the first project did, in today's Keras: a `keras.Model` with a `train_step` of its own
under `fit`, in float32, which runs the generator twice per step, once for each network. Both sides train the same
networks with the same optimizers on the same pictures, in turn, so that a machine which slows down slows both.
"""

from __future__ import annotations

import argparse
import os
import statistics
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import keras
import numpy as np
import tensorflow as tf
from keras import ops
from tqdm import tqdm

from datasets.pictures import Pictures
from datasets.pipeline import make_dataset
from training.config import TrainingConfig
from training.families import FAMILIES, recipe_of
from training.feeding import training_batches
from training.models.dcgan import LATENT_SIZE, build_discriminator, build_generator
from training.precision import PRECISIONS, choose_precision

BATCH_SIZE = 32
PRESETS = {"v1@64": ("v1", 64, 20), "v2@128": ("v2", 128, 3), "v2@256": ("v2", 256, 1)}  # variant, px, steps per turn


class OriginalGAN(keras.Model):
    """The first project's training step: discriminator, then generator, each with pictures drawn for it."""

    def __init__(self, variant: str, size: int):
        super().__init__()
        self.generator = build_generator(variant, size)
        self.discriminator = build_discriminator(variant, size)
        self.cross_entropy = keras.losses.BinaryCrossentropy(from_logits=True)

    def compile(self, **options):
        super().compile(**options)
        self.generator_optimizer = keras.optimizers.Adam(0.003, beta_1=0.5)
        self.discriminator_optimizer = keras.optimizers.Adam(0.001, beta_1=0.5)

    def train_step(self, images):
        count = images.shape[0]
        ones, zeros = ops.ones((count, 1)), ops.zeros((count, 1))
        fakes = self.generator(keras.random.normal((count, LATENT_SIZE)), training=True)
        with tf.GradientTape() as tape:
            real_logits = self.discriminator(images, training=True)
            fake_logits = self.discriminator(fakes, training=True)
            noisy = ones + keras.random.uniform((count, 1), 0.0, 0.05)
            discriminator_loss = self.cross_entropy(noisy, real_logits) + self.cross_entropy(zeros, fake_logits)
        weights = self.discriminator.trainable_weights
        self.discriminator_optimizer.apply_gradients(
            zip(tape.gradient(discriminator_loss, weights), weights, strict=True)
        )
        with tf.GradientTape() as tape:
            fakes = self.generator(keras.random.normal((count, LATENT_SIZE)), training=True)
            generator_loss = self.cross_entropy(ones, self.discriminator(fakes, training=True))
        weights = self.generator.trainable_weights
        self.generator_optimizer.apply_gradients(zip(tape.gradient(generator_loss, weights), weights, strict=True))
        return {"discriminator_loss": discriminator_loss, "generator_loss": generator_loss}


def compare(variant: str, size: int, steps: int, turns: int, precision: str) -> tuple[list[float], list[float]]:
    """Images per second of the baseline and of ours, one figure per turn; a first turn of each is not counted."""
    count = BATCH_SIZE * 4
    images = np.random.default_rng(0).integers(0, 256, (count, size, size, 3), np.uint8)
    pictures = Pictures(images, np.zeros(count, np.int32), ("noise",), ("",) * count)
    sides = [_baseline(variant, size, pictures), _ours(variant, size, pictures, precision)]
    speeds: tuple[list[float], list[float]] = ([], [])
    for turn in tqdm(range(turns + 1), desc=f"{variant}@{size}", unit=" turns", leave=False):
        for speed, run in zip(speeds, sides, strict=True):
            started = time.perf_counter()
            run(steps)
            if turn:
                speed.append(steps * BATCH_SIZE / (time.perf_counter() - started))
    return speeds


def _baseline(variant: str, size: int, pictures: Pictures):
    model = OriginalGAN(variant, size)
    model.compile()
    batches = make_dataset(pictures, batch_size=BATCH_SIZE)
    return lambda steps: model.fit(batches, steps_per_epoch=steps, shuffle=False, verbose=0)


def _ours(variant: str, size: int, pictures: Pictures, precision: str):
    config = TrainingConfig(
        data="", out="", size=size, recipe="original", changes={"variant": variant}, batch_size=BATCH_SIZE
    )
    trainer = FAMILIES["dcgan"].build(config, recipe_of(config)[1], pictures, 1, choose_precision(precision))
    batches = training_batches(pictures, BATCH_SIZE, 0, 0)

    def run(steps: int):
        for index in range(steps):
            metrics = trainer.step(*next(batches), index)
        float(metrics["generator_loss"])  # waits for the last step

    return run


def main():
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.training", description=__doc__.split("\n")[0])
    parser.add_argument("presets", nargs="*", choices=[[], *PRESETS], default=[*PRESETS], help="which; by default all")
    parser.add_argument("--turns", type=int, default=5, help="alternations that count")
    parser.add_argument("--precision", choices=PRECISIONS, default="auto", help="of ours")
    options = parser.parse_args()
    print(f"precision of ours: {choose_precision(options.precision)}; median of {options.turns} turns [lowest–highest]")
    for name in options.presets or PRESETS:
        baseline, ours = compare(*PRESETS[name], options.turns, options.precision)
        ratios = [b / a for a, b in zip(baseline, ours, strict=True)]
        figures = (f"{statistics.median(x):.2f} [{min(x):.2f}–{max(x):.2f}]" for x in (baseline, ours, ratios))
        print("{:7} keras.Model.fit {} images/s, ours {} images/s, ratio {}".format(name, *figures), flush=True)


if __name__ == "__main__":
    main()
