"""Worlds as SavedModels: pictures from any side, under any sun, at many sizes, and maps (`saved_models/README.md`)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from datasets.manifest import Size
from training.families.world_v2.baking import bake, cells_for, read
from training.families.world_v2.chances import LATENT_SIZE
from training.families.world_v2.decoder import HIGHEST
from training.families.world_v2.networks import CODE_SIZE, STEEPEST, style_of
from training.families.world_v2.relief import map_normals
from training.families.world_v2.rendering import (
    bumped,
    halved,
    lit,
    map_places,
    pixel_places,
    pixel_side,
    see,
    times_larger,
    turn_of,
)
from training.families.world_v2.shader import network_numbers, world_numbers
from training.saved.sights import SIGHT_SIZE, SUN, sights
from training.saved.signatures import WARMUP_BATCH_SIZES, example_latents, save_signatures

LATENT_LENGTH = LATENT_SIZE + SIGHT_SIZE  # the last numbers choose what `generate` sees of the world
SIZES = (64, 128, 256, 512, 1024)  # px, of square pictures
MAP_HEIGHT = 1024  # px; maps are twice as wide

_POINTS, _AT_ONCE = 24576, 2  # of a surface at a time, in so many pieces: bounds the memory, and is the fastest
_MARGIN = 5.0  # px around the globe in which its color goes on, so that no filter brings black in over the limb
_WARMED = 512  # px, the largest picture that a server draws before it serves
_VIEWS = 12  # in a row of a `spin_…`; servers join requests to batches only if their rows have one shape


def card_spins(sizes: Sequence[int] = SIZES) -> dict[str, Any]:
    """What a card says of spins: the `sizes` of which there is a `spin_…`, since of larger pictures turns are too short
    for it to pay, and how many `views` a row has."""
    return {"sizes": [side for side in sizes if side <= _WARMED], "views": _VIEWS}


def save_world(
    generator: keras.Model, size: Size, folder: Path, sizes: Sequence[int] = SIZES, map_height: int = MAP_HEIGHT
):
    """Saves signatures `generate`, `sight`, `render_64`, `spin_64` and their like, `map`, `shader` and `network`.

    A row is computed alone, so that no other row of its batch changes it, and piece by piece, so that a picture of
    1024 px takes as little memory as one of 128 px. Rows that follow one of the same world share its field, the dear
    part, and in spins its whole surface: views of one world belong side by side.

    Args:
        generator: A trained `training.families.world_v2.networks.build_world_generator`, of any size. Its weights are
            rounded to float16, as they are saved.
        size: Of the pictures of `generate`.
        folder: Gets the SavedModel.
        sizes: Sides of the square pictures that there shall be a `render_…` for, in px.
        map_height: Of the maps, in px.
    """
    worlds = _Worlds(generator)
    kinds = next(one.shape[-1] for one in generator.inputs if one.name == "kind")
    lengths = {"latent": LATENT_LENGTH, "kind": kinds, "view": 3, "sun": 3}
    specs = {name: tf.TensorSpec([None, length], tf.float32, name=name) for name, length in lengths.items()}
    specs["views"] = tf.TensorSpec([None, _VIEWS, 3], tf.float32, name="views")

    @tf.function(input_signature=[specs["latent"], specs["kind"]], autograph=False)
    def generate(latent, kind):
        shape = (size.height, size.width, 3)

        def picture(one, view, sun):
            light, coverage = worlds.picture(size, one, view, sun)
            return {"image": _levels(light * coverage)}

        return worlds.each({"image": (shape, tf.uint8)}, picture, latent, kind, sights(latent[:, LATENT_SIZE:]))

    @tf.function(input_signature=[specs["latent"]], autograph=False)
    def sight(latent):
        return dict(zip(("view", "sun"), sights(latent[:, LATENT_SIZE:]), strict=True))

    def render_of(side: int):
        @tf.function(input_signature=[specs[name] for name in ("latent", "kind", "view", "sun")], autograph=False)
        def render(latent, kind, view, sun):
            def picture(one, view, sun):
                return {"image": _levels(tf.concat(worlds.picture(Size(side, side), one, view, sun), axis=-1))}

            return worlds.each({"image": ((side, side, 4), tf.uint8)}, picture, latent, kind, (view, sun))

        return render

    def spin_of(side: int):
        @tf.function(input_signature=[specs[name] for name in ("latent", "kind", "views", "sun")], autograph=False)
        def spin(latent, kind, views, sun):
            def pictures(one, views, sun):
                def picture(view):
                    return _levels(tf.concat(worlds.glance(Size(side, side), one, view, sun), axis=-1))

                return {"image": tf.map_fn(picture, views, fn_output_signature=tf.uint8, parallel_iterations=_AT_ONCE)}

            outputs = {"image": ((_VIEWS, side, side, 4), tf.uint8)}
            return worlds.each(outputs, pictures, latent, kind, (views, sun), bake_for=side)

        return spin

    @tf.function(input_signature=[specs["latent"], specs["kind"]], autograph=False)
    def map_(latent, kind):
        def maps(one):
            albedo, height = worlds.mapped(map_height, one)
            low, high = tf.reduce_min(height), tf.reduce_max(height)
            levels = tf.round(65535.0 * (height - low) / tf.maximum(high - low, 1e-6 * HIGHEST))
            return {
                "image": _levels(albedo),
                "normal": tf.cast(tf.round(128.0 + 127.0 * map_normals(height, STEEPEST)), tf.uint8),
                "height": tf.cast(levels, tf.uint16),
                "heights": tf.stack([low, high]),
                "axes": one["axes"][0],
            }

        shape = (map_height, 2 * map_height)
        outputs = {
            "image": ((*shape, 3), tf.uint8),
            "normal": ((*shape, 3), tf.uint8),
            "height": (shape, tf.uint16),
            "heights": ((2,), tf.float32),
            "axes": ((3,), tf.float32),
        }
        return worlds.each(outputs, maps, latent, kind)

    @tf.function(input_signature=[specs["latent"], specs["kind"]], autograph=False)
    def shader(latent, kind):
        return worlds.each(worlds.told, worlds.numbers, latent, kind)

    @tf.function(input_signature=[specs["latent"]], autograph=False)
    def network(latent):
        return {name: tf.repeat(one[None], tf.shape(latent)[0], axis=0) for name, one in worlds.shared().items()}

    def example(batch: int) -> dict[str, np.ndarray]:
        return {
            "latent": example_latents(batch, LATENT_LENGTH),
            "kind": np.eye(kinds, dtype=np.float32)[np.arange(batch) % kinds],
            "view": np.float32([[40.0 * row, 20.0, 0.0] for row in range(batch)]),
            "sun": np.tile(np.float32(SUN), (batch, 1)),
            "views": np.float32([[[30.0 * view, 20.0, 0.0] for view in range(_VIEWS)]] * batch),
        }

    renders = {f"render_{side}": render_of(side) for side in sizes}
    spins = {f"spin_{side}": spin_of(side) for side in card_spins(sizes)["sizes"]}
    functions = {"generate": generate, "sight": sight, **renders, **spins}
    functions |= {"map": map_, "shader": shader, "network": network}
    warm = {name: (1,) for name in functions if name not in {f"render_{side}" for side in sizes if side > _WARMED}}
    warm["generate"] = WARMUP_BATCH_SIZES
    save_signatures(folder, [generator], functions, example, warm, worlds.halves.stored)


class _Halves:
    """A network's weights as float16, read as float32: half as large a file, and no picture shows it.

    The network's own weights are rounded, so that whatever reads these agrees.
    """

    def __init__(self, network: keras.Model):
        self.stored = [tf.Variable(tf.cast(one.value, tf.float16)) for one in network.variables]
        self._of = dict(zip(map(id, network.variables), self.stored, strict=True))
        for one, half in zip(network.variables, self.stored, strict=True):
            one.assign(tf.cast(half, tf.float32))

    def read_by(self, part: keras.Layer) -> keras.StatelessScope:
        """A scope in which a part of the network reads them."""
        return keras.StatelessScope([(one, tf.cast(self._of[id(one)], tf.float32)) for one in part.variables])


class _Worlds:
    """A generator taken apart: what is a world's alone, and what is seen of it.

    What all signatures need is a function of its own: traced, and stored, once.
    """

    def __init__(self, generator: keras.Model):
        self.halves = halves = _Halves(generator)
        style = style_of(generator)
        field, detail, surface = (generator.get_layer(name) for name in ("field", "detail", "surface"))
        kinds = next(one.shape[-1] for one in generator.inputs if one.name == "kind")

        levels, step = in_bytes(detail(tf.zeros(1)).numpy())

        @tf.function(input_signature=[], autograph=False)
        def details_function():
            return tf.constant(levels)

        @tf.function(input_signature=[tf.TensorSpec([1, LATENT_SIZE]), tf.TensorSpec([1, kinds])], autograph=False)
        def world_function(latent, kind):
            with halves.read_by(style):
                looks = style({"latent": latent, "kind": kind}, training=False)
            with halves.read_by(field):
                drawn = field(latent, looks["code"])
            shared = tf.cast(details_function(), tf.float32) * step
            return {**looks, "field": drawn, "detail": shared, "latent": latent}

        spec = [
            tf.TensorSpec([None, 3]),
            tf.TensorSpec([None, 1]),
            tf.TensorSpec([1, *field.compute_output_shape((1, LATENT_SIZE), (1, CODE_SIZE))[1:]]),
            tf.TensorSpec(levels.shape),
            tf.TensorSpec([1, LATENT_SIZE]),
            tf.TensorSpec([1, CODE_SIZE]),
        ]

        @tf.function(input_signature=spec, autograph=False)
        def surface_function(points, footprint, field, detail, latent, code):
            def some(places):
                points, footprint = tf.split(places[None], [3, 1], axis=-1)
                albedo, height = surface(points, footprint, field, detail, latent, code, training=False)
                return tf.concat([albedo, height], axis=-1)[0]

            with halves.read_by(surface):
                return _in_pieces(some, tf.concat([points, footprint], axis=-1))

        @tf.function(autograph=False)
        def read_function(points, baked):
            return _in_pieces(lambda some: tf.concat(read(baked, some), axis=-1), points)

        self._read_function, self._bakes = read_function, {}
        self._world_function, self._surface_function = world_function, surface_function
        self._details_function, self._surface, self._step = details_function, surface, step
        self._network = network_numbers(surface)
        self._length = world_numbers(surface, step, tf.zeros((1, LATENT_SIZE)), tf.zeros((1, CODE_SIZE))).shape[1]
        self._looks = {name: one.shape[1:] for name, one in style.output.items() if name != "code"}

    def each(self, outputs, function, latent, kind, sights=(), bake_for=0):
        """What `function` makes of each row's world and sight, stacked, `(N, …)` by name.

        Args:
            outputs: Shape and type of each of its results, by name.
            function: Of a world, as `seen` takes it, and a row of each of `sights`, to tensors by name.
            latent: Float32 `(N, LATENT_LENGTH)`, N ≥ 1.
            kind: Float32 `(N, K)`.
            sights: Tensors of N rows.
            bake_for: Side of the pictures, in px, for which worlds are `baked`; 0 if they shall not be.
        """
        latent = latent[:, :LATENT_SIZE]
        count = tf.shape(latent)[0]
        told = tf.concat([latent, kind], axis=-1)
        other = tf.concat([[False], tf.reduce_any(told[1:] != told[:-1], axis=-1)], axis=0)
        drawn = {name: tf.TensorArray(dtype, count, element_shape=shape) for name, (shape, dtype) in outputs.items()}

        def world_of(row):
            world = self._world_function(latent[row, None], kind[row, None])
            if not bake_for:
                return world
            drawn = bake_for * times_larger(Size(bake_for, bake_for))
            return {**world, "baked": self._baked(world, bake_for, pixel_side(Size(drawn, drawn)))}

        def draw(row, world, drawn):
            world = tf.cond(other[row], lambda: world_of(row), lambda: world)
            results = function(world, *(one[row] for one in sights))
            return row + 1, world, {name: array.write(row, results[name]) for name, array in drawn.items()}

        start = (tf.constant(0), world_of(0), drawn)
        drawn = tf.while_loop(lambda row, *_: row < count, draw, start, parallel_iterations=1)[2]
        return {name: array.stack() for name, array in drawn.items()}

    def picture(self, size: Size, world, view, sun):
        """Light as it would be without sky, `(H, W, 3)`, and coverage, `(H, W, 1)`, both in 0..1."""
        times = times_larger(size)
        drawn = Size(times * size.width, times * size.height)
        both = tf.reshape(tf.concat(self._seen(drawn, world, view, sun), axis=-1), (drawn.height, drawn.width, 4))
        light, coverage = both[..., :3], both[..., 3:]
        if times > 1:
            both = halved(tf.concat([light * coverage, light, coverage], axis=-1))
            dark, light, coverage = tf.split(tf.clip_by_value(both, 0.0, 1.0), [3, 3, 1], axis=-1)
            light = tf.where(coverage > 0.5, tf.minimum(dark / tf.maximum(coverage, 0.5), 1.0), light)
        return light, coverage

    def glance(self, size: Size, world, view, sun):
        """The same of a world that is baked."""
        light, coverage = self._seen(size, world, view, sun)
        return tf.reshape(light, (size.height, size.width, 3)), tf.reshape(coverage, (size.height, size.width, 1))

    def _seen(self, size: Size, world, view, sun):
        """The same, `(P, 3)` and `(P, 1)`."""
        sight = see(size, world["axes"], turn_of(view[None]))
        x, y = pixel_places(size)
        reach = 1.0 + _MARGIN * pixel_side(size)
        near = x[0] * x[0] + y[0] * y[0] <= reach * reach
        some = tf.where(near)[:, 0]
        drawn = self._surface_at(*(tf.gather(one[0], some) for one in (sight.points, sight.footprint)), world)
        # Back to where they were; a scatter takes longer.
        number = tf.maximum(tf.cumsum(tf.cast(near, tf.int32)) - 1, 0)
        albedo, height = _apart(tf.where(near[:, None], tf.gather(drawn, number), 0.0)[None])
        normals = bumped(sight.normals, height, size, steepest=STEEPEST)
        return lit(albedo, normals, sight.normals, sun[None], world)[0], sight.coverage[0]

    def mapped(self, height: int, world):
        """Albedo in 0..1 `(H, 2 H, 3)` and relief in radii `(H, 2 H)`."""
        baked = self._baked(world, height, math.pi / (height - 1))
        albedo, relief = _apart(self._read_function(map_places(height), baked))
        return tf.reshape(albedo, (height, 2 * height, 3)), tf.reshape(relief, (height, 2 * height))

    @property
    def told(self) -> dict:
        """Shapes and types of `numbers`, as `each` takes them."""
        field = self._world_function.get_concrete_function().structured_outputs["field"].shape[1:]
        shapes = {"numbers": (self._length,), **self._looks}
        return {"field": (field, tf.uint16), **{name: (shape, tf.float32) for name, shape in shapes.items()}}

    def numbers(self, world):
        """What a shader reads of a world: besides `numbers` its field, as the bits of float16, and its looks."""
        with self.halves.read_by(self._surface):
            numbers = world_numbers(self._surface, self._step, world["latent"], world["code"])[0]
        return {
            "numbers": numbers,
            "field": tf.bitcast(tf.cast(world["field"][0], tf.float16), tf.uint16),
            **{name: world[name][0] for name in self._looks},
        }

    def shared(self):
        """What a shader reads of the model: weights, float32 `(N,)`, and details, uint8 `(6, n, n, C)`, 0 at 128."""
        details = tf.cast(tf.cast(self._details_function()[0], tf.int16) + 128, tf.uint8)
        return {"numbers": tf.constant(self._network), "details": details}

    def _baked(self, world, side: int, footprint: float):
        """A world's surface, as `read` takes it, for pictures of a side, or maps of a height, in px, and for pixels
        that lie so far apart, in radii."""
        n = cells_for(side)
        if n not in self._bakes:

            @tf.function(autograph=False)
            def bake_function(footprint, **world):
                return bake(lambda points, footprint: _apart(self._surface_at(points, footprint, world)), n, footprint)

            self._bakes[n] = bake_function
        told = {name: world[name] for name in ("field", "detail", "latent", "code")}
        return self._bakes[n](tf.constant(footprint), **told)

    def _surface_at(self, points, footprint, world):
        """Albedo and height `(P, 4)` at points `(P, 3)` that lie so far apart, `(P, 1)`."""
        if "baked" in world:
            return self._read_function(points, world["baked"])
        told = (world[name] for name in ("field", "detail", "latent", "code"))
        return self._surface_function(points, footprint, *told)


def _apart(surface):
    """Albedo `(…, 3)` and height `(…, 1)` of both together."""
    return tf.split(surface, [3, 1], axis=-1)


def _in_pieces(function, places):
    """What a function makes of rows of places `(P, C)`, of at most `_POINTS` of them at a time, `(P, 4)`."""
    count = tf.shape(places)[0]
    pieces = tf.maximum(-(-count // _POINTS), 1)
    each = -(-count // pieces)
    # Filled up by points that lie somewhere on the cube, unlike zeros.
    places = tf.pad(places, [[0, pieces * each - count], [0, 0]], constant_values=1.0)
    places = tf.reshape(places, (pieces, each, places.shape[1]))
    drawn = tf.map_fn(function, places, fn_output_signature=tf.float32, parallel_iterations=_AT_ONCE)
    return tf.reshape(drawn, (-1, 4))[:count]


def in_bytes(details: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Details `(…, C)` as int8 of that shape and the size of each channel's steps, float32 `(C,)`: they are the largest
    part of a saved model, and of what a shader loads."""
    step = np.abs(details).max(axis=tuple(range(details.ndim - 1))) / 127
    return np.rint(details / step).astype(np.int8), step


def _levels(values):
    """0..1 to uint8 0..255, rounded."""
    return tf.cast(tf.round(255.0 * values), tf.uint8)
