"""A planet straight from TensorFlow Serving, without the gateway: the same that the gateway draws from the seed.

    python -m examples.direct_grpc localhost:8500 dcgan_v1_64 100 42 planet.png
    python -m examples.direct_grpc localhost:8500 conditional_64 100 42 mars.png mars

The number after the model is the length of its latent, which its card tells. NumPy, Pillow, gRPC and the messages of
`serving.backends.protos` (or those of the package `tensorflow-serving-api`) are needed. An address, such as orion/7/3,
is hashed to its seed by `serving.latents.parse_seed`.
"""

from __future__ import annotations

import sys

import grpc
import numpy as np
from PIL import Image

from serving.backends import protos, tensors

KINDS = ["ceres", "earth", "eris", "haumea", "jupiter", "makemake", "mars", "mercury", "moon", "pluto", "sun", "venus"]


def latent_of(seed: int, size: int) -> np.ndarray:
    """Standard normal numbers of a seed, float32 of shape (1, size): Philox' words, in pairs through Box and Muller."""
    words = np.random.Philox(key=seed).random_raw(size + size % 2)
    uniform = ((words >> np.uint64(11)).astype(np.float64) + 0.5) / 2.0**53
    radius, angle = np.sqrt(-2.0 * np.log(uniform[0::2])), 2.0 * np.pi * uniform[1::2]
    return np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=-1).reshape(1, -1)[:, :size].astype("f4")


def generate(target: str, model: str, **inputs: np.ndarray) -> np.ndarray:
    """What a model's signature `generate` draws: uint8 of shape (B, H, W, 3)."""
    request = protos.PredictRequest(model_spec=protos.ModelSpec(name=model, signature_name="generate"))
    for name, array in inputs.items():
        request.inputs[name].CopyFrom(tensors.encode(array))
    with grpc.insecure_channel(target) as channel:
        messages = protos.PredictRequest.SerializeToString, protos.PredictResponse.FromString
        answer = channel.unary_unary(protos.PREDICT, *messages)(request, timeout=30)
    return tensors.decode(answer.outputs["image"])


def main(target: str, model: str, latent_size: str, seed: str, file: str, kind: str | None = None) -> None:
    """Saves a planet; `kind` is one of `KINDS`, for a model that asks for one."""
    inputs = {} if kind is None else {"kind": np.eye(len(KINDS), dtype="f4")[[KINDS.index(kind)]]}
    [pixels] = generate(target, model, latent=latent_of(int(seed), int(latent_size)), **inputs)
    Image.fromarray(pixels).save(file)


if __name__ == "__main__":
    main(*sys.argv[1:])
