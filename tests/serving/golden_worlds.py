"""`python -m tests.serving.golden_worlds SAVED_MODEL PNG`: a published model's worlds, drawn by Keras anew."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from PIL import Image

from serving.gateway.asked.views import View
from serving.latents import latents

FILE = Path(__file__).with_suffix(".png")  # worlds side by side, of `SIZE` px, as the gateway drew them when published
SIZE = 256
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
    from keras import ops

    from datasets.manifest import Size
    from training.families.world_v2.chances import LATENT_SIZE
    from training.families.world_v2.networks import build_world_generator, style_of
    from training.families.world_v2.rendering import pixel_side
    from training.families.world_v2.savedmodel import in_bytes

    folder, out = sys.argv[1:]
    size = Size(SIZE, SIZE)
    generator = build_world_generator(size, len(CLASSES))
    saved = tf.train.load_checkpoint(f"{folder}/variables/variables")
    for index, variable in enumerate(generator.variables):
        variable.assign(saved.get_tensor(f"variables_of_models/{index}/.ATTRIBUTES/VARIABLE_VALUE"))
    latent = latents(list(SEEDS_AND_KINDS), LATENT_SIZE)
    kind = np.eye(len(CLASSES), dtype=np.float32)[[CLASSES.index(kind) for kind in SEEDS_AND_KINDS.values()]]
    view, sun, window = (
        np.tile(np.float32(values), (len(latent), 1, 1))
        for values in (*VIEW.inputs().values(), [0.0, 0.0, pixel_side(size)])
    )
    looks = dict(style_of(generator)({"latent": latent, "kind": kind}))
    code, axes = looks.pop("code"), looks["axes"]
    field, detail, surface, light = (generator.get_layer(name) for name in ("field", "detail", "surface", "image"))
    # With the details in bytes, as they are published.
    details = np.multiply(*in_bytes(ops.convert_to_numpy(detail(latent))))
    sight = generator.get_layer("sight")(axes, view, window)
    albedo, height = surface(sight.points, sight.footprint, field(latent, code), details, latent, code)
    drawn = ops.convert_to_numpy(light(albedo, height, sight, sun, window, looks))[:, 0]
    pictures = np.rint((drawn + 1.0) * 127.5).astype(np.uint8)
    Image.fromarray(np.concatenate(list(pictures), axis=1)).save(out)


if __name__ == "__main__":
    main()
