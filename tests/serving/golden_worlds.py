"""`python -m tests.serving.golden_worlds SAVED_MODEL PNG`: a published model's worlds, drawn by Keras anew."""

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
    import tensorflow as tf

    from datasets.manifest import Size
    from training.families.world.networks import LATENT_SIZE, build_world_generator

    folder, out = sys.argv[1:]
    generator = build_world_generator(Size(SIZE, SIZE), len(CLASSES))
    saved = tf.train.load_checkpoint(f"{folder}/variables/variables")
    for index, variable in enumerate(generator.variables):
        variable.assign(saved.get_tensor(f"variables_of_models/{index}/.ATTRIBUTES/VARIABLE_VALUE"))
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
