"""A prepared data set as a `tf.data.Dataset`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import tensorflow as tf

from datasets.manifest import Size
from datasets.pictures import Pictures, open_pictures
from datasets.sampling import Sampler, in_order, shuffled


def make_dataset(
    pictures: Pictures | Path | str,
    *,
    batch_size: int,
    size: int | str | Size = 64,
    split: str = "train",
    labelled: bool = False,
    shuffle: bool = True,
    repeat: bool = True,
    seed: int = 0,
    sampler: Sampler | None = None,
    first_step: int = 0,
    rows: slice = slice(None),
) -> tf.data.Dataset:
    """Batches of a prepared data set in the order of `datasets.pictures.batches`.

    Pictures are held in memory as uint8, or, if they are kept in shards, read from these for every batch.

    Args:
        pictures: Pictures, or the folder of a prepared data set to load them from.
        batch_size: Pictures per batch.
        size: Size to load if `pictures` is a folder.
        split: Split to load if `pictures` is a folder: `"train"`, `"holdout"` or `"all"`.
        labelled: Whether to yield `(images, labels)` rather than `images`.
        shuffle: Whether to shuffle, anew in each epoch.
        repeat: True: epoch after epoch without end, each without its incomplete last batch, so that shapes are static.
            False: one epoch of every picture, whose last batch may be smaller.
        seed: Seed of the order, an unsigned 64-bit integer.
        sampler: What an epoch shows instead of every picture once; `shuffle` and `seed` don't matter then.
        first_step: Global step to begin at, as if all steps before it had been taken.

    Returns:
        A dataset of images, float32 [batch, height, width, 3] in -1 to 1, and with `labelled` of labels, float32
        [batch, classes], 1 where a picture is of the class, else 0.

    Raises:
        RequestError: The pictures can't be loaded, or the batch size doesn't fit them.
    """
    if not isinstance(pictures, Pictures):
        pictures = open_pictures(pictures, size, split)
    if sampler is None:
        sampler = shuffled(len(pictures), seed) if shuffle else in_order(len(pictures))
    steps = sampler.steps(batch_size if repeat else min(batch_size, sampler.length))
    if not repeat:
        steps = -(-sampler.length // batch_size)

    with tf.device("CPU"):
        labels = tf.constant(pictures.labels)
    read = _reader(pictures)

    def indices(epoch: tf.Tensor) -> tf.data.Dataset:
        order = tf.numpy_function(lambda number: sampler.order(int(number)), [epoch], tf.int32)
        order = tf.ensure_shape(order, [sampler.length])
        whole = tf.data.Dataset.from_tensor_slices(order).batch(batch_size, drop_remainder=repeat)
        return whole.map(lambda batch: batch[rows])

    def load(chosen: tf.Tensor) -> tf.Tensor | tuple[tf.Tensor, tf.Tensor]:
        scaled = tf.cast(read(chosen), tf.float32) / 127.5 - 1.0
        return (scaled, tf.gather(labels, chosen)) if labelled else scaled

    first_epoch, skipped = divmod(first_step, steps)
    epochs = tf.data.Dataset.counter(first_epoch)
    chosen = (epochs if repeat else epochs.take(1)).flat_map(indices).skip(skipped)
    return chosen.map(load, num_parallel_calls=tf.data.AUTOTUNE, deterministic=True).prefetch(tf.data.AUTOTUNE)


def _reader(pictures: Pictures) -> Callable[[tf.Tensor], tf.Tensor]:
    """Indices, int32 [N], to pictures, uint8 [N, height, width, 3]."""
    if isinstance(pictures.images, np.ndarray):
        with tf.device("CPU"):
            images = tf.constant(pictures.images)
        return lambda chosen: tf.gather(images, chosen)

    def read(chosen: tf.Tensor) -> tf.Tensor:
        images = tf.numpy_function(pictures.images.__getitem__, [chosen], tf.uint8)
        return tf.ensure_shape(images, [chosen.shape[0], *pictures.images.shape[1:]])

    return read
