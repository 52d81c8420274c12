"""A discriminator that judges the features of a frozen, pretrained network instead of pixels.

Reference: Sauer 2021, "Projected GANs Converge Faster" (arXiv:2111.01007).
"""

from __future__ import annotations

import math

import keras
from keras import layers, ops

from datasets.errors import RequestError
from datasets.manifest import Size
from training.gan.projected.features import ProjectedFeatures
from training.gan.projected.spectral_conv import SpectralConv2D

LEAST_SIDE = 32  # pixels

_WIDTH = 64  # of the heads' convolutions
_KIND_WIDTH = 48  # of what is compared with the embedding of a kind
_LARGEST_GRID = 8  # shorter side of what the logits are made of
_USUAL_SIDE = 64  # pixels that the network sees at stride 1; twice as many at stride 2


def build_projected_discriminator(size: Size, kinds: int = 0, name: str = "projected") -> keras.Model:
    """Picture to logits of patches at three scales; those of a kind ask how well patches fit it, too.

    Only the heads are variables. The shorter side is brought to what the frozen network sees 64 px at a time: larger
    pictures by its own stride of 2, from 256 px on by averaging pixels first.

    Args:
        size: Of the pictures, at least 32 px a side.
        kinds: Number of kinds, K, for projection (Miyato and Koyama 2018, arXiv:1802.05637), or 0 for none.
        name: Name of the Keras model.

    Returns:
        A model from float `(B, H, W, 3)` in [-1, 1], or with kinds `{"image": …, "kind": (B, K), rows summing to 1}`,
        to float32 logits `(B, 3, h, w)`, finest features first, large for real pictures; 5 × 5 patches at 64 px.

    Raises:
        RequestError: The pictures are too small.
    """
    if min(size) < LEAST_SIDE:
        raise RequestError(
            f"A projected discriminator can't judge {size} px: it needs at least {LEAST_SIDE} px a side."
        )
    image = keras.Input((size.height, size.width, 3), name="image")
    kind = keras.Input((kinds,), name="kind") if kinds else None
    stride, shrink = _reduction(size)
    grids = ProjectedFeatures(stride, shrink, name="features")(image)
    further = _halvings(min(grids[-1].shape[1:3]))
    logits = [_head(grid, len(grids) - 1 - level + further, kind, f"head_{level}") for level, grid in enumerate(grids)]
    logits = layers.Activation("linear", dtype="float32", name="logits")(ops.stack(logits, axis=1))
    return keras.Model(image if kind is None else {"image": image, "kind": kind}, logits, name=name)


def _reduction(size: Size) -> tuple[int, int]:
    """Stride of the frozen network's first convolution, and the side of squares averaged before it."""
    factor = max(1, min(size) // _USUAL_SIDE)
    return (1, 1) if factor == 1 else (2, factor // 2)


def _head(grid, halvings: int, kind, name: str):
    """Logits `(B, h, w)` of features `(B, h', w', C)`, whose grid is halved so many times."""
    x = grid
    for depth, strides in enumerate([2] * halvings or [1]):
        x = SpectralConv2D(_WIDTH, strides + 2, strides, "same", name=f"{name}_conv_{depth}")(x)
        x = layers.LeakyReLU(0.2)(x)
    patch = min(4, *x.shape[1:3])
    logits = ops.squeeze(SpectralConv2D(1, patch, name=f"{name}_logits")(x), axis=-1)
    if kind is None:
        return logits
    shown = SpectralConv2D(_KIND_WIDTH, patch, name=f"{name}_shown")(x)  # (B, h, w, 48)
    initial = keras.initializers.RandomNormal(stddev=1.0)
    asked = layers.Dense(_KIND_WIDTH, use_bias=False, kernel_initializer=initial, name=f"{name}_kind")(kind)
    asked = layers.Reshape((1, 1, _KIND_WIDTH))(asked)
    return logits + ops.sum(shown * asked, axis=-1) / _KIND_WIDTH**0.5


def _halvings(side: int) -> int:
    """How often the coarsest grid is halved before logits are made of it."""
    return max(0, math.ceil(math.log2(side / _LARGEST_GRID)))
