"""A convolutional field around a world: what the decoder reads, drawn from coarse to fine on a cube's faces.

Convolutions are the only ones that see the coarse scales: given those, the decoder draws with them itself, and nothing
looks like a planet.
"""

from __future__ import annotations

from typing import NamedTuple

import keras
from keras import layers, ops

from training.families.world_v2.chances import Chances, chances_of, mixed
from training.families.world_v2.cube import FACES, cells, enlarged, north, padded, pooled, smoothed
from training.families.world_v2.fields import FIELDS, PROFILE_WAVES, bands, profile_waves, random_waves, streaks, zones
from training.families.world_v2.initial import dense, normal
from training.families.world_v2.patchwork import PIECES, Patchwork

FEATURES = 16  # channels that the decoder reads
PROFILES = 4  # from pole to pole: belts and caps as sharp, and where, as a code says


class Grid(NamedTuple):
    """One of a field's grids, and what it is told beside the coarser one's features.

    Attributes:
        n: Cells along a face.
        channels: Of its convolutions.
        zones: Whether it is told latitudes themselves.
        bands: Frequencies of waves of latitude.
        octaves: Those of random waves that are about as fine as its cells.
        pieces: Whether it is told what a patchwork of learned maps shows.
        winds: Whether it is told streaks along parallels.
        profiles: Whether it is told the profiles from pole to pole that a world's code says.
    """

    n: int
    channels: int
    zones: bool
    bands: tuple[int, ...]
    octaves: tuple[int, ...]
    pieces: bool = False
    winds: bool = False
    profiles: bool = False


GRIDS = (
    Grid(8, 64, True, (6, 12), (0, 1)),
    Grid(16, 64, True, (6, 12), (2, 3), True),
    Grid(32, 32, True, (12, 24), (4,), True, profiles=True),
    Grid(64, 16, False, (24,), (5,), winds=True, profiles=True),
)


@keras.saving.register_keras_serializable("planet_generator")
class Field(layers.Layer):
    """Latents `(B, LATENT_SIZE)` and codes `(B, N)` to features with a border of the neighboring faces', as
    `training.families.world_v2.cube.sampled` reads them, float32 `(B, 6, n + 2, n + 2, FEATURES)`.

    Args:
        width: Factor of the channels of its convolutions.
        grids: How many of `GRIDS`, at least 2; the last one's n is that of the features.
        **kwargs: As for `keras.layers.Layer`.
    """

    def __init__(self, width: float = 1.0, grids: int = len(GRIDS), **kwargs):
        super().__init__(**{"dtype": "float32", **kwargs})  # geometry; the convolutions have the global policy
        self.width, self.grids = width, GRIDS[:grids]
        widths = [max(1, round(grid.channels * width)) for grid in self.grids]
        self._first = [CubeConv(channels, name=f"first_{g.n}") for g, channels in zip(self.grids, widths, strict=True)]
        self._second = [
            CubeConv(channels, noisy=True, name=f"second_{g.n}") for g, channels in zip(self.grids, widths, strict=True)
        ]
        # Before a grid is enlarged its features become as few as the larger one has: there they cost most.
        self._fewer = [
            dense(channels, name=f"fewer_{g.n}") for g, channels in zip(self.grids, widths[1:], strict=False)
        ]
        self._patchwork = Patchwork(name="patchwork")
        told = any(grid.profiles for grid in self.grids)
        self._profiles = dense(PROFILE_WAVES * PROFILES, 0.03, name="profiles") if told else None
        self._features = dense(FEATURES, name="features")

    def build(self, latent_shape, code_shape):
        channels = None
        self._patchwork.build(code_shape)
        if self._profiles:
            self._profiles.build(code_shape)
        for i, grid in enumerate(self.grids):
            told = 2 + 3 * grid.zones + 2 * len(grid.bands) + FIELDS * (len(grid.octaves) + grid.winds)
            told += PIECES * grid.pieces + PROFILES * grid.profiles
            shape = (None, FACES, grid.n, grid.n, told + (channels or 0))
            self._first[i].build(shape, code_shape)
            shape = (*shape[:-1], self._first[i].channels)
            self._second[i].build(shape, code_shape)
            if i + 1 < len(self.grids):
                self._fewer[i].build(shape)
                channels = self._fewer[i].units
        self._features.build(shape)

    def call(self, latent, code):
        chances = chances_of(latent)
        patchwork = self._patchwork(code, chances)
        profiles = ops.reshape(self._profiles(code), (-1, PROFILE_WAVES, PROFILES)) if self._profiles else None
        x = None
        for i, grid in enumerate(self.grids):
            told = _told(grid, chances, patchwork, profiles)
            # Filtered: convolutions like to draw what alternates from cell to cell, which larger grids show as a weave.
            coarser = [] if x is None else [enlarged(smoothed(self._fewer[i - 1](x)))]
            x = ops.concatenate([*coarser, told], axis=-1)
            x = self._first[i](x, code)
            noise = ops.reshape(mixed(i, FACES * grid.n**2, chances.noises[:, i]), (-1, *told.shape[1:4], 1))
            x = self._second[i](x, code, noise)  # (B, 6, n, n, channels)
        return padded(smoothed(self._features(x)))

    def compute_output_shape(self, latent_shape, code_shape):
        n = self.grids[-1].n
        return (latent_shape[0], FACES, n + 2, n + 2, FEATURES)

    def get_config(self):
        return {**super().get_config(), "width": self.width, "grids": len(self.grids)}


class CubeConv(layers.Layer):
    """A 3×3 convolution across the edges of the cube, whose result is of one strength over the whole sphere, with
    noise, gain and shift by a code, and LeakyReLU: `(B, 6, n, n, C)` to `(B, 6, n, n, channels)`.

    Noise as in Karras 2019, "A Style-Based Generator Architecture" (arXiv:1812.04948); RMS norm after Zhang 2019
    (arXiv:1910.07467).
    """

    def __init__(self, channels: int, noisy: bool = False, **kwargs):
        super().__init__(**{"dtype": "float32", **kwargs})
        self.channels, self.noisy = channels, noisy
        self._conv = layers.Conv2D(channels, 3, use_bias=False, kernel_initializer=normal(), name="conv")
        self._style = dense(2 * channels, 0.05, name="style")

    def build(self, x_shape, code_shape):
        self._conv.build((None, None, None, x_shape[-1]))
        self._style.build(code_shape)
        if self.noisy:
            initializer = keras.initializers.RandomNormal(stddev=0.05)
            self._loudness = self.add_weight((self.channels,), initializer, name="loudness")

    def call(self, x, code, noise=None):
        n, channels = x.shape[2], x.shape[-1]
        y = self._conv(ops.reshape(padded(x), (-1, n + 2, n + 2, channels)))
        y = ops.reshape(ops.cast(y, "float32"), (-1, FACES, n, n, self.channels))
        strength = ops.mean(ops.square(y), axis=(1, 2, 3, 4), keepdims=True)
        gain, shift = ops.split(self._style(code)[:, None, None, None], 2, axis=-1)
        y = y * (ops.rsqrt(strength + 1e-4) * (1.0 + gain)) + shift
        if self.noisy:
            y = y + noise * (self._loudness * (1.0 + gain))
        return ops.leaky_relu(y, 0.2)


def _told(grid: Grid, chances: Chances, patchwork, profiles):
    """What a grid is told beside the coarser one's features, `(B, 6, n, n, C)`."""
    n = grid.n
    places = cells(n)
    latitude = places[..., 1:2]
    same = [north(n), bands(latitude, grid.bands)] + ([zones(latitude)] if grid.zones else [])
    same = ops.concatenate(same, axis=-1)[None]
    points = ops.reshape(places, (1, -1, 3))
    waves = [random_waves(points, chances, grid.octaves)] + ([streaks(points, chances)] if grid.winds else [])
    waves = ops.concatenate(waves, axis=-1)
    waves = ops.reshape(waves, (-1, *places.shape[:3], waves.shape[-1]))
    batch = ops.shape(waves)[0]
    told = [ops.broadcast_to(same, (batch, *same.shape[1:])), waves]
    if grid.pieces:
        told.append(pooled(patchwork, grid.n))
    if grid.profiles:
        along = ops.matmul(profile_waves(ops.reshape(latitude, (1, -1, 1))), profiles)
        told.append(ops.reshape(along, (batch, *places.shape[:3], PROFILES)))
    return ops.concatenate(told, axis=-1)
