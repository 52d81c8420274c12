"""What a bake is compared with: `python -m tests.benchmarks.bare_bake SAVED_MODEL PLANETS TAR`.

A loop of the model's own calls in batches of 64: latents, pictures, WebP, a tar; no index, checksums or resuming.
"""

from __future__ import annotations

import io
import os
import sys
import tarfile

from PIL import Image

from serving.latents import latents

_BATCH = 64


def main(saved_model: str, planets: int, out: str) -> None:
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    import tensorflow as tf

    model = tf.saved_model.load(saved_model)
    generate = model.signatures["generate"]
    latent_size = generate.structured_input_signature[1]["latent"].shape[1]
    with tarfile.open(out, "w", format=tarfile.USTAR_FORMAT) as archive:
        for first in range(0, planets, _BATCH):
            seeds = range(first, min(first + _BATCH, planets))
            images = generate(latent=tf.constant(latents(seeds, latent_size)))["image"].numpy()
            for seed, image in zip(seeds, images, strict=True):
                file = io.BytesIO()
                Image.fromarray(image).save(file, "WEBP", quality=90, method=2)
                about = tarfile.TarInfo(f"{seed:09d}.planet.webp")
                about.size = file.tell()
                file.seek(0)
                archive.addfile(about, file)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), sys.argv[3])
