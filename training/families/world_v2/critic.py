"""The discriminator of world_v2 that learns from nothing: a small network that knows where on the globe it looks."""

from __future__ import annotations

import math

import keras
from keras import layers, ops

from datasets.manifest import Size
from training.families.world_v2.rendering import pixel_places
from training.gan.critic import WIDTHS, MinibatchStd, grid_of


def build_world_critic(
    size: Size, kinds: int, width: float = 1.0, group_size: int = 4, name: str = "discriminator"
) -> keras.Model:
    """Pictures, what they show of the globe, and kinds to a logit that asks both whether they are real and of their
    kind, and to the kinds that they show.

    At each of its scales it reads the shrunken picture, too: Karras 2020 (arXiv:1912.04958), section 4.1.

    Args:
        size: Of the pictures, as `training.gan.critic.grid_of` allows.
        kinds: Number of kinds, K.
        width: Factor of its channels.
        group_size: As for `training.gan.critic.MinibatchStd`.
        name: Name of the Keras model.

    Returns:
        A model from `{"image": (B, H, W, 3) in [-1, 1], "kind": (B, K), rows summing to 1, "window": (B, 3) as in
        `training.families.world_v2.rendering.see`, "sight": (B, 2) as in `datasets.windows.Windows`}` to
        `{"logit": (B, 1), "kind_logits": (B, K)}`, float32.
    """
    scales = grid_of(size)[2]
    image = keras.Input((size.height, size.width, 3), name="image")
    kind, window, sight = (keras.Input((n,), name=name) for name, n in (("kind", kinds), ("window", 3), ("sight", 2)))
    widths = [max(1, round(WIDTHS[min(i, len(WIDTHS) - 1)] * width)) for i in range(scales)]
    x, picture = None, layers.Concatenate()([image, Places(size, name="places")(window, sight)])
    for scale, channels in enumerate(widths):
        seen = layers.Conv2D(channels, 4, strides=2, padding="same", name=f"look_{scale}")(picture)
        if x is not None:
            seen = seen + layers.Conv2D(channels, 4, 2, "same", use_bias=False, name=f"block_{scale}")(x)
        x = layers.LeakyReLU(0.2)(seen)
        picture = layers.AveragePooling2D(2)(picture)
    x = MinibatchStd(group_size, name="deviation")(x)
    x = layers.LeakyReLU(0.2)(layers.Conv2D(channels, 3, padding="same", name="grid")(x))
    x = layers.LeakyReLU(0.2)(layers.Dense(channels, name="features")(layers.Flatten()(x)))
    initial = keras.initializers.RandomNormal(stddev=1.0)
    embedding = layers.Dense(channels, use_bias=False, kernel_initializer=initial, name="projection")(kind)
    fit = ops.sum(x * embedding, axis=-1, keepdims=True) / channels**0.5
    outputs = {"logit": layers.Dense(1, name="real")(x) + fit, "kind_logits": layers.Dense(kinds, name="shown")(x)}
    named = {name: layers.Activation("linear", dtype="float32", name=name)(one) for name, one in outputs.items()}
    return keras.Model({"image": image, "kind": kind, "window": window, "sight": sight}, named, name=name)


@keras.saving.register_keras_serializable("planet_generator")
class Places(layers.Layer):
    """How far right of and above the globe's middle each pixel of a window `(B, 3)` lies, in radii, and the sine of its
    latitude where the sight `(B, 2)` is known, else 0: `(B, H, W, 3)`."""

    def __init__(self, size: Size, **kwargs):
        super().__init__(**{"dtype": "float32", **kwargs})
        self.size = Size(*size)

    def call(self, window, sight):
        x, y = pixel_places(self.size, window)
        latitude = sight[:, :1] * (math.pi / 180.0)
        z = ops.sqrt(ops.maximum(1.0 - x * x - y * y, 0.0))
        north = ops.where(ops.isfinite(latitude) & (z > 0.0), y * ops.cos(latitude) + z * ops.sin(latitude), 0.0)
        return ops.reshape(ops.stack([x, y, north], axis=-1), (-1, self.size.height, self.size.width, 3))

    def compute_output_shape(self, window_shape, sight_shape):
        return (window_shape[0], self.size.height, self.size.width, 3)

    def get_config(self):
        return {**super().get_config(), "size": list(self.size)}
