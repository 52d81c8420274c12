from __future__ import annotations

from fractions import Fraction

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers, ops

from training.engine import fast_convolution, fast_layers

CASES = [(stride, size) for stride, sizes in fast_convolution.KERNEL_SIZES.items() for size in sizes]


def random(*shape) -> tf.Tensor:
    return tf.constant(np.random.default_rng(len(shape)).standard_normal(shape, dtype=np.float32))


def assert_close(actual, expected):
    assert actual.shape == expected.shape
    np.testing.assert_allclose(actual, expected, rtol=0, atol=1e-4 * np.std(expected))


@tf.function
def values_and_gradients(function, x, kernel):
    """The result, its gradients, and the gradients of the gradients."""
    with tf.GradientTape() as outer:
        outer.watch([x, kernel])
        with tf.GradientTape() as inner:
            inner.watch([x, kernel])
            y = function(x, kernel)
            loss = tf.reduce_sum(tf.sin(y))
        first = inner.gradient(loss, [x, kernel])
        slope = sum(tf.reduce_sum(gradient**2) for gradient in first)
    return [y, *first, *outer.gradient(slope, [x, kernel])]


@pytest.mark.parametrize("size", [3, 5])
def test_the_matrices_filter_exactly(size):
    tile = fast_convolution.TILE
    a, g, b = fast_convolution.matrices(tile, size)
    data = np.array([Fraction(n, 7) for n in range(3, 3 + tile + size - 1)]) ** 3
    taps = np.array([Fraction(1, n) for n in range(2, 2 + size)])
    expected = [sum(data[i : i + size] * taps) for i in range(tile)]
    assert list(a @ ((g @ taps) * (b @ data))) == expected


@pytest.mark.parametrize(("stride", "size"), CASES)
def test_equals_the_direct_convolution(stride, size):
    x, kernel = random(2, 8, 14, 5), random(size, size, 5, 6) / size
    fast = values_and_gradients(lambda x, k: fast_convolution.conv(x, k, stride), x, kernel)
    direct = values_and_gradients(lambda x, k: ops.conv(x, k, stride, padding="same"), x, kernel)
    for actual, expected in zip(fast, direct, strict=True):
        assert_close(actual, expected)


@pytest.mark.parametrize(("stride", "size"), CASES)
def test_equals_the_direct_transposed_convolution(stride, size):
    x, kernel = random(2, 7, 8, 5), random(size, size, 6, 5) / size
    fast = values_and_gradients(lambda x, k: fast_convolution.conv_transpose(x, k, stride), x, kernel)
    direct = values_and_gradients(lambda x, k: ops.conv_transpose(x, k, stride, padding="same"), x, kernel)
    for actual, expected in zip(fast, direct, strict=True):
        assert_close(actual, expected)


def model(kind, **settings) -> keras.Model:
    picture = keras.Input((8, 8, 64))
    x = kind.Conv2DTranspose(64, 5, padding="same", **settings)(picture)
    x = kind.Conv2DTranspose(64, 5, strides=2, padding="same", use_bias=False)(x)
    x = kind.Conv2D(64, 5, strides=2, padding="same", bias_initializer="ones", **settings)(x)
    x = kind.Conv2D(64, 3, padding="same", activation="tanh")(x)
    return keras.Model(picture, x)


@pytest.fixture
def fast_calls(monkeypatch):
    """Counts the fast convolutions."""
    calls = []
    for name in ("conv", "conv_transpose"):
        function = getattr(fast_convolution, name)
        monkeypatch.setattr(
            fast_convolution, name, lambda *args, function=function: (calls.append(function), function(*args))[1]
        )
    return calls


def gradients(model, x):
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(tf.sin(model(x)))
    return tape.gradient(loss, [variable.value for variable in model.trainable_variables])


@pytest.mark.parametrize("run", [lambda f: f, tf.function], ids=["eager", "graph"])
def test_the_layers_take_each_others_weights_and_compute_the_same(run, tmp_path, fast_calls):
    keras.utils.clear_session()
    plain = model(layers)
    keras.utils.clear_session()
    fast = model(fast_layers)
    assert [layer.name for layer in fast.layers] == [layer.name for layer in plain.layers]
    plain.save_weights(tmp_path / "plain.weights.h5")
    fast.load_weights(tmp_path / "plain.weights.h5")
    x = random(2, 8, 8, 64)
    expected = [plain(x), *gradients(plain, x)]
    for actual, wanted in zip(run(lambda: [fast(x), *gradients(fast, x)])(), expected, strict=True):
        assert_close(actual, wanted)
    assert len(fast_calls) == 2 * 4
    fast.save_weights(tmp_path / "fast.weights.h5")
    plain.load_weights(tmp_path / "fast.weights.h5")


def test_an_export_for_any_number_of_pictures_holds_the_plain_layers(fast_calls):
    fast = model(fast_layers)
    tf.function(fast).get_concrete_function(tf.TensorSpec((None, 8, 8, 64)))
    assert fast_calls == []


@pytest.mark.parametrize(
    ("layer", "shape"),
    [
        (fast_layers.Conv2D(64, 5, padding="valid"), (2, 8, 8, 64)),
        (fast_layers.Conv2D(64, 5, strides=2, padding="same"), (2, 9, 8, 64)),
        (fast_layers.Conv2D(64, 3, padding="same", dilation_rate=2), (2, 8, 8, 64)),
        (fast_layers.Conv2D(64, 3, padding="same", groups=2), (2, 8, 8, 128)),
        (fast_layers.Conv2D(8, 3, padding="same"), (2, 8, 8, 64)),
        (fast_layers.Conv2D(64, 3, padding="same", dtype="mixed_bfloat16"), (2, 8, 8, 64)),
        (fast_layers.Conv2DTranspose(3, 5, strides=2, padding="same"), (2, 8, 8, 64)),
        (fast_layers.Conv2DTranspose(64, 5, strides=(1, 2), padding="same"), (2, 8, 8, 64)),
    ],
    ids=["valid", "odd", "dilated", "groups", "few filters", "bfloat16", "few colors", "two strides"],
)
def test_other_layers_stay_as_keras_has_them(layer, shape, fast_calls):
    x = random(*shape)
    y = layer(x)
    plain = getattr(layers, type(layer).__name__).from_config(layer.get_config())
    plain.build(shape)
    plain.set_weights(layer.get_weights())
    np.testing.assert_array_equal(ops.cast(y, "float32"), ops.cast(plain(x), "float32"))
    assert fast_calls == []
