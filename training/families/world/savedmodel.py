"""Worlds as SavedModels: pictures from any side, under any sun, at many sizes, and maps (`saved_models/README.md`)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from datasets.manifest import Size
from training.families.world.networks import CODE_SIZE, LATENT_SIZE, style_of
from training.families.world.shader import network_numbers, world_numbers
from training.families.world2.relief import map_normals
from training.families.world2.rendering import (
    bumped,
    lit,
    map_places,
    pixel_places,
    pixel_side,
    see,
    turn_of,
)
from training.saved.sights import SIGHT_SIZE, SUN, sights
from training.saved.signatures import WARMUP_BATCH_SIZES, example_latents, save_signatures

LATENT_LENGTH = LATENT_SIZE + SIGHT_SIZE  # the last numbers choose what `generate` sees of the world
SIZES = (64, 128, 256, 512, 1024)  # px, of square pictures
MAP_HEIGHT = 512  # px; maps are twice as wide

_POINTS = 8192  # of a surface at a time: bounds the memory, and is the fastest
_MARGIN = 3.0  # px around the globe in which its color goes on, so that no filter brings black in over the limb
_WARMED = 512  # px, the largest picture that a server draws before it serves


def save_world(generator: keras.Model, size: Size, folder: Path, sizes: Sequence[int], map_height: int):
    """Saves signatures `generate`, `render_64` and its like, `map`, `normal`, `shader` and `network`.

    A row is computed alone, so that no other row of its batch changes it, and piece by piece, so that a picture of
    1024 px takes as little memory as one of 128 px.

    Args:
        generator: A trained `training.families.world.networks.build_world_generator`, of any size.
        size: Of the pictures of `generate`.
        folder: Gets the SavedModel.
        sizes: Sides of the square pictures that there shall be a `render_…` for, in px.
        map_height: Of the maps, in px.
    """
    world = _World(generator)
    kinds = next(one.shape[-1] for one in generator.inputs if one.name == "kind")
    lengths = {"latent": LATENT_LENGTH, "kind": kinds, "view": 3, "sun": 3}
    specs = {name: tf.TensorSpec([None, length], tf.float32, name=name) for name, length in lengths.items()}
    of_world, of_sight = [specs["latent"], specs["kind"]], list(specs.values())

    @tf.function(input_signature=of_world, autograph=False)
    def generate(latent, kind):
        view, sun = sights(latent[:, LATENT_SIZE:])

        def picture(row):
            light, coverage = world.seen(size, *row)
            return _levels(tf.reshape(light * coverage, (size.height, size.width, 3)))

        return {"image": _by_row(picture, (latent, kind, view, sun), tf.uint8)}

    def render_of(side: int):
        @tf.function(input_signature=of_sight, autograph=False)
        def render(latent, kind, view, sun):
            def picture(row):
                light, coverage = world.seen(Size(side, side), *row)
                return _levels(tf.reshape(tf.concat([light, coverage], -1), (side, side, 4)))

            return {"image": _by_row(picture, (latent, kind, view, sun), tf.uint8)}

        return render

    @tf.function(input_signature=of_world, autograph=False)
    def map_(latent, kind):
        def maps(row):
            axes, albedo, _ = world.mapped(map_height, *row)
            return _levels(albedo), axes

        image, axes = _by_row(maps, (latent, kind), (tf.uint8, tf.float32))
        return {"image": image, "axes": axes}

    @tf.function(input_signature=of_world, autograph=False)
    def normal(latent, kind):
        def picture(row):
            return tf.cast(tf.round(128.0 + 127.0 * map_normals(world.mapped(map_height, *row)[2])), tf.uint8)

        return {"image": _by_row(picture, (latent, kind), tf.uint8)}

    @tf.function(input_signature=of_world, autograph=False)
    def shader(latent, kind):
        return _by_row(lambda row: world.numbers(*row), (latent, kind), world.dtypes)

    @tf.function(input_signature=of_world[:1], autograph=False)
    def network(latent):
        return {"numbers": tf.repeat(world.network[None], tf.shape(latent)[0], axis=0)}

    def example(batch: int) -> dict[str, np.ndarray]:
        view = np.float32([[40.0 * row, 20.0, 0.0] for row in range(batch)])
        return {
            "latent": example_latents(batch, lengths["latent"]),
            "kind": np.eye(kinds, dtype=np.float32)[np.arange(batch) % kinds],
            "view": view,
            "sun": np.tile(np.float32(SUN), (batch, 1)),
        }

    renders = {f"render_{side}": render_of(side) for side in sizes}
    functions = {
        "generate": generate,
        **renders,
        "map": map_,
        "normal": normal,
        "shader": shader,
        "network": network,
    }
    warm = {name: (1,) for name in functions if name not in {f"render_{side}" for side in sizes if side > _WARMED}}
    save_signatures(folder, [generator], functions, example, {**warm, "generate": WARMUP_BATCH_SIZES})


class _World:
    """A world's generator taken apart. All methods are of one row, without the batch.

    What all signatures need is a function of its own: traced, and stored, once.
    """

    def __init__(self, generator: keras.Model):
        style, surface = style_of(generator), generator.get_layer("surface")
        row = {one.name: tf.TensorSpec([1, one.shape[-1]]) for one in style.inputs}

        @tf.function(input_signature=[row["latent"], row["kind"]], autograph=False)
        def style_function(latent, kind):
            return style({"latent": latent, "kind": kind}, training=False)

        @tf.function(
            input_signature=[tf.TensorSpec([None, 3]), row["latent"], tf.TensorSpec([1, CODE_SIZE])], autograph=False
        )
        def surface_function(points, latent, code):
            def some(points):
                albedo, height = surface([points[None], latent, code], training=False)
                return tf.concat([albedo, height], axis=-1)[0]

            count = tf.shape(points)[0]
            pieces = -(-count // _POINTS)
            each = -(-count // pieces)
            points = tf.reshape(tf.pad(points, [[0, pieces * each - count], [0, 0]]), (pieces, each, 3))
            return tf.reshape(_by_row(some, points, tf.float32), (-1, 4))[:count]

        self._style_function, self._surface_function = style_function, surface_function
        self._surface = surface
        self.network = tf.constant(network_numbers(surface))
        self.dtypes = dict.fromkeys(["numbers", *(name for name in style.output if name != "code")], tf.float32)

    def seen(self, size: Size, latent, kind, view, sun):
        """Light in 0..1 as it would be without sky, `(P, 3)`, and coverage `(P, 1)`."""
        looks, latent, code = self._style(latent, kind)
        sight = see(size, looks["axes"], turn_of(view[None]))
        x, y = pixel_places(size)
        reach = 1.0 + _MARGIN * pixel_side(size)
        near = tf.where(x[0] * x[0] + y[0] * y[0] <= reach * reach)
        albedo, height = self._surface_at(tf.gather(sight.points[0], near[:, 0]), latent, code)
        albedo, height = (
            tf.scatter_nd(near, values, (size.width * size.height, values.shape[-1]))[None]
            for values in (albedo, height)
        )
        normals = bumped(sight.normals, height, size)
        return lit(albedo, normals, sight.normals, sun[None], looks)[0], sight.coverage[0]

    def mapped(self, height: int, latent, kind):
        """Axes `(3,)`, albedo in 0..1 `(H, 2 H, 3)` and relief in radii `(H, 2 H)`."""
        looks, latent, code = self._style(latent, kind)
        albedo, relief = self._surface_at(map_places(height), latent, code)
        shape = (height, 2 * height)
        return looks["axes"][0], tf.reshape(albedo, (*shape, 3)), tf.reshape(relief, shape)

    def numbers(self, latent, kind):
        """What the shader reads of the world, `(N,)` each, by the names of `dtypes`."""
        looks, latent, code = self._style(latent, kind)
        looks = {name: values[0] for name, values in looks.items()}
        return {"numbers": world_numbers(self._surface, latent, code)[0], **looks}

    def _style(self, latent, kind):
        latent = latent[None, :LATENT_SIZE]
        looks = self._style_function(latent, kind[None])
        return looks, latent, looks.pop("code")

    def _surface_at(self, points, latent, code):
        """Albedo `(P, 3)` and height `(P, 1)` at points `(P, 3)`, some at a time."""
        both = self._surface_function(points, latent, code)
        return both[:, :3], both[:, 3:]


def _by_row(function, rows, dtypes):
    return tf.map_fn(function, rows, fn_output_signature=dtypes, parallel_iterations=1)


def _levels(values):
    """0..1 to uint8 0..255, rounded."""
    return tf.cast(tf.round(255.0 * values), tf.uint8)
