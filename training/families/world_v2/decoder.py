"""The surface of a world at a point: a small network that reads the field there, and details finer than its cells."""

from __future__ import annotations

import keras
import numpy as np
from keras import layers, ops

from training.families.world_v2.chances import TURNS, chances_of
from training.families.world_v2.cube import sampled
from training.families.world_v2.detail import DETAILS, FINEST, details_at
from training.families.world_v2.field import FEATURES
from training.families.world_v2.ground import FRACTAL, GROUNDS, LARGE
from training.families.world_v2.initial import dense

HIGHEST = 0.05  # radii, of a relief without details
MOST = 2.0  # that a world has of a detail, or as much taller it is; at first it is half of that
STRONGEST = 1.5  # factor by which features strengthen details; beyond it they are speckles
FRAYING = 0.03  # radii, by which fractal grounds move where the field is read: coasts and clouds fray
FRAYED = slice(DETAILS - len(FRACTAL), DETAILS)  # details that do, along x, y and z: the fractal ones in the first turn

_CHANNELS = 32
HIDDEN = np.float32([name in FRACTAL for name in GROUNDS] * TURNS)  # details that the hidden layer sees, if planned
_MOVING = np.concatenate([np.zeros(FEATURES, np.float32), HIDDEN])  # rows of a palette that training moves, if planned
_LARGE = np.float32([name in LARGE for name in GROUNDS] * TURNS)
_TOLD = 4  # red, green, blue and height, before they are brought into their ranges
_PARTS = ("read", "fine", "gain", "style", "hidden", "albedo", "height", "palette", "bare", "amounts")


@keras.saving.register_keras_serializable("planet_generator")
class Surface(layers.Layer):
    """Albedo, float32 `(B, P, 3)` in 0..1, and height, float32 `(B, P, 1)` in radii, of worlds at points.

    Called with the points, unit vectors float32 `(B, P, 3)`; how far apart they lie, in radii, float32 `(B, P, 1)`; the
    field `(B, 6, n + 2, n + 2, FEATURES)`; the details `(1, 6, m + 2, m + 2, DETAILS)`; the latent; and the code
    `(B, N)`. What is too fine to be seen at such distances fades away, as with mipmaps: else it would be noise in
    pictures of whole planets, and training would learn to do without it. Where the field is read the details move a
    little, as Perlin's noise moves his marble. Points get no gradient: a surface is too rough to tell which way to go.

    Besides what the network, the same for all worlds, makes of field and details, each world has its own palette: a
    matrix that leads straight from them to colors and height, that of the details stronger where the field says so.
    It begins at zero. Each has an amount of its own of every detail, and a factor of its heights, which begin at one.

    Args:
        width: Factor of its channels.
        **kwargs: As for `keras.layers.Layer`.
    """

    def __init__(self, width: float = 1.0, **kwargs):
        super().__init__(**{"dtype": "float32", **kwargs})  # geometry; the layers within have the global policy
        self.width = width
        self.planned = False  # whether grounds are as someone planned them, and no training moves them
        channels = max(1, round(_CHANNELS * width))
        self._read = dense(channels, name="read", dtype=None)
        self._fine = dense(channels, 0.07, use_bias=False, name="fine", dtype=None)
        self._gain = dense(channels, 0.1, name="gain", dtype=None)
        self._style = dense(channels, 0.05, name="style")
        self._hidden = dense(channels, name="hidden", dtype=None)
        self._albedo = dense(3, name="albedo")
        self._height = dense(1, 1e-3, name="height")
        self._palette = dense((FEATURES + TURNS * DETAILS) * _TOLD, 0.0, name="palette")
        self._bare = dense(_TOLD, 0.0, name="bare")
        self._amounts = dense(DETAILS + 1, 0.0, name="amounts")

    def build(self, points_shape, footprint_shape, field_shape, detail_shape, latent_shape, code_shape):
        channels = self._hidden.units
        self._read.build((None, None, FEATURES))
        self._gain.build((None, None, FEATURES))
        self._fine.build((None, None, TURNS * DETAILS))
        self._style.build(code_shape)
        self._palette.build(code_shape)
        self._amounts.build(code_shape)
        self._bare.build((None, None, FEATURES))
        for layer in (self._hidden, self._albedo, self._height):
            layer.build((None, None, channels))

    def call(self, points, footprint, field, detail, latent, code):
        points = ops.stop_gradient(points)
        amounts, height_factor = self.amounts_of(code)
        if self.planned:
            amounts, height_factor = _moving(amounts, HIDDEN), ops.stop_gradient(height_factor)
        ground = details_at(detail, points, chances_of(latent).turns)
        ground = ground * (ops.maximum(_seen(footprint), _LARGE) * amounts[:, None])
        features = sampled(field, points + ops.stop_gradient(FRAYING * ground[..., FRAYED]))
        hidden = ground * HIDDEN if self.planned else ground
        gain = ops.clip(_times(self._gain, features, 1.0 + self._gain.bias), -STRONGEST, STRONGEST)
        fine = self._fine(hidden) * gain
        style = self._style(code)[:, None] + self._read.bias
        x = ops.leaky_relu(_times(self._read, features, style) + fine, 0.2)
        x = ops.leaky_relu(_times(self._hidden, x, self._hidden.bias), 0.2)
        palette = self.palette_of(code)
        if self.planned:
            palette = _moving(palette, _MOVING[:, None])
        told = self._told(x) + ops.matmul(features, palette[:, :FEATURES])
        # Else training would wear the grounds away by features that leave them bare nowhere.
        shown = ops.stop_gradient(features) if self.planned else features
        own = ops.matmul(ground, palette[:, FEATURES:]) * _times(self._bare, shown, 1.0 + self._bare.bias)
        factor = height_factor[:, None]
        # Beyond the bounds of the rest, else craters would be flat in lowlands.
        height = ops.tanh(factor * told[..., 3:]) + factor * own[..., 3:]
        return ops.sigmoid(told[..., :3] + own[..., :3]), HIGHEST * height

    def _told(self, x):
        """Colors and height together: two narrow products take twice the time of one."""
        heads = self._albedo, self._height
        kernel = ops.concatenate([head.kernel for head in heads], axis=-1)
        bias = ops.concatenate([head.bias for head in heads], axis=-1)
        return ops.matmul(ops.cast(x, "float32"), kernel) + bias

    def amounts_of(self, code):
        """How much worlds of codes `(B, N)` have of each of the details, float32 `(B, TURNS · DETAILS)`, and a factor
        of their heights, `(B, 1)`, both in 0..`MOST`."""
        amounts = MOST * ops.sigmoid(self._amounts(code))
        return ops.tile(amounts[:, :DETAILS], (1, TURNS)), amounts[:, DETAILS:]

    def palette_of(self, code):
        """Palettes of codes `(B, N)`: from features, then details, to logits of colors and of height, float32
        `(B, FEATURES + TURNS · DETAILS, 4)`."""
        return ops.reshape(self._palette(code), (-1, FEATURES + TURNS * DETAILS, _TOLD))

    def compute_output_shape(self, points_shape, footprint_shape, field_shape, detail_shape, latent_shape, code_shape):
        return (*points_shape[:-1], 3), (*points_shape[:-1], 1)

    def get_config(self):
        return {**super().get_config(), "width": self.width}


def parts_of(surface: Surface) -> dict[str, layers.Dense]:
    """Its layers by name, for code that says the same in another language."""
    return {name: getattr(surface, f"_{name}") for name in _PARTS}


def _times(layer: layers.Dense, x, bias):
    """A layer with another bias: one pass over its results, where it and a sum would take two."""
    x, kernel, bias = (ops.cast(one, layer.compute_dtype) for one in (x, layer.kernel, bias))
    return ops.matmul(x, kernel) + bias


def _moving(values, which):
    """Values of which training moves some, those where `which` is 1."""
    return ops.where(which > 0, values, ops.stop_gradient(values))


def _seen(footprint):
    """How much of the details shows where points lie so far apart, in 0..1."""
    return ops.clip(2.0 * FINEST / footprint - 1.0, 0.0, 1.0)
