"""Exposure of a data set's kinds: dark ones are shown brighter to whoever judges.

Else a critic hardly sees what a dark planet shows, and its generator draws it gray: Jupiter's belts differ by a tenth
of the range.
"""

from __future__ import annotations

import numpy as np

from datasets.pictures import Pictures

_BRIGHTEST = 0.9  # of what a picture can show, for the brightest of a kind's pixels
_SHARE = 0.98  # of them that are darker than those
_SKY = 12  # levels of 255; what is darker is no planet
_MOST = 3.0
_SAMPLE = 48  # pictures of a kind


def exposures(pictures: Pictures) -> np.ndarray:
    """Factors from 1 to 3, one for each kind, float32 `(K,)`, for light in 0..1: with them the brightest pixels of
    every kind come near 1."""
    factors = []
    for column in pictures.labels.T:
        members = np.flatnonzero(column)
        levels = np.asarray(pictures.images[members[:: -(-len(members) // _SAMPLE)]]).max(axis=-1)
        lit = levels[levels > _SKY]
        brightest = np.quantile(lit, _SHARE) / 255 if lit.size else 1.0
        factors.append(np.clip(_BRIGHTEST / brightest, 1.0, _MOST))
    return np.array(factors, np.float32)


def exposed(images, factors):
    """Pictures in [-1, 1] `(B, H, W, 3)`, their light times factors `(B,)`; the brightest pixels may go beyond."""
    return (images + 1.0) * factors[:, None, None, None] - 1.0
