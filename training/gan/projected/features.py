"""Features for a projected discriminator: those of the frozen network, mixed at random within and across scales.

Reference: Sauer 2021, "Projected GANs Converge Faster" (arXiv:2111.01007), section 3.2.
"""

from __future__ import annotations

import functools
import itertools
import math

import keras
import numpy as np
from keras import layers, ops

from training.gan.projected.squeezenet import TAP_WIDTHS, SqueezeNet

WIDTHS = (64, 96, 128)  # channels after mixing, finest grid first

_TAP_SCALES = (0.0173, 0.0197, 0.0945)  # 1 / standard deviation of each tap over screenshots of planets at 64 px
_SEED = 3


@keras.saving.register_keras_serializable("planet_generator")
class ProjectedFeatures(layers.Layer):
    """Pictures to three grids of features, without a variable: weights and mixing are constants.

    Args:
        stride: As for `SqueezeNet`.
        shrink: Side of the squares of pixels that are averaged before anything else, 1 for none.
    """

    def __init__(self, stride: int = 1, shrink: int = 1, **kwargs):
        super().__init__(**kwargs)
        self.stride = stride
        self.shrink = shrink
        self.network = SqueezeNet(stride, dtype=self.dtype_policy)

    def call(self, images):
        """Float `(B, H, W, 3)` in [-1, 1] to a list of float `(B, h, w, C)`, C as in `WIDTHS`."""
        if self.shrink > 1:
            images = ops.average_pool(images, self.shrink, strides=self.shrink)
        within, across = mixing()
        grids = [_convolve(tap, kernel) for tap, kernel in zip(self.network(images), within, strict=True)]
        for level in (1, 0):
            height, width = grids[level].shape[1:3]
            coarser = _convolve(grids[level + 1], across[level])
            grids[level] = grids[level] + ops.image.resize(coarser, (height, width), interpolation="bilinear")
        return grids

    def get_config(self):
        return {**super().get_config(), "stride": self.stride, "shrink": self.shrink}


@functools.cache
def mixing() -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Kernels within each scale, `(1, 1, C, F)`, and from each scale to the next finer, `(3, 3, C, F)`, float32."""
    random = np.random.RandomState(_SEED)  # its numbers are the same in all versions of NumPy
    within = [
        _he_normal(random, 1, channels, filters) * np.float32(scale)
        for channels, filters, scale in zip(TAP_WIDTHS, WIDTHS, _TAP_SCALES, strict=True)
    ]
    across = [_he_normal(random, 3, channels, filters) for filters, channels in itertools.pairwise(WIDTHS)]
    return within, across


def _he_normal(random: np.random.RandomState, size: int, channels: int, filters: int) -> np.ndarray:
    deviation = math.sqrt(2.0 / (size * size * channels))
    return (random.standard_normal((size, size, channels, filters)) * deviation).astype(np.float32)


def _convolve(x, kernel):
    return ops.conv(x, ops.cast(kernel, x.dtype), padding="same")
