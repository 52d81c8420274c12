"""Deep discriminators that keep a generator honest on a few hundred pictures, blind to kinds or with an eye for them.

No BatchNorm (it would break the R1 penalty, Mescheder 2018, arXiv:1801.04406), and a minibatch standard deviation
channel against mode collapse (Karras 2018, "Progressive Growing of GANs", arXiv:1710.10196).
"""

from __future__ import annotations

import keras
from keras import layers, ops

from datasets.errors import RequestError
from datasets.manifest import Size
from training import engine

WIDTHS = (48, 96, 192, 256)  # of the stride-2 convolutions; the last width repeats for larger pictures
GROUP_SIZE = 4  # pictures that MinibatchStd compares
CONDITIONINGS = ("projection", "concat")

_USUAL_SHARE = 0.01  # of the newest batch in the running mean


def build_critic(size: Size, widths: tuple[int, ...] = WIDTHS, name: str = "discriminator") -> keras.Model:
    """Picture to one logit through 4×4 stride-2 convolutions down to about 4×4 px.

    Args:
        size: Of the pictures, as `grid_of` allows.
        widths: Filters of the first convolutions; the last is repeated until the smallest grid is reached.
        name: Name of the Keras model.

    Returns:
        A model from float `(B, H, W, 3)` in [-1, 1] to float32 logits `(B, 1)`, large for real pictures. In training
        `B` must be a multiple of `MinibatchStd.group_size`.
    """
    image = _image_input(size)
    return keras.Model(image, _logit(_features(image, size, widths), "logit"), name=name)


def build_conditional_critic(
    size: Size, kinds: int, conditioning: str, widths: tuple[int, ...] = WIDTHS, name: str = "discriminator"
) -> keras.Model:
    """As `build_critic`, with a second logit that tells how well a picture fits its kinds.

    Reference: Miyato and Koyama 2018, "cGANs with Projection Discriminator" (arXiv:1802.05637).

    Args:
        size: As in `build_critic`.
        kinds: Number of kinds, K.
        conditioning: `"projection"`: the inner product of the features with an embedding of the kinds; `"concat"`: one
            linear layer of the kinds beside the features, then two dense layers.
        widths: As in `build_critic`.
        name: Name of the Keras model.

    Returns:
        A model from `{"image": (B, H, W, 3) in [-1, 1], "kind": (B, K), rows summing to 1}` to
        `{"logit": (B, 1), "kind_logit": (B, 1)}`, float32; the first does not depend on the kind.
    """
    image, kind = _image_input(size), keras.Input((kinds,), name="kind")
    features = _features(image, size, widths)
    width = features.shape[-1]
    if conditioning == "projection":
        product = layers.Multiply()([features, layers.Dense(width, use_bias=False)(kind)])
        fit = ops.sum(product, axis=-1, keepdims=True) / width**0.5
        fit = layers.Activation("linear", dtype="float32", name="kind_logit")(fit)
    elif conditioning == "concat":
        x = layers.Concatenate()([features, layers.Dense(width // 4, use_bias=False)(kind)])
        x = layers.LeakyReLU(0.2)(layers.Dense(width)(x))
        fit = _logit(x, "kind_logit")
    else:
        raise RequestError(f"Unknown conditioning {conditioning!r}: choose one of {', '.join(CONDITIONINGS)}.")
    outputs = {"logit": _logit(features, "logit"), "kind_logit": fit}
    return keras.Model({"image": image, "kind": kind}, outputs, name=name)


def build_auxiliary_critic(
    size: Size, kinds: int, widths: tuple[int, ...] = WIDTHS, name: str = "discriminator"
) -> keras.Model:
    """As `build_critic`, with a second head that says which kinds a picture shows.

    Reference: Odena 2017, "Conditional Image Synthesis With Auxiliary Classifier GANs" (arXiv:1610.09585).

    Returns:
        A model from float `(B, H, W, 3)` in [-1, 1] to `{"logit": (B, 1), "kind_logits": (B, K)}`, float32.
    """
    image = _image_input(size)
    features = _features(image, size, widths)
    outputs = {"logit": _logit(features, "logit"), "kind_logits": _logit(features, "kind_logits", kinds)}
    return keras.Model(image, outputs, name=name)


def features_of(critic: keras.Model) -> keras.Model:
    """A discriminator up to its coarsest grid: pictures to `(B, h, w, C)`. Shares the discriminator's variables."""
    grid = next(layer for layer in critic.layers if isinstance(layer, MinibatchStd)).input
    return keras.Model(critic.get_layer("image").output, grid, name="features")


def check_batch_size(batch_size: int):
    """Raises `RequestError` for a batch, of all devices together, that `MinibatchStd` can't split into groups."""
    multiple = GROUP_SIZE * engine.replicas()
    if batch_size % multiple:
        raise RequestError(
            f"--batch-size {batch_size} does not fit the deep discriminator, which compares pictures by fours on each "
            f"device: use a multiple of {multiple}."
        )


def grid_of(size: Size) -> tuple[int, int, int]:
    """The coarsest grid of a picture: height, width, and the halvings that lead to it.

    Raises:
        RequestError: The sides can't be halved until the shorter one is 4 to 7 px and the other at most 4 times that.
    """
    halvings = max(0, (min(size) // 4).bit_length() - 1)
    height, width = size.height >> halvings, size.width >> halvings
    if (height << halvings, width << halvings) != (size.height, size.width) or max(height, width) > 4 * min(
        height, width
    ):
        raise RequestError(
            f"A deep network cannot halve {size} px down to about 4 px: choose sides such as 64, 128 or 64x128."
        )
    return height, width, halvings


def doubling(filters: int) -> tuple[int, ...]:
    """Widths of stride-2 convolutions that begin with so many filters."""
    return tuple(filters * 2**depth for depth in range(len(WIDTHS)))


def halved(image, size: Size, widths: tuple[int, ...]):
    """A picture after all its stride-2 convolutions, `(B, h, w, C)` with the grid of `grid_of`."""
    x = image
    for depth in range(grid_of(size)[2]):
        x = layers.Conv2D(widths[min(depth, len(widths) - 1)], 4, strides=2, padding="same")(x)
        x = layers.LeakyReLU(0.2)(x)
    return x


def _image_input(size: Size):
    return keras.Input((size.height, size.width, 3), name="image")


def _features(image, size: Size, widths: tuple[int, ...]):
    return judged(halved(image, size, widths), widths[-1])


def judged(grid, width: int):
    """What all heads of a discriminator see of a picture, `(B, width)`, made of its coarsest grid `(B, h, w, C)`."""
    x = MinibatchStd(name="deviation")(grid)  # (B, h, w, C + 1)
    x = layers.Conv2D(width, 3, padding="same", name="grid")(x)
    x = layers.LeakyReLU(0.2)(x)
    x = layers.Flatten()(x)
    x = layers.Dense(width, name="features")(x)
    return layers.LeakyReLU(0.2)(x)


def _logit(features, name: str, units: int = 1):
    return layers.Activation("linear", dtype="float32", name=name)(layers.Dense(units)(features))


@keras.saving.register_keras_serializable("planet_generator")
class MinibatchStd(layers.Layer):
    """Appends one channel: how much neighboring pictures of the batch differ from each other.

    Groups are runs of `group_size` pictures, so a batch made by concatenating real and generated pictures never
    mixes the two within a group. Out of training a picture is judged alone: the channel is then what it usually was.

    Args:
        group_size: Pictures compared with each other; must divide a batch in training.
    """

    def __init__(self, group_size: int = GROUP_SIZE, **kwargs):
        super().__init__(**kwargs)
        self.group_size = group_size

    def build(self, input_shape):
        self.usual = self.add_weight(shape=(), initializer="zeros", trainable=False, name="usual", aggregation="mean")

    def call(self, x, training=False):
        if training:
            mean = self._deviations(x)
            self.usual.assign(self.usual + (ops.mean(mean) - self.usual) * _USUAL_SHARE)
            channel = ops.reshape(ops.repeat(mean, self.group_size), (-1, 1, 1, 1))
        else:
            channel = ops.cast(self.usual, "float32")
        channel = ops.broadcast_to(channel, (*ops.shape(x)[:3], 1))
        return ops.concatenate([x, ops.cast(channel, x.dtype)], axis=-1)

    def _deviations(self, x):
        """How much the pictures of each group differ, float32 `(B / group_size,)`."""
        height, width, channels = x.shape[1:]
        groups = ops.reshape(ops.cast(x, "float32"), (-1, self.group_size, height, width, channels))
        # The gradient of a bare standard deviation is NaN where it is 0, and R1 takes that gradient.
        deviation = ops.sqrt(ops.var(groups, axis=1) + 1e-6)
        return ops.mean(deviation, axis=(1, 2, 3))

    def compute_output_shape(self, input_shape):
        return (*input_shape[:-1], input_shape[-1] + 1)

    def get_config(self):
        return {**super().get_config(), "group_size": self.group_size}
