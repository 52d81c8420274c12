"""world_v1: a generator whose planets have a surface all around, seen from any side, under any sun, at any size.

A picture is rendered: the rays of its pixels meet an ellipsoid (`training.families.world2.rendering`), and a small
network says what color the surface has there, and how high it is. It reads the place as random waves and random cells,
drawn anew for each world, and a latent and the kind modulate its layers. So all weights are those of a function on the
sphere; they know nothing of pixels.

Relatives: Gutierrez 2020, "On Demand Solid Texture Synthesis Using Deep 3D Networks" (arXiv:2001.04528); Henzler 2020,
"Learning a Neural 3D Texture Space from 2D Exemplars" (arXiv:1912.04158); Chan 2021, "pi-GAN" (arXiv:2012.00926).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import keras
import numpy as np
from keras import layers, ops

from datasets.manifest import Size
from training.families.world2.rendering import bumped, lit, matrix, pixel_side, see, turn_of, unit

STYLE_SIZE = 24  # of the latent's numbers; the rest are the world's chances
OCTAVES = 6
WAVES = 32  # per octave
FIELDS = 4  # mixed of them; a wave shows as stripes, a sum of many doesn't, and few sums hide which waves they have
CELLS = ((12, 0.30, 0.65), (32, 0.10, 0.30), (96, 0.035, 0.12))  # number, smallest and largest radius, of each sort
FARTHEST_WARP = 0.12  # radii, along each axis; a field that is moved farther is drawn out into streaks
CODE_SIZE = 128
WIDTH = 96

_PHASES = OCTAVES * WAVES
_CENTERS = 3 * sum(number for number, _, _ in CELLS)
LATENT_SIZE = STYLE_SIZE + _PHASES + 4 + _CENTERS

_LONGEST_WAVE = 1.5  # radians per radius, of the first octave; each has twice that of the one before
_ROUGHNESS = 0.8  # amplitude of an octave over that of the one before
_FLATTEST = 0.4  # shortest axis over the longest
_EMBEDDING_SIZE = 96
# What a world is besides its surface: how many numbers, and their logit at first.
_LOOKS = {
    "axes": (3, 3.0),
    "ambient": (1, -2.0),
    "limb": (1, 0.0),
    "shine": (1, -2.0),
    "rim": (3, -1.0),
    "haze": (1, -2.0),
}


def build_world_generator(size: Size, kinds: int, width: float = 1.0, name: str = "generator") -> keras.Model:
    """Latent, kinds, view and sun to a picture.

    Args:
        size: Of the pictures; the weights are the same for all sizes.
        kinds: Number of kinds, K.
        width: Factor of the surface network's width.
        name: Name of the Keras model.

    Returns:
        A model from `{"latent": (B, LATENT_SIZE), standard normal, "kind": (B, K), rows summing to 1, "view": (B, 3)
        as in `training.families.world2.rendering.turn_of`, "sun": (B, 3) in the viewer's axes, its length the strength
        of the light}` to float32 `(B, H, W, 3)` in [-1, 1], on black.
    """
    lengths = {"latent": LATENT_SIZE, "kind": kinds, "view": 3, "sun": 3}
    inputs = {name: keras.Input((length,), name=name) for name, length in lengths.items()}
    code, looks = _world(inputs["latent"], inputs["kind"])
    sight = View(size, name="sight")(looks["axes"], inputs["view"])
    on_globe, back = _globe_pixels(size)
    seen = Surface(width, name="surface")([ops.take(sight.points, on_globe, axis=1), inputs["latent"], code])
    albedo, height = (ops.take(ops.pad(one, ((0, 0), (0, 1), (0, 0))), back, axis=1) for one in seen)
    image = Light(size, name="image")(albedo, height, sight, inputs["sun"], looks)
    return keras.Model(inputs, image, name=name)


def style_of(generator: keras.Model) -> keras.Model:
    """The part of a world's generator that sees neither places nor pixels.

    Args:
        generator: As `build_world_generator` builds it.

    Returns:
        A model from `latent` and `kind` to `code` `(B, CODE_SIZE)`, for `Surface`; `axes` `(B, 3)`, for
        `training.families.world2.rendering.see`; and what `lit` wants of a world's looks. It shares the generator's
        weights.
    """
    looks = {name: generator.get_layer(name).output for name in _LOOKS}
    axes = generator.get_layer("sight").input[0]
    code = generator.get_layer("surface").input[2]
    inputs = {one.name: one for one in generator.inputs if one.name in ("latent", "kind")}
    return keras.Model(inputs, {**looks, "axes": axes, "code": code})


def _globe_pixels(size: Size) -> tuple[np.ndarray, np.ndarray]:
    """Pixels that a globe of any axes can touch, (N,), and for each pixel of the picture its place among them, (P,),
    N for the sky: a third of a picture needn't be computed."""
    rows, columns = np.indices((size.height, size.width)).reshape(2, -1)
    right, above = columns + 0.5 - size.width / 2, rows + 0.5 - size.height / 2
    near = np.hypot(right, above) * pixel_side(size) < 1.0 + pixel_side(size)
    return np.flatnonzero(near), np.where(near, np.cumsum(near) - 1, near.sum())


class _OfSize(layers.Layer):
    """A layer without weights that knows the size of the pictures, and computes in float32."""

    def __init__(self, size: Size, **kwargs):
        super().__init__(**{"dtype": "float32", **kwargs})
        self.size = Size(*size)

    def get_config(self):
        return {**super().get_config(), "size": list(self.size)}


@keras.saving.register_keras_serializable("planet_generator")
class View(_OfSize):
    """`training.families.world2.rendering.see` of axes `(B, 3)` and a view `(B, 3)`."""

    def call(self, axes, view):
        return see(self.size, axes, turn_of(view))


@keras.saving.register_keras_serializable("planet_generator")
class Light(_OfSize):
    """A surface that was seen, with its relief, air and sun, as pictures `(B, H, W, 3)` in [-1, 1], on black."""

    def call(self, albedo, height, sight, sun, looks):
        _, normals, coverage = sight
        light = lit(albedo, bumped(normals, height, self.size), normals, sun, looks) * coverage
        return ops.reshape(light * 2.0 - 1.0, (-1, self.size.height, self.size.width, 3))


def _world(latent, kind):
    """A code of the world's style and kind `(B, CODE_SIZE)`, and by name what it is besides its surface, in 0..1."""
    embedding = layers.Dense(_EMBEDDING_SIZE, use_bias=False, dtype="float32", name="embedding")(kind)
    code = layers.Concatenate(dtype="float32")([latent[:, :STYLE_SIZE], embedding])
    for i in range(2):
        code = layers.LeakyReLU(0.2, dtype="float32")(layers.Dense(CODE_SIZE, dtype="float32", name=f"code_{i}")(code))
    looks = {
        name: layers.Dense(
            length,
            "sigmoid",
            kernel_initializer="zeros",
            dtype="float32",
            name=name,
            bias_initializer=keras.initializers.Constant(logit),
        )(code)
        for name, (length, logit) in _LOOKS.items()
    }
    axes = _FLATTEST + (1.0 - _FLATTEST) * looks["axes"]
    looks["axes"] = axes / ops.max(axes, axis=-1, keepdims=True)
    return code, looks


@keras.saving.register_keras_serializable("planet_generator")
class Surface(layers.Layer):
    """What a world's surface is like at points of the unit sphere.

    Called with points float32 `(B, P, 3)`, the latent `(B, LATENT_SIZE)` and a code `(B, N)`; returns albedo, float32
    `(B, P, 3)` in 0..1, and height, float32 `(B, P, 1)`, in radii.

    Args:
        width: Factor of the width of its layers.
        **kwargs: As for `keras.layers.Layer`.
    """

    def __init__(self, width: float = 1.0, **kwargs):
        super().__init__(**{"dtype": "float32", **kwargs})  # geometry; the layers within have the global policy
        self.width = width
        channels = max(1, round(WIDTH * width))
        self._hidden = [layers.Dense(channels, use_bias=False, name=f"dense_{i}") for i in range(6)]
        self._styles = [layers.Dense(2 * channels, name=f"style_{i}") for i in range(6)]
        self._warp = layers.Dense(3, kernel_initializer=keras.initializers.RandomNormal(0.0, 0.02), name="warp")
        self._albedo = layers.Dense(3, dtype="float32", name="albedo")
        self._height = layers.Dense(1, kernel_initializer="zeros", dtype="float32", name="height")

    def build(self, shapes):
        random = np.random.default_rng(7)
        directions = random.standard_normal((OCTAVES, WAVES, 3))
        directions /= np.linalg.norm(directions, axis=-1, keepdims=True)
        octaves = 2.0 ** np.arange(OCTAVES)[:, None, None]
        frequencies = _LONGEST_WAVE * octaves * random.uniform(0.75, 1.35, (OCTAVES, WAVES, 1))
        mixes = random.standard_normal((OCTAVES, WAVES, FIELDS))
        # All waves alike, lest the network learn to pick one out: of ten fields with unlike waves it makes a weave.
        mixes *= math.sqrt(2.0 * FIELDS / WAVES) / np.linalg.norm(mixes, axis=-1, keepdims=True)
        mixes *= _ROUGHNESS ** np.arange(OCTAVES)[:, None, None]
        radii = np.concatenate([np.geomspace(largest, smallest, number) for number, smallest, largest in CELLS])
        # As weights, so that no release of NumPy can change a world.
        self._waves = self._constant(directions * frequencies, "waves")
        self._mixes = self._constant(mixes, "mixes")
        self._radii = self._constant(radii, "radii")
        channels = self._hidden[0].units
        for layer, inputs in zip(self._hidden, layer_inputs(channels), strict=True):
            layer.build((None, None, sum(inputs)))
        for layer in self._styles:
            layer.build((None, shapes[2][-1]))
        for layer in (self._warp, self._albedo, self._height):
            layer.build((None, None, channels))

    def call(self, inputs):
        points, latent, code = inputs
        phases, turning, centers = chances_of(latent)
        turn = rotation_of(turning)
        coarse = ops.concatenate([_bands(points), self._fields(points, turn, phases, (0, 1))], axis=-1)
        x = self._block(1, self._block(0, coarse, code), code)
        warped = unit(points + FARTHEST_WARP * ops.tanh(ops.cast(self._warp(x), "float32")))
        cells = self._cells(warped, centers)
        middle = [_waves_of_latitude(warped), self._fields(warped, turn, phases, (2, 3)), *cells[:2]]
        x = x + self._block(3, self._block(2, self._beside(x, middle), code), code)
        fine = [self._fields(warped, turn, phases, (4, 5)), *cells[2:]]
        x = x + self._block(5, self._block(4, self._beside(x, fine), code), code)
        return ops.sigmoid(self._albedo(x)), 0.05 * ops.tanh(self._height(x))

    def compute_output_shape(self, shapes):
        return (*shapes[0][:-1], 3), (*shapes[0][:-1], 1)

    def get_config(self):
        return {**super().get_config(), "width": self.width}

    def _constant(self, values: np.ndarray, name: str):
        initializer = keras.initializers.Constant(values.astype(np.float32))
        return self.add_weight(shape=values.shape, initializer=initializer, trainable=False, name=name)

    def _fields(self, points, turn, phases, octaves):
        """`FIELDS` random fields of each of these octaves, `(B, P, FIELDS · octaves)`, fainter from octave to
        octave."""
        fields = []
        for octave in octaves:
            waves = ops.transpose(self._waves[octave] @ turn, (0, 2, 1))  # (B, 3, WAVES), as the world is turned
            phase = phases[:, None, octave * WAVES : (octave + 1) * WAVES]
            fields.append(ops.cos(points @ waves + phase) @ self._mixes[octave])
        return ops.concatenate(fields, axis=-1)

    def _cells(self, points, centers):
        """Of each sort of cells their bowls and their rims, added up, `(B, P, 2)`; Worley 1996, "A Cellular Texture
        Basis Function", with the round cells of craters and storms."""
        squares = 2.0 - 2.0 * (points @ ops.transpose(centers, (0, 2, 1)))  # of the distances, (B, P, cells)
        nearness = squares / ops.square(self._radii)
        bowls, rims = ops.relu(1.0 - nearness), ops.relu(1.0 - 2.0 * ops.abs(nearness - 1.0))
        sorts, start = [], 0
        for number, _, _ in CELLS:
            members = slice(start, start + number)
            sorts.append(ops.stack([ops.sum(one[..., members], axis=-1) for one in (bowls, rims)], axis=-1))
            start += number
        return sorts

    def _block(self, index: int, x, code):
        gain, shift = ops.split(self._styles[index](code)[:, None], 2, axis=-1)
        return ops.leaky_relu(self._hidden[index](x) * (1.0 + gain) + shift, 0.2)

    def _beside(self, x, features):
        return ops.concatenate([x, *(ops.cast(one, x.dtype) for one in features)], axis=-1)


class Parts(NamedTuple):
    """What a `Surface` computes with.

    Attributes:
        waves: Directions times frequencies, `(OCTAVES, WAVES, 3)`.
        mixes: Of waves to fields, `(OCTAVES, WAVES, FIELDS)`.
        radii: Of the cells, `(N,)`.
        hidden: Its layers, each of the inputs that `layer_inputs` tells.
        styles: What gives each of these layers its gains and shifts.
        heads: `warp`, `albedo` and `height`, which read layers.
    """

    waves: keras.Variable
    mixes: keras.Variable
    radii: keras.Variable
    hidden: Sequence[layers.Dense]
    styles: Sequence[layers.Dense]
    heads: Mapping[str, layers.Dense]


def parts_of(surface: Surface) -> Parts:
    """A surface taken apart, once it is built."""
    heads = {"warp": surface._warp, "albedo": surface._albedo, "height": surface._height}
    return Parts(surface._waves, surface._mixes, surface._radii, surface._hidden, surface._styles, heads)


def layer_inputs(channels: int) -> tuple[list[int], ...]:
    """What each layer of a surface of so many channels reads, piece by piece: bands, the fields of two octaves, cells,
    and what the layer before it gave."""
    fields = [FIELDS, FIELDS]
    return (
        [5, *fields],
        [channels],
        [channels, 4, *fields, sum(2 for _ in CELLS[:2])],
        [channels],
        [channels, *fields, sum(2 for _ in CELLS[2:])],
        [channels],
    )


def chances_of(latent):
    """Phases `(B, OCTAVES · WAVES)`, all equally likely, a quaternion `(B, 4)`, centers of cells `(B, N, 3)`."""
    phases, turning, centers = ops.split(latent[:, STYLE_SIZE:], [_PHASES, _PHASES + 4], axis=-1)
    phases = math.pi * (1.0 + ops.erf(phases / math.sqrt(2.0)))
    return phases, turning, unit(ops.reshape(centers, (-1, _CENTERS // 3, 3)))


def _bands(points):
    """What tells how far north or south a point is, `(B, P, 5)`: caps and zones."""
    latitude = points[..., 1:2]
    return ops.concatenate(
        [
            latitude,
            ops.abs(latitude),
            2.0 * ops.square(latitude) - 1.0,
            ops.cos(6.0 * latitude),
            ops.sin(6.0 * latitude),
        ],
        axis=-1,
    )


def _waves_of_latitude(points):
    """Bands, `(B, P, 4)`."""
    latitude = points[..., 1:2]
    return ops.concatenate([wave(number * latitude) for number in (6.0, 12.0) for wave in (ops.cos, ops.sin)], axis=-1)


def rotation_of(quaternion):
    """Rotations `(B, 3, 3)`, uniform for standard normal `(B, 4)`: Shoemake 1992, "Uniform Random Rotations"."""
    w, x, y, z = (unit(quaternion)[:, i] for i in range(4))
    rows = [
        [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
        [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
        [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
    ]
    return matrix(rows)
