"""What all peers serve: seeds to WebP files, by the gateway's latents and quality."""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Sequence

from PIL import Image

from serving.latents import latents


def load_model() -> Callable[[Sequence[int]], list[bytes]]:
    """What draws the planets of seeds with the SavedModel that the environment variable `SAVED_MODEL` names."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    import tensorflow as tf

    model = tf.saved_model.load(os.environ["SAVED_MODEL"])
    generate = model.signatures["generate"]
    latent_size = generate.structured_input_signature[1]["latent"].shape[1]

    def draw(seeds: Sequence[int], model: object = model) -> list[bytes]:  # which must live as long as its signature
        images = generate(latent=tf.constant(latents(seeds, latent_size)))["image"].numpy()
        return [_webp(image) for image in images]

    draw([0])
    return draw


def _webp(image: object) -> bytes:
    file = io.BytesIO()
    Image.fromarray(image).save(file, "WEBP", quality=90, method=2)
    return file.getvalue()
