"""The lengths of a checkpoint's parts, as TensorFlow writes them, and indexes that are damaged."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from serving.backends.variables import shard_sizes


@pytest.fixture(scope="module")
def prefix(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkpoint of many variables, so that its index has more than one block."""
    prefix = tmp_path_factory.mktemp("checkpoint") / "variables"
    names = [f"layer_{number}/{'kernel' * 20}" for number in range(300)]
    tensors = [tf.constant(np.full(number % 7, number, np.float32)) for number in range(300)]
    tf.raw_ops.SaveV2(prefix=str(prefix), tensor_names=names, shape_and_slices=[""] * 300, tensors=tensors)
    return prefix


def test_a_part_is_as_long_as_its_index_says(prefix: Path) -> None:
    index = prefix.with_suffix(".index").read_bytes()
    assert len(index) > 4096
    assert shard_sizes(index) == [Path(f"{prefix}.data-00000-of-00001").stat().st_size]


def test_parts_are_told_apart(prefix: Path, tmp_path: Path) -> None:
    other, merged = str(tmp_path / "other"), str(tmp_path / "merged")
    tf.raw_ops.SaveV2(prefix=other, tensor_names=["one"], shape_and_slices=[""], tensors=[tf.ones([5])])
    tf.raw_ops.SaveV2(prefix=f"{other}2", tensor_names=["two"], shape_and_slices=[""], tensors=[tf.ones([9])])
    tf.raw_ops.MergeV2Checkpoints(checkpoint_prefixes=[other, f"{other}2"], destination_prefix=merged)
    assert shard_sizes(Path(f"{merged}.index").read_bytes()) == [20, 36]
    assert Path(f"{merged}.data-00001-of-00002").stat().st_size == 36


def test_a_damaged_index_is_refused_or_read(prefix: Path) -> None:
    index = prefix.with_suffix(".index").read_bytes()
    rng = random.Random(7)
    refused = 0
    for _ in range(2000):
        damaged = bytearray(index)
        for _ in range(rng.choice([1, 3, 100])):
            damaged[rng.randrange(len(damaged))] ^= 1 << rng.randrange(8)
        try:
            shard_sizes(bytes(damaged[: rng.choice([len(index), rng.randrange(len(index))])]))
        except ValueError:
            refused += 1
    assert refused > 1000
    for cut in range(0, len(index), 97):
        with pytest.raises(ValueError, match="table"):
            shard_sizes(index[:cut])
