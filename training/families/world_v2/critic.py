"""Discriminators of world_v2 that learn from nothing: a small network that knows where on the globe it looks, and one
that compares what generated and real worlds of a kind show on average along each parallel.

Matching means are what a GAN learns last, if ever, where a kind has few pictures and its belts are faint; a linear
critic sees nothing else, so that its verdict's slope points straight to them: Li 2017, "MMD GAN" (arXiv:1705.08584),
with a linear kernel.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import keras
import numpy as np
from keras import layers, ops

from datasets.errors import RequestError
from datasets.manifest import Size
from training.families.world_v2.recipe import WorldRecipe
from training.families.world_v2.rendering import pixel_places
from training.gan.critic import WIDTHS, MinibatchStd, grid_of
from training.gan.losses import LOSSES
from training.gan.objective import Critic, Given, constant

ZONES = 36  # from pole to pole, 5° each

_LEARNING_RATE = 0.002
_LEAST = 4.0  # pixels of a zone without which it isn't seen


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


def critic_inputs(images, given: Given) -> dict:
    """What both discriminators take, of pictures and what is known of them."""
    return {"image": images, "kind": given.kinds, **{name: given.extras[name] for name in ("window", "sight")}}


def build_zonal_critic(size: Size, counts: Sequence[float], name: str = "zonal") -> keras.Model:
    """Pictures, what they show of the globe, and kinds to a logit that is linear in the means of their zones.

    Args:
        size: Of the pictures.
        counts: What each of K kinds' means count.
        name: Name of the Keras model.

    Returns:
        A model from what `training.families.world_v2.critic.build_world_critic` takes to `{"logit": (B, 1), "penalty":
        (B, 1), half the sum of the squares of the weights that were used}`, float32. Where the sight isn't known both
        are 0.
    """
    image = keras.Input((size.height, size.width, 3), name="image")
    kind, window, sight = (
        keras.Input((n,), name=name) for name, n in (("kind", len(counts)), ("window", 3), ("sight", 2))
    )
    means, seen = Zones(size, name="zones")(image, window, sight)
    weights = layers.Dense(means.shape[1] * means.shape[2], use_bias=False, kernel_initializer="zeros", dtype="float32")
    weights = seen * ops.reshape(weights(kind), (-1, *means.shape[1:]))
    outputs = {"logit": weights * means, "penalty": 0.5 * ops.square(weights)}
    counts = ops.matmul(kind, ops.convert_to_tensor(np.float32(counts)[:, None]))
    outputs = {name: ops.sum(one, axis=(1, 2))[:, None] * counts for name, one in outputs.items()}
    return keras.Model({"image": image, "kind": kind, "window": window, "sight": sight}, outputs, name=name)


def zonal_critics(recipe: WorldRecipe, size: Size, class_names: Sequence[str]) -> list[Critic]:
    """What to add to an objective's critics: this one, or nothing where it has no weight.

    The penalty pulls its weights to 0 as strongly as a difference of means pulls them up: they settle at that
    difference, and what the generator sees is the slope of half its square.
    """
    if not recipe.zonal_weight:
        return []
    kinds = recipe.zonal_kinds.split(",") if recipe.zonal_kinds else list(class_names)
    if missing := [kind for kind in kinds if kind not in class_names]:
        raise RequestError(f"--zonal-kinds names {missing[0]}: give kinds of this training, {', '.join(class_names)}.")
    network = build_zonal_critic(size, [float(name in kinds) for name in class_names])

    def judge(images, given):
        outputs = network(critic_inputs(images, given), training=True)
        return outputs["logit"], ops.mean(outputs["penalty"])

    return [
        Critic("zonal", network, judge, LOSSES["wasserstein_gp"], _LEARNING_RATE, weight=constant(recipe.zonal_weight))
    ]


@keras.saving.register_keras_serializable("planet_generator")
class Zones(layers.Layer):
    """Means along parallels of the light in pictures `(B, H, W, 3)` in [-1, 1] of globes through windows `(B, 3)`, at
    sights `(B, 2)`: float32 `(B, ZONES, 3)` in 0..1; and which zones are seen, 1 or 0, `(B, ZONES, 1)`."""

    def __init__(self, size: Size, **kwargs):
        super().__init__(**{"dtype": "float32", **kwargs})
        self.size = Size(*size)
        self._places = Places(self.size)

    def call(self, image, window, sight):
        light = (ops.cast(image, "float32") + 1.0) * 0.5
        north = self._places(window, sight)[..., 2]
        zone = ops.arcsin(ops.clip(north, -1.0, 1.0)) * (ZONES / math.pi) + (ZONES - 1) / 2
        share = ops.maximum(1.0 - ops.abs(zone[..., None] - ops.arange(ZONES, dtype="float32")), 0.0)
        share = ops.where(north[..., None] == 0.0, 0.0, share)
        share = ops.reshape(share, (-1, self.size.height * self.size.width, ZONES))
        pixels = ops.sum(share, axis=1)[..., None]
        means = ops.matmul(ops.transpose(share, (0, 2, 1)), ops.reshape(light, (-1, share.shape[1], 3)))
        return means / ops.maximum(pixels, 1.0), ops.cast(pixels > _LEAST, "float32")

    def compute_output_shape(self, image_shape, window_shape, sight_shape):
        return (image_shape[0], ZONES, 3), (image_shape[0], ZONES, 1)

    def get_config(self):
        return {**super().get_config(), "size": list(self.size)}
