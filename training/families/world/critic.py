"""The discriminator of world_v1, which sees the picture at every scale.

At each of its scales it reads the shrunken picture, too (Karras 2020, "Analyzing and Improving the Image Quality of
StyleGAN", arXiv:1912.04958, section 4.1). Layers are named by their scale: scale 0 is the coarsest grid, 4×4 px, and
each further one has twice the side.
"""

from __future__ import annotations

import keras
from keras import layers, ops

from datasets.manifest import Size
from training.gan.critic import grid_of, judged

WIDTHS = (256, 192, 96, 48, 24, 16)  # channels by scale; the last one repeats


def build_world_critic(size: Size, kinds: int, name: str = "discriminator") -> keras.Model:
    """Picture and kinds to a logit, to one of how well they fit (projection), and to the kinds that it shows.

    Args:
        size: Of the pictures, as `training.gan.critic.grid_of` allows.
        kinds: Number of kinds, K.
        name: Name of the Keras model.

    Returns:
        A model from `{"image": (B, H, W, 3) in [-1, 1], "kind": (B, K), rows summing to 1}` to
        `{"logit": (B, 1), "kind_logit": (B, 1), "kind_logits": (B, K)}`, float32; only the second depends on the kind.
    """
    image, kind = keras.Input((size.height, size.width, 3), name="image"), keras.Input((kinds,), name="kind")
    x, picture = None, image
    for scale in reversed(range(grid_of(size)[2])):
        channels = WIDTHS[min(scale, len(WIDTHS) - 1)]
        seen = layers.Conv2D(channels, 4, strides=2, padding="same", name=f"look_{scale}")(picture)
        if x is not None:
            x = layers.Conv2D(channels, 4, strides=2, padding="same", use_bias=False, name=f"block_{scale}")(x)
            seen = layers.add([x, seen])
        x = layers.LeakyReLU(0.2)(seen)
        picture = layers.AveragePooling2D(2)(picture)
    features = judged(x, channels)
    fit = layers.Multiply()([features, layers.Dense(channels, use_bias=False, name="projection")(kind)])
    fit = ops.sum(fit, axis=-1, keepdims=True) / channels**0.5
    outputs = {
        "logit": layers.Dense(1, name="real")(features),
        "kind_logit": fit,
        "kind_logits": layers.Dense(kinds, name="shown")(features),
    }
    named = {name: layers.Activation("linear", dtype="float32", name=name)(one) for name, one in outputs.items()}
    return keras.Model({"image": image, "kind": kind}, named, name=name)
