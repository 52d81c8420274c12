"""Slimmed SavedModels answer as before."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import tensorflow as tf

from training.saved.slimming import slim

X = np.float32([[1.0, -2.0], [0.5, 3.0]])


def save(folder: Path) -> np.ndarray:
    """Saves what computes twice, loops, calls, counts and rolls dice; returns its answer to X."""
    module = tf.Module()
    module.weights, module.calls = tf.Variable([[1.0, 2.0], [3.0, 4.0]]), tf.Variable(0.0)

    @tf.function(input_signature=[tf.TensorSpec([None, 2])])
    def inner(n0):  # as slimmed nodes are called
        table = tf.constant(np.arange(256, dtype=np.float32))
        same = tf.constant(np.arange(256, dtype=np.float32))
        return n0 @ module.weights + table[7] * same[2]

    @tf.function(input_signature=[tf.TensorSpec([None, 2], name="x")])
    def answer(x):
        module.calls.assign_add(1.0)
        module.calls.assign_add(1.0)
        first, second = tf.random.uniform([]), tf.random.uniform([])

        def step(index, sum_):
            return index + 1, sum_ + tf.cond(sum_[0, 0] > 30.0, lambda: inner(x), lambda: 2.0 * inner(x))

        summed = tf.while_loop(lambda index, _: index < 3, step, (tf.constant(0), tf.zeros_like(x)))[1]
        return {"y": summed, "calls": module.calls.read_value(), "chance": first - second}

    tf.saved_model.save(module, str(folder), signatures={"answer": answer})
    return answer(tf.constant(X))["y"].numpy()


def test_it_answers_as_before_and_is_smaller(tmp_path: Path):
    expected = save(tmp_path)
    file = tmp_path / "saved_model.pb"
    before = file.stat().st_size
    slim(tmp_path)
    assert file.stat().st_size < 0.8 * before
    assert [one.name for one in tmp_path.glob("*.new")] == []
    answer = tf.saved_model.load(str(tmp_path)).signatures["answer"]
    assert set(answer.structured_input_signature[1]) == {"x"}
    found = answer(x=tf.constant(X))
    np.testing.assert_allclose(found["y"], expected, rtol=1e-6)
    assert found["calls"] == 2  # what changes a state is not done once for twice
    assert found["chance"] != 0
