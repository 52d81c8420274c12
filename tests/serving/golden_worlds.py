"""`python -m tests.serving.golden_worlds WEIGHTS PNG`: worlds of the published model, drawn by Keras on any backend."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from PIL import Image

from serving.gateway.asked.views import View
from serving.latents import latents

FILE = Path(__file__).with_suffix(".png")  # worlds side by side, of `SIZE` px, as the gateway drew them when published
SIZE = 64
SEEDS_AND_KINDS = {0: "earth", 1: "jupiter", 2: "haumea"}
CLASSES = [
    "ceres",
    "earth",
    "eris",
    "haumea",
    "jupiter",
    "makemake",
    "mars",
    "mercury",
    "moon",
    "pluto",
    "sun",
    "venus",
]
VIEW = View(lon=30, lat=20, roll=10, sun=(40, 15))


def assert_same(pictures: np.ndarray) -> None:
    """Holds pictures side by side, uint8 `(SIZE, 3 SIZE, 3)`, to the file. Processors differ in a sum's last bits."""
    difference = np.abs(pictures.astype(int) - np.asarray(Image.open(FILE)))
    assert np.mean(difference > 1) < 0.001
    assert difference.max() <= 8


def main() -> None:
    from datasets.manifest import Size
    from training.families.world.networks import LATENT_SIZE, build_world_generator

    weights, out = sys.argv[1:]
    generator = build_world_generator(Size(SIZE, SIZE), len(CLASSES))
    generator.load_weights(weights)
    count = len(SEEDS_AND_KINDS)
    inputs = {
        "latent": latents(list(SEEDS_AND_KINDS), LATENT_SIZE),
        "kind": np.eye(len(CLASSES), dtype=np.float32)[[CLASSES.index(kind) for kind in SEEDS_AND_KINDS.values()]],
        **{name: np.tile(values, (count, 1)) for name, values in VIEW.inputs().items()},
    }
    pictures = np.rint((np.asarray(generator(inputs, training=False)) + 1.0) * 127.5).astype(np.uint8)
    Image.fromarray(np.concatenate(list(pictures), axis=1)).save(out)


if __name__ == "__main__":
    main()
