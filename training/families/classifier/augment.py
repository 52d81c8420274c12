"""What happens to a planet between its map and a picture of it: colors, sunlight, place, sky, camera and JPEG.

A classifier trained on one rendering of each body must know it in others. Unlike `training.gan.augment` these changes
are strong and applied to single pictures without end; they need no gradient.
"""

from __future__ import annotations

import math

import keras
import numpy as np
from keras import ops

from training.engine import draws
from training.families.classifier.turning import disc_of, on_sphere, turned

_TURN = math.radians(45)


def vary(images, seed: keras.random.SeedGenerator):
    """Pictures of the same bodies as another renderer, telescope or web page would show them.

    Args:
        images: Float32 `(B, H, W, 3)` in [-1, 1]: one body each, in the middle, on black; H and W multiples of 8.
        seed: Source of the random draws.

    Returns:
        Float32 `(B, H, W, 3)` in [-1, 1]: seen from another side, turned, off-center, smaller or partly outside, under
        another sun, in other colors, before stars or a plain color, blurred, noisy, compressed; each in its own way,
        one in five as it was.
    """
    dice = _Dice(ops.shape(images)[0], seed)
    light = (ops.cast(images, "float32") + 1.0) * 0.5
    disc = disc_of(light)
    light = ops.where(dice.chance(0.5), turned(light, disc, dice.uniform(0.0, _TURN), dice.direction()), light)
    light = _recolored(light, disc, dice)
    light = light * ops.where(dice.chance(0.65), _sunlight(disc, dice), 1.0)
    light, disc = _placed(light, disc, dice)
    light = light + (1.0 - disc) * _sky(light, dice)
    light = ops.where(dice.chance(0.6), _photographed(light, dice), light)
    return ops.where(dice.chance(0.2), images, light * 2.0 - 1.0)


def no_planets(images, seed: keras.random.SeedGenerator):
    """Pictures of nothing known: half of them jigsaws of different bodies, half random colors, some on discs, or print.

    A classifier that learns to be undecided about them is undecided about much else that it never saw (Hendrycks 2019,
    "Deep Anomaly Detection with Outlier Exposure", arXiv:1812.04606).

    Args:
        images: Float32 `(B, H, W, 3)` in [-1, 1], of several bodies; B even, H and W multiples of 8.
        seed: Source of the random draws.

    Returns:
        Float32 `(B, H, W, 3)` in [-1, 1].
    """
    half = images.shape[0] // 2
    light = (ops.cast(images, "float32") + 1.0) * 0.5
    pieces = _jigsaw(light[:half], seed)
    disc = disc_of(light[half:])
    dice = _Dice(half, seed)
    colors = _random_colors(light[half:], dice) * ops.where(dice.chance(0.5), disc, 1.0)
    colors = ops.where(dice.chance(0.3), _print(light[half:], dice), colors)
    return _photographed(ops.concatenate([pieces, colors]), _Dice(2 * half, seed)) * 2.0 - 1.0


class _Dice:
    """Random numbers, one per picture unless told otherwise."""

    def __init__(self, count: int, seed: keras.random.SeedGenerator):
        self.count, self.seed = count, seed

    def uniform(self, low: float = 0.0, high: float = 1.0, shape=(1, 1, 1)):
        return draws.uniform((self.count, *shape), low, high, seed=self.seed)

    def normal(self, shape):
        return draws.normal((self.count, *shape), seed=self.seed)

    def direction(self):
        """In radians."""
        return self.uniform(0.0, 2 * math.pi)

    def factor(self, largest: float):
        """Between 1/largest and largest, as often below 1 as above."""
        return ops.exp(self.uniform(-math.log(largest), math.log(largest)))

    def chance(self, probability: float):
        return self.uniform() < probability

    def sometimes(self, values, neutral: float):
        """`values` for half of the pictures, `neutral` for the others."""
        return ops.where(self.chance(0.5), values, neutral)


def _recolored(light, disc, dice: _Dice):
    """Hue, saturation, white balance, contrast, detail, gamma and exposure, each in a part of the pictures.

    Colors are the first thing that tells bodies apart, so none is changed beyond what renderings differ by: mostly
    between warm and cool, which leaves a tint too faint to name a gray body by. The sky stays black.
    """
    hue = dice.sometimes(dice.uniform(-0.15, 0.15), 0.0)  # radians
    gray = ops.mean(light, axis=-1, keepdims=True)
    chroma = light - gray
    # A turn around the gray axis (Rodrigues); the cross product of (1, 1, 1) with (r, g, b) is (b-g, r-b, g-r).
    crossed = (ops.roll(chroma, 1, axis=-1) - ops.roll(chroma, -1, axis=-1)) / math.sqrt(3.0)
    light = gray + (chroma * ops.cos(hue) + crossed * ops.sin(hue)) * dice.sometimes(dice.factor(1.9), 1.0)
    warmth = dice.uniform(-0.08, 0.08) * np.float32([1.0, 0.0, -1.0])
    light = light * ops.where(dice.chance(0.7), 1.0 + warmth + dice.uniform(-0.03, 0.03, (1, 1, 3)), 1.0)
    light = _redetailed(light, disc, dice)
    light = ops.power(ops.clip(light, 1e-4, 1.0), dice.sometimes(dice.factor(1.3), 1.0))
    light = light * dice.sometimes(ops.exp(dice.uniform(-0.35, 0.35)), 1.0)
    return ops.clip(light * disc, 0.0, 1.0)


def _redetailed(light, disc, dice: _Dice):
    """Stronger or fainter fine, middling and coarse patterns: maps differ in relief, in albedo, in sharpness.

    By as much as makers of maps exaggerate relief, or gray bodies are told by how rough they were drawn.
    """
    middling, coarse = (_mean_around(light, disc, side) for side in (4, 16))
    mean = ops.sum(light * disc, axis=(1, 2), keepdims=True) / (ops.sum(disc, axis=(1, 2), keepdims=True) + 1.0)
    contrast = dice.sometimes(dice.factor(1.6), 1.0)
    bands = (light - middling, middling - coarse, coarse - mean)
    return mean + contrast * sum(band * dice.factor(2.5) for band in bands)


def _mean_around(light, disc, side: int):
    """The mean of the body's pixels about each place, over some `side` pixels each way."""

    def blurred(values):
        blocks = ops.average_pool(values, side, strides=side, padding="same")
        return ops.image.resize(blocks, light.shape[1:3], interpolation="bilinear")

    return blurred(light * disc) / (blurred(disc) + 1e-3)


def _sunlight(disc, dice: _Dice):
    """Lambert's shading of a sphere as large as the disc by a sun up to 80° from the viewer.

    Returns:
        Float32 `(B, H, W, 1)` in 0..1.
    """
    x, y, z, _ = on_sphere(disc)
    phase, direction = dice.uniform(0.0, math.radians(80)), dice.direction()
    lambert = z * ops.cos(phase) + (x * ops.cos(direction) + y * ops.sin(direction)) * ops.sin(phase)
    shade = ops.power(ops.clip(lambert, 1e-3, 1.0), dice.uniform(0.3, 1.0))
    ambient = ops.maximum(dice.uniform(-0.25, 0.25), 0.0)  # most nights are black
    return ambient + (1.0 - ambient) * shade


def _placed(light, disc, dice: _Dice):
    """Turned by any angle, mirrored or not, 0.5 to 1.5 times as large and shifted by up to a quarter of the side."""
    height, width = light.shape[1:3]
    shrink = ops.where(dice.chance(0.7), ops.exp(dice.uniform(math.log(0.65), math.log(2.0))), 1.0)
    light = ops.where(shrink > 1.5, _coarse(light, 2), light)  # so that fine detail fades instead of flickering
    angle = dice.direction()
    mirror = ops.where(dice.chance(0.5), -1.0, 1.0)
    cosine, sine = ops.cos(angle) * shrink, ops.sin(angle) * shrink
    middle_x, middle_y = (width - 1) / 2, (height - 1) / 2
    moved = dice.chance(0.7)
    to_x = middle_x + ops.where(moved, dice.uniform(-0.25, 0.25) * width, 0.0)
    to_y = middle_y + ops.where(moved, dice.uniform(-0.25, 0.25) * height, 0.0)
    rows = [cosine * mirror, -sine * mirror, middle_x - mirror * (cosine * to_x - sine * to_y)]
    rows += [sine, cosine, middle_y - sine * to_x - cosine * to_y]
    rows += [ops.zeros_like(sine)] * 2
    transform = ops.reshape(ops.concatenate(rows, axis=-1), (-1, 8))
    both = ops.image.affine_transform(
        ops.concatenate([light, disc], axis=-1), transform, interpolation="bilinear", fill_mode="constant"
    )
    return both[..., :3], both[..., 3:]


def _sky(light, dice: _Dice):
    """Black; for two pictures of five with stars, for one of ten a plain color."""
    height, width = light.shape[1:3]
    stars = ops.where(dice.uniform(shape=(height, width, 1)) > 0.995, dice.uniform(shape=(height, width, 1)), 0.0)
    stars = ops.where(dice.chance(0.4), stars, 0.0)
    return ops.where(dice.chance(0.1), dice.uniform(shape=(1, 1, 3)), stars)


def _photographed(light, dice: _Dice):
    """Seen at a half or a quarter of the size, out of focus, noisy, compressed; each for a part of the pictures."""
    size = dice.uniform()
    light = ops.where(size < 0.2, _coarse(light, 2), light)
    light = ops.where(size > 0.96, _coarse(light, 4), light)
    focus = ops.maximum(dice.uniform(-1.5, 1.0), 0.0)
    light = light + (ops.average_pool(light, 3, strides=1, padding="same") - light) * focus
    light = light + dice.normal(light.shape[1:]) * ops.maximum(dice.uniform(-0.04, 0.04), 0.0)
    light = ops.where(dice.chance(0.5), _jpeg(light, ops.exp(dice.uniform(math.log(0.15), math.log(2.0)))), light)
    return ops.clip(light, 0.0, 1.0)


def _coarse(light, block: int):
    """Made `block` times smaller and as large again."""
    small = ops.average_pool(light, block, strides=block)
    return ops.image.resize(small, light.shape[1:3], interpolation="bilinear")


def _jpeg(light, coarseness):
    """What JPEG loses: 8×8 cosine transforms of YCbCr, rounded to the standard's tables times `coarseness`.

    Colors keep their full resolution. `coarseness` 0.2 is a quality of 90, 1 of 50, 3 of 17.

    Reference: ITU-T T.81 (1992), annex K.1.
    """
    height, width = light.shape[1:3]
    grid = (-1, height // 8, 8, width // 8, 8, 3)
    blocks = ops.transpose(ops.reshape(ops.matmul(light * 255.0 - 128.0, _TO_YCBCR), grid), (0, 1, 3, 5, 2, 4))
    blocks = ops.reshape(blocks, (-1, height // 8 * (width // 8), 3, 64))
    steps = _QUANTIZATION * coarseness  # (B, 1, 3, 64)
    blocks = ops.matmul(ops.round(ops.matmul(blocks, _COSINES) / steps) * steps, _COSINES.T)
    blocks = ops.transpose(ops.reshape(blocks, (-1, height // 8, width // 8, 3, 8, 8)), (0, 1, 4, 2, 5, 3))
    return (ops.matmul(ops.reshape(blocks, (-1, height, width, 3)), _TO_RGB) + 128.0) / 255.0


def _jigsaw(light, seed: keras.random.SeedGenerator):
    """All pictures cut into 4×4 pieces, mixed, and put together at random."""
    height, width = light.shape[1:3]
    cut = ops.reshape(light, (-1, 4, height // 4, 4, width // 4, 3))
    pieces = ops.reshape(ops.transpose(cut, (0, 1, 3, 2, 4, 5)), (-1, height // 4, width // 4, 3))
    pieces = keras.random.shuffle(pieces, axis=0, seed=seed)
    laid = ops.reshape(pieces, (-1, 4, 4, height // 4, width // 4, 3))
    return ops.reshape(ops.transpose(laid, (0, 1, 3, 2, 4, 5)), (-1, height, width, 3))


def _random_colors(light, dice: _Dice):
    """A plain color with coarse, middling and fine patterns of random strength."""
    height, width = light.shape[1:3]
    colors = dice.uniform(shape=(1, 1, 3))
    for side in (4, 16):
        pattern = ops.image.resize(dice.normal((side, side, 3)), (height, width), interpolation="bilinear")
        colors = colors + pattern * dice.uniform(-0.3, 0.3)
    return ops.clip(colors + dice.normal((height, width, 3)) * ops.maximum(dice.uniform(-0.4, 0.4), 0.0), 0.0, 1.0)


def _print(light, dice: _Dice):
    """6 or 11 lines of words in one color on paper of another."""
    height, width = light.shape[1:3]

    def words(lines: int):
        ink = ops.cast(dice.uniform(shape=(lines, 1, 2 * lines, 1)) < 0.75, "float32")
        rows = ops.reshape(ops.pad(ink, [(0, 0), (0, 0), (0, 1), (0, 0), (0, 0)]), (-1, 2 * lines, 2 * lines, 1))
        return ops.image.resize(rows, (height, width), interpolation="nearest")

    paper, ink = dice.uniform(0.4, 1.0, (1, 1, 3)), dice.uniform(shape=(1, 1, 3))
    return paper + (ink - paper) * ops.where(dice.chance(0.5), words(6), words(11))


def _cosines() -> np.ndarray:
    """The orthonormal 8×8 cosine transform as a matrix `(64, 64)` from pixels to coefficients."""
    frequency, position = np.mgrid[:8, :8]
    one = np.cos((2 * position + 1) * frequency * np.pi / 16) * np.where(frequency == 0, np.sqrt(1 / 8), 0.5)
    return np.kron(one, one).T.astype(np.float32)


_COSINES = _cosines()
_TO_YCBCR = np.array([[0.299, -0.168736, 0.5], [0.587, -0.331264, -0.418688], [0.114, 0.5, -0.081312]], np.float32)
_TO_RGB = np.linalg.inv(_TO_YCBCR).astype(np.float32)
_LUMINANCE = (
    16, 11, 10, 16, 24, 40, 51, 61, 12, 12, 14, 19, 26, 58, 60, 55,
    14, 13, 16, 24, 40, 57, 69, 56, 14, 17, 22, 29, 51, 87, 80, 62,
    18, 22, 37, 56, 68, 109, 103, 77, 24, 35, 55, 64, 81, 104, 113, 92,
    49, 64, 78, 87, 103, 121, 120, 101, 72, 92, 95, 98, 112, 100, 103, 99,
)  # fmt: skip
_CHROMINANCE = (
    17, 18, 24, 47, 99, 99, 99, 99, 18, 21, 26, 66, 99, 99, 99, 99,
    24, 26, 56, 99, 99, 99, 99, 99, 47, 66, 99, 99, 99, 99, 99, 99, *(99,) * 32,
)  # fmt: skip
_QUANTIZATION = np.array([_LUMINANCE, _CHROMINANCE, _CHROMINANCE], np.float32)  # (3, 64)
