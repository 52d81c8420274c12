"""Worlds as SavedModels: pictures from any side, under any sun, at several sizes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from datasets.manifest import Size
from training.families.world2.chances import LATENT_SIZE
from training.families.world2.networks import STEEPEST, style_of
from training.families.world2.rendering import bumped, lit, see, turn_of
from training.saved.sights import SIGHT_SIZE, SUN, sights
from training.saved.signatures import WARMUP_BATCH_SIZES, example_latents, save_signatures

LATENT_LENGTH = LATENT_SIZE + SIGHT_SIZE  # the last numbers choose what `generate` sees of the world
SIZES = (64, 128, 256, 512)  # px, of square pictures

_POINTS = 16384  # of a surface at a time: bounds the memory


def save_world(generator: keras.Model, size: Size, folder: Path, sizes: Sequence[int] = SIZES):
    """Saves signatures `generate`, and `render_64` and its like. A row is computed alone.

    Args:
        generator: A trained `training.families.world2.networks.build_world_generator`, of any size.
        size: Of the pictures of `generate`.
        folder: Gets the SavedModel.
        sizes: Sides of the square pictures that there shall be a `render_…` for, in px.
    """
    style, field, surface = style_of(generator), generator.get_layer("field"), generator.get_layer("surface")
    kinds = next(one.shape[-1] for one in generator.inputs if one.name == "kind")
    lengths = {"latent": LATENT_LENGTH, "kind": kinds, "view": 3, "sun": 3}
    specs = {name: tf.TensorSpec([None, length], tf.float32, name=name) for name, length in lengths.items()}

    @tf.function(input_signature=[tf.TensorSpec([LATENT_LENGTH]), tf.TensorSpec([kinds])], autograph=False)
    def world(latent, kind):
        """A row's field, and by name what else it is."""
        latent = latent[None, :LATENT_SIZE]
        looks = style({"latent": latent, "kind": kind[None]}, training=False)
        return {**looks, "field": field(latent, looks["code"]), "latent": latent}

    def seen(size: Size, row):
        """Light in 0..1 as it would be without sky, `(P, 3)`, and coverage `(P, 1)`."""
        latent, kind, view, sun = row
        looks = world(latent, kind)
        sight = see(size, looks["axes"], turn_of(view[None]))

        def some(points):
            albedo, height = surface(points[None], looks["field"], looks["latent"], looks["code"], training=False)
            return tf.concat([albedo, height], axis=-1)[0]

        both = _in_pieces(some, sight.points[0])
        normals = bumped(sight.normals, both[None, :, 3:], size, steepest=STEEPEST)
        return lit(both[None, :, :3], normals, sight.normals, sun[None], looks)[0], sight.coverage[0]

    @tf.function(input_signature=[specs["latent"], specs["kind"]], autograph=False)
    def generate(latent, kind):
        def picture(row):
            light, coverage = seen(size, row)
            return _levels(tf.reshape(light * coverage, (size.height, size.width, 3)))

        return {"image": _by_row(picture, (latent, kind, *sights(latent[:, LATENT_SIZE:])), tf.uint8)}

    def render_of(side: int):
        @tf.function(input_signature=list(specs.values()), autograph=False)
        def render(latent, kind, view, sun):
            def picture(row):
                return _levels(tf.reshape(tf.concat(seen(Size(side, side), row), axis=-1), (side, side, 4)))

            return {"image": _by_row(picture, (latent, kind, view, sun), tf.uint8)}

        return render

    def example(batch: int) -> dict[str, np.ndarray]:
        return {
            "latent": example_latents(batch, LATENT_LENGTH),
            "kind": np.eye(kinds, dtype=np.float32)[np.arange(batch) % kinds],
            "view": np.float32([[40.0 * row, 20.0, 0.0] for row in range(batch)]),
            "sun": np.tile(np.float32(SUN), (batch, 1)),
        }

    renders = {f"render_{side}": render_of(side) for side in sizes}
    save_signatures(
        folder,
        [generator],
        {"generate": generate, **renders},
        example,
        {"generate": WARMUP_BATCH_SIZES, **dict.fromkeys(renders, (1,))},
    )


def _in_pieces(function, points):
    """What a function makes of points `(P, 3)`, some at a time."""
    count = points.shape[0]
    pieces = -(-count // _POINTS)
    each = -(-count // pieces)
    points = tf.reshape(tf.pad(points, [[0, pieces * each - count], [0, 0]]), (pieces, each, 3))
    results = _by_row(function, points, tf.float32)
    return tf.reshape(results, (pieces * each, results.shape[-1]))[:count]


def _by_row(function, rows, dtypes):
    return tf.map_fn(function, rows, fn_output_signature=dtypes, parallel_iterations=1)


def _levels(values):
    """0..1 to uint8 0..255, rounded."""
    return tf.cast(tf.round(255.0 * values), tf.uint8)
