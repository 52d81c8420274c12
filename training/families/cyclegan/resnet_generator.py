"""The residual network that turns pictures of one domain into pictures of another.

References: Zhu 2017, "Unpaired Image-to-Image Translation using Cycle-Consistent Adversarial Networks"
(arXiv:1703.10593), section 7.2; Johnson 2016, "Perceptual Losses for Real-Time Style Transfer" (arXiv:1603.08155).
"""

from __future__ import annotations

import keras
from keras import layers

from datasets.errors import RequestError
from training.families.cyclegan.translation_layers import InstanceNormalization, MirrorPadding2D
from training.gan.upsampled_conv import UpsampledConv2D


def build_resnet_generator(
    height: int,
    width: int,
    filters: int = 64,
    blocks: int = 9,
    downsamplings: int = 2,
    name: str = "generator",
    convolutions=layers,
) -> keras.Model:
    """Picture to picture: c7s1-k, d2k, d4k, …, residual blocks, …, u2k, uk, c7s1-3.

    Args:
        height: Of the pictures in pixels, a multiple of `2 ** downsamplings`.
        width: As `height`.
        filters: k, the channels at full resolution; each downsampling doubles them.
        blocks: Residual blocks at the lowest resolution.
        downsamplings: Convolutions of stride 2, and upsamplings; the paper has 2.
        name: Name of the Keras model.
        convolutions: Where the convolutions come from: `keras.layers`, or `training.engine.fast_layers` to train.

    Returns:
        A model from float `(B, height, width, 3)` in [-1, 1] to float32 of the same shape and range.
    """
    multiple = 2**downsamplings
    if height % multiple or width % multiple or min(height, width) < 2 * multiple:
        raise RequestError(
            f"A generator with {downsamplings} downsamplings cannot draw {width} × {height} px: width and height must "
            f"be multiples of {multiple}, at least {2 * multiple}."
        )

    def convolve(x, filters, size, stride=1, **options):
        x = MirrorPadding2D(size // 2)(x)
        return convolutions.Conv2D(filters, size, stride, padding="valid", kernel_initializer=_normal(), **options)(x)

    def upsample(x, filters):
        # The upsampled picture's mirror image begins with its border's twin, which is the border before upsampling.
        x = MirrorPadding2D(1, "symmetric")(x)
        x = UpsampledConv2D(filters, kernel_initializer=_normal(), use_bias=False)(x)
        return layers.Cropping2D(2)(x)

    def activate(x):
        return layers.ReLU()(InstanceNormalization()(x))

    def residual(x):
        channels = x.shape[-1]
        y = activate(convolve(x, channels, 3, use_bias=False))
        return layers.Add()([x, InstanceNormalization()(convolve(y, channels, 3, use_bias=False))])

    widths = [filters * 2**depth for depth in range(downsamplings + 1)]
    image = keras.Input((height, width, 3), name="image")
    x = activate(convolve(image, filters, 7, use_bias=False))  # (B, H, W, k)
    for channels in widths[1:]:
        x = activate(convolve(x, channels, 3, stride=2, use_bias=False))  # (B, H/2, W/2, 2k), (B, H/4, W/4, 4k), …
    for _ in range(blocks):
        x = residual(x)
    for channels in reversed(widths[:-1]):
        x = activate(upsample(x, channels))  # …, (B, H/2, W/2, 2k), (B, H, W, k)
    x = convolve(x, 3, 7)
    return keras.Model(image, layers.Activation("tanh", dtype="float32", name="translation")(x), name=name)


def _normal() -> keras.initializers.Initializer:
    return keras.initializers.RandomNormal(stddev=0.02)
