"""A prepared data set as a `tf.data.Dataset`."""

from __future__ import annotations

from pathlib import Path

import tensorflow as tf

from datasets.manifest import Size
from datasets.pictures import Pictures, load_pictures
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
) -> tf.data.Dataset:
    """Batches of a prepared data set, held in memory as uint8, in the order of `datasets.pictures.batches`.

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
        pictures = load_pictures(pictures, size, split)
    if sampler is None:
        sampler = shuffled(len(pictures), seed) if shuffle else in_order(len(pictures))
    steps = sampler.steps(batch_size if repeat else min(batch_size, sampler.length))
    if not repeat:
        steps = -(-sampler.length // batch_size)

    with tf.device("CPU"):
        images, labels = tf.constant(pictures.images), tf.constant(pictures.labels)

    def indices(epoch: tf.Tensor) -> tf.data.Dataset:
        order = tf.numpy_function(lambda number: sampler.order(int(number)), [epoch], tf.int32)
        order = tf.ensure_shape(order, [sampler.length])
        return tf.data.Dataset.from_tensor_slices(order).batch(batch_size, drop_remainder=repeat)

    def load(chosen: tf.Tensor) -> tf.Tensor | tuple[tf.Tensor, tf.Tensor]:
        scaled = tf.cast(tf.gather(images, chosen), tf.float32) / 127.5 - 1.0
        return (scaled, tf.gather(labels, chosen)) if labelled else scaled

    first_epoch, skipped = divmod(first_step, steps)
    epochs = tf.data.Dataset.counter(first_epoch)
    chosen = (epochs if repeat else epochs.take(1)).flat_map(indices).skip(skipped)
    return chosen.map(load, num_parallel_calls=tf.data.AUTOTUNE, deterministic=True).prefetch(tf.data.AUTOTUNE)
