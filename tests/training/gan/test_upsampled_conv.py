from __future__ import annotations

import keras
import numpy as np
import pytest
from keras import layers

from training.gan.upsampled_conv import UpsampledConv2D


@pytest.mark.parametrize("use_bias", [True, False])
def test_equals_upsampling_then_convolution(use_bias):
    images = np.random.default_rng(0).standard_normal((2, 5, 4, 3), dtype=np.float32)
    ours = UpsampledConv2D(6, use_bias=use_bias, bias_initializer="random_normal")
    shown = keras.ops.convert_to_numpy(ours(images))
    theirs = layers.Conv2D(6, 3, padding="same", use_bias=use_bias)
    upsampled = layers.UpSampling2D(2)(images)
    theirs.build(upsampled.shape)
    theirs.set_weights(ours.get_weights())
    np.testing.assert_allclose(shown, keras.ops.convert_to_numpy(theirs(upsampled)), atol=1e-5)
    assert shown.shape == ours.compute_output_shape(images.shape)


def test_survives_its_configuration():
    layer = UpsampledConv2D(6, use_bias=False)
    again = UpsampledConv2D.from_config(layer.get_config())
    assert (again.filters, again.use_bias, again.kernel_size) == (6, False, (3, 3))
