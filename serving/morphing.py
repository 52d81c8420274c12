"""The way from one latent to another, over latents that a model draws well."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

_SMALLEST = 1e-9  # sine of an angle, or length beside 1: below it a direction is rounding error


def slerp(start: ArrayLike, end: ArrayLike, shares: ArrayLike) -> NDArray[np.float64]:
    """Spherical interpolation: the direction turns steadily along the shorter arc, the length changes linearly.

    Normal latents lie near a sphere of radius sqrt(Z). The straight way between two leaves it for the middle, where
    latents are improbable and planets look alike (White 2016, "Sampling Generative Networks", arXiv:1609.04468).

    Args:
        start: Latent of shape (Z,).
        end: Latent of shape (Z,).
        shares: F shares of the way, 0..1.

    Returns:
        float64 of shape (F, Z); at shares 0 and 1 exactly `start` and `end`. Between opposite latents, where every arc
        is as short, it passes over the axis on which `start` is least; from or to zero the way is straight.
    """
    start, end = np.asarray(start, np.float64), np.asarray(end, np.float64)
    t = np.asarray(shares, np.float64)[:, None]  # (F, 1)
    lengths = np.linalg.norm(start), np.linalg.norm(end)
    if min(lengths) <= _SMALLEST * max(lengths):
        return (1 - t) * start + t * end
    along, aim = start / lengths[0], end / lengths[1]
    across = aim - (aim @ along) * along
    angle = np.arctan2(np.linalg.norm(across), aim @ along)
    if np.linalg.norm(across) < _SMALLEST:
        axis = np.eye(len(start))[np.argmin(np.abs(along))]
        across = axis - (axis @ along) * along
    # In one dimension there is nothing across: the way from a number to its opposite leads through zero.
    across /= np.linalg.norm(across) or 1.0
    way = np.cos(t * angle) * along + np.sin(t * angle) * across
    way *= (1 - t) * lengths[0] + t * lengths[1]
    return np.where(t == 0, start, np.where(t == 1, end, way))
