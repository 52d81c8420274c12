"""`python -m tests.training.step_one WEIGHTS.npz`: the first step of a training on this backend, as JSON.

The weights are read from the file, or written to it if it isn't there. What is random differs from backend to backend,
so nothing is but the latents, which are given.
"""

from __future__ import annotations

import dataclasses
import json
import sys
from pathlib import Path

import numpy as np

from training import draws
from training.models.critic import build_critic
from training.models.dcgan import build_generator
from training.quality import SampleQuality
from training.recipes import RECIPES
from training.trainers.gan import GANTrainer

BATCH_SIZE = 8
SIZE = 16


def first_step(weights: Path) -> dict[str, float]:
    """Metrics of the first step, R1 penalty included, and the mean absolute change it made to the generator."""
    recipe = dataclasses.replace(RECIPES["stable"], augment_probability=0.0, flip=False)
    random = np.random.default_rng(0)
    images = random.uniform(-1, 1, (BATCH_SIZE, SIZE, SIZE, 3)).astype(np.float32)
    latent = random.standard_normal((BATCH_SIZE, 100), dtype=np.float32)
    draws.normal = lambda shape, seed: latent
    quality = SampleQuality(np.zeros((2, SIZE, SIZE, 3), np.uint8))
    trainer = GANTrainer(build_generator("v1", SIZE), build_critic(SIZE), recipe, 1, 0, quality)
    models = {"generator": trainer.generator, "discriminator": trainer.discriminator}
    if weights.exists():
        with np.load(weights) as saved:
            for name, model in models.items():
                model.set_weights([saved[f"{name}/{index}"] for index in range(len(model.weights))])
    else:
        arrays = {f"{n}/{i}": value for n, model in models.items() for i, value in enumerate(model.get_weights())}
        np.savez(weights, **arrays)
    before = trainer.generator.get_weights()
    metrics = trainer.step(images, None, 0)
    changes = [np.abs(new - old).mean() for new, old in zip(trainer.generator.get_weights(), before, strict=True)]
    return {name: float(value) for name, value in metrics.items()} | {"change": float(np.mean(changes))}


if __name__ == "__main__":
    print(json.dumps(first_step(Path(sys.argv[1]))))
