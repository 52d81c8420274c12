from __future__ import annotations

import keras
import numpy as np
import pytest
import tensorflow as tf

from training import engine


@pytest.mark.parametrize("beta_1", [0.0, 0.5])
def test_adam_is_that_of_keras(beta_1):
    variables = [keras.Variable(np.ones((5, 7), np.float32)) for _ in range(2)]
    optimizers = []
    for adam, variable in zip((keras.optimizers.Adam, engine.Adam), variables, strict=True):
        schedule = keras.optimizers.schedules.CosineDecay(0.01, 50)
        optimizers.append(adam(schedule, beta_1=beta_1, beta_2=0.99, global_clipnorm=1.0))
        optimizers[-1].build([variable])

    @tf.function
    def step(gradient):
        for optimizer, variable in zip(optimizers, variables, strict=True):
            optimizer.apply([gradient], [variable])

    random = np.random.default_rng(0)
    for _ in range(20):
        step(tf.constant(random.standard_normal((5, 7), dtype=np.float32)))
    expected, found = (variable.numpy() for variable in variables)
    assert np.abs(expected - 1.0).max() > 0.01
    np.testing.assert_allclose(found, expected, rtol=1e-5)
    for ours, theirs in zip(optimizers[1].variables, optimizers[0].variables, strict=True):
        np.testing.assert_allclose(ours.numpy(), theirs.numpy(), rtol=1e-4, atol=1e-7)
