"""How good a handful of generated pictures is, measured cheaply enough to do it every epoch. NumPy only.

For the figures of a finished model see `training.evaluate`.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from training.records.grids import from_uint8

PATCH_SIDE = 7  # pixels
PATCHES_PER_PICTURE = 64
PROJECTIONS = 128
COARSEST_SIDE = 16  # pixels
REFERENCE_COUNT = 256
ALIKE = 0.2  # diversity below which a generator counts as collapsed


class SampleQuality:
    """Compares small samples with the real pictures.

    Args:
        real: uint8 `(N, H, W, 3)`; a fixed choice of them is kept for reference.
    """

    def __init__(self, real: np.ndarray):
        chosen = np.random.default_rng(0).permutation(len(real))[:REFERENCE_COUNT]
        self._real = real[np.sort(chosen)]
        self._spread = _spread(self._real)
        self._projections: dict[int, list[_Level]] = {}  # of so many real pictures, which stay the same

    def measure(self, generated: np.ndarray) -> dict[str, float]:
        """Two figures of a sample.

        Args:
            generated: uint8 `(M, H, W, 3)`, as large as the real pictures.

        Returns:
            `sliced_wasserstein`: distance of the two distributions of 7×7 patches, over all scales, ×1000, 0 for equal
            ones; Karras 2018, "Progressive Growing of GANs" (arXiv:1710.10196), section 5.
            `diversity`: mean distance between two generated pictures over that of two real ones, 0 if all are alike.
        """
        count = min(len(generated), len(self._real))
        return {
            "sliced_wasserstein": self._sliced_wasserstein(generated[:count]),
            "diversity": _spread(generated) / max(self._spread, 1e-9),
        }

    def _sliced_wasserstein(self, generated: np.ndarray) -> float:
        count = len(generated)
        if count not in self._projections:
            self._projections[count] = _projected(self._real[:count])
        levels = zip(self._projections[count], _laplacian_pyramid(generated), strict=True)
        distances = [np.abs(real.sorted - real.project(level)).mean() for real, level in levels]
        return float(np.mean(distances)) * 1000.0


def collapse_warning(measures: dict[str, float]) -> str | None:
    """What to tell people if the generator draws the same picture again and again."""
    if measures["diversity"] >= ALIKE:
        return None
    return (
        f"the generator has collapsed, or learned nothing yet: its pictures differ {measures['diversity']:.0%} as much "
        "as real ones do. If that stays, lower the learning rates or raise --r1-gamma, from the best checkpoint on"
    )


def _spread(images: np.ndarray) -> float:
    """Mean distance of two pictures, after averaging down to `COARSEST_SIDE`: what a glance tells apart."""
    levels = [images.astype(np.float32)]
    while min(levels[-1].shape[1:3]) // 2 >= COARSEST_SIDE and _even(levels[-1]):
        levels.append(_half(levels[-1]))
    flat = levels[-1].reshape(len(images), -1)
    squared = (flat**2).sum(axis=1)
    between = np.maximum(squared[:, None] + squared[None] - 2.0 * flat @ flat.T, 0.0)
    return float(np.sqrt(between).sum() / max(len(images) * (len(images) - 1), 1))


class _Level(NamedTuple):
    """Where one scale is looked at, and what the real pictures show there."""

    corners: tuple[np.ndarray, np.ndarray]
    directions: np.ndarray  # (7 · 7 · 3, PROJECTIONS)
    sorted: np.ndarray  # (patches of all pictures, PROJECTIONS)

    def project(self, images: np.ndarray) -> np.ndarray:
        return _sorted_projections(images, self.corners, self.directions)


def _projected(real: np.ndarray) -> list[_Level]:
    random = np.random.default_rng(0)
    levels = []
    for level in _laplacian_pyramid(real):
        corners = _corners(level.shape, random)
        directions = random.standard_normal((PATCH_SIDE**2 * level.shape[-1], PROJECTIONS)).astype(np.float32)
        directions /= np.linalg.norm(directions, axis=0)
        levels.append(_Level(corners, directions, _sorted_projections(level, corners, directions)))
    return levels


def _sorted_projections(images: np.ndarray, corners, directions: np.ndarray) -> np.ndarray:
    return np.sort(_patches(images, corners) @ directions, axis=0)


def _laplacian_pyramid(images: np.ndarray) -> list[np.ndarray]:
    """Detail per scale, finest first, the rest last; of pictures scaled to [-1, 1]."""
    levels, image = [], from_uint8(images)
    while min(image.shape[1:3]) // 2 >= COARSEST_SIDE and _even(image):
        smaller = _half(image)
        levels.append(image - smaller.repeat(2, axis=1).repeat(2, axis=2))
        image = smaller
    return [*levels, image]


def _even(images: np.ndarray) -> bool:
    return images.shape[1] % 2 == 0 and images.shape[2] % 2 == 0


def _half(images: np.ndarray) -> np.ndarray:
    count, height, width, channels = images.shape
    return images.reshape(count, height // 2, 2, width // 2, 2, channels).mean(axis=(2, 4))


def _corners(shape: tuple[int, ...], random: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Top and left of `PATCHES_PER_PICTURE` patches in each picture, `(N, patches)` each."""
    count, height, width, _ = shape
    size = (count, PATCHES_PER_PICTURE)
    return (
        random.integers(0, height - PATCH_SIDE, size, endpoint=True),
        random.integers(0, width - PATCH_SIDE, size, endpoint=True),
    )


def _patches(images: np.ndarray, corners: tuple[np.ndarray, np.ndarray]) -> np.ndarray:
    """Patches as rows, `(N · patches, 7 · 7 · 3)`."""
    top, left = corners
    windows = np.lib.stride_tricks.sliding_window_view(images, (PATCH_SIDE, PATCH_SIDE), axis=(1, 2))
    chosen = windows[np.arange(len(images))[:, None], top, left]  # (N, patches, 3, 7, 7)
    return chosen.reshape(chosen.shape[0] * chosen.shape[1], -1)
