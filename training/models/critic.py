"""A deep discriminator that keeps a generator honest on a few hundred pictures.

No BatchNorm (it would break the R1 penalty, Mescheder 2018, arXiv:1801.04406), and a minibatch standard deviation
channel against mode collapse (Karras 2018, "Progressive Growing of GANs", arXiv:1710.10196).
"""

from __future__ import annotations

import keras
from keras import layers, ops

WIDTHS = (48, 96, 192, 256)  # of the stride-2 convolutions; the last width repeats for larger pictures


def build_critic(size: int, widths: tuple[int, ...] = WIDTHS, name: str = "discriminator") -> keras.Model:
    """Picture to one logit through 4×4 stride-2 convolutions down to 4×4 px.

    Args:
        size: Side of the picture in pixels, a power of two of at least 8.
        widths: Filters of the first convolutions; the last is repeated until 4×4 px are reached.
        name: Name of the Keras model.

    Returns:
        A model from float `(B, size, size, 3)` in [-1, 1] to float32 logits `(B, 1)`, large for real pictures.
        `B` must be a multiple of `MinibatchStd.group_size`.
    """
    if size < 8 or size & (size - 1):
        raise ValueError(f"The deep discriminator cannot read {size} px: the side must be a power of two, at least 8.")
    image = x = keras.Input((size, size, 3), name="image")
    for depth in range(size.bit_length() - 3):
        x = layers.Conv2D(widths[min(depth, len(widths) - 1)], 4, strides=2, padding="same")(x)
        x = layers.LeakyReLU(0.2)(x)
    x = MinibatchStd()(x)  # (B, 4, 4, C + 1)
    x = layers.Conv2D(widths[-1], 3, padding="same")(x)
    x = layers.LeakyReLU(0.2)(x)
    x = layers.Flatten()(x)
    x = layers.Dense(256)(x)
    x = layers.LeakyReLU(0.2)(x)
    x = layers.Dense(1)(x)
    return keras.Model(image, layers.Activation("linear", dtype="float32", name="logit")(x), name=name)


@keras.saving.register_keras_serializable("planet_generator")
class MinibatchStd(layers.Layer):
    """Appends one channel: how much neighboring pictures of the batch differ from each other.

    Groups are runs of `group_size` pictures, so a batch made by concatenating real and generated pictures never
    mixes the two within a group.

    Args:
        group_size: Pictures compared with each other; must divide the batch.
    """

    def __init__(self, group_size: int = 4, **kwargs):
        super().__init__(**kwargs)
        self.group_size = group_size

    def call(self, x):
        height, width, channels = x.shape[1:]
        groups = ops.reshape(ops.cast(x, "float32"), (-1, self.group_size, height, width, channels))
        # The gradient of a bare standard deviation is NaN where it is 0, and R1 takes that gradient.
        deviation = ops.sqrt(ops.var(groups, axis=1) + 1e-6)
        mean = ops.mean(deviation, axis=(1, 2, 3))  # (B / group_size,)
        channel = ops.reshape(ops.repeat(mean, self.group_size), (-1, 1, 1, 1))
        channel = ops.broadcast_to(channel, (*ops.shape(x)[:3], 1))
        return ops.concatenate([x, ops.cast(channel, x.dtype)], axis=-1)

    def compute_output_shape(self, input_shape):
        return (*input_shape[:-1], input_shape[-1] + 1)

    def get_config(self):
        return {**super().get_config(), "group_size": self.group_size}
