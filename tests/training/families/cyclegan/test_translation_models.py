from __future__ import annotations

import keras
import numpy as np
import pytest
from keras import layers, ops

from training import engine
from training.engine import fast_layers
from training.families.cyclegan.patchgan import build_patchgan
from training.families.cyclegan.resnet_generator import build_resnet_generator
from training.families.cyclegan.translation_layers import InstanceNormalization, MirrorPadding2D
from training.gan.upsampled_conv import UpsampledConv2D


def noise(*shape) -> np.ndarray:
    return np.random.default_rng(0).standard_normal(shape, dtype=np.float32)


@pytest.mark.parametrize("mode", ["reflect", "symmetric"])
def test_mirror_padding_is_numpys(mode):
    x = noise(2, 5, 4, 3)
    layer = MirrorPadding2D.from_config(MirrorPadding2D(2, mode).get_config())
    expected = np.pad(x, ((0, 0), (2, 2), (2, 2), (0, 0)), mode)
    np.testing.assert_array_equal(layer(x), expected)
    assert layer.compute_output_shape(x.shape) == expected.shape


def test_instance_normalization_levels_each_channel_of_each_picture():
    x = 3.0 * noise(2, 8, 8, 4) + 5.0
    normalized = ops.convert_to_numpy(InstanceNormalization()(x))
    np.testing.assert_allclose(normalized.mean(axis=(1, 2)), 0.0, atol=1e-5)
    np.testing.assert_allclose(normalized.std(axis=(1, 2)), 1.0, atol=1e-4)


def test_gradients_of_instance_normalization_are_those_of_kerass():
    x, weights = ops.convert_to_tensor(noise(2, 4, 4, 3)), noise(1, 4, 4, 3)

    def gradients(layer):
        def slope(x):  # of a sum, and of the length of its own gradient
            return ops.sum(ops.square(engine.input_gradient(lambda x: ops.sum(layer(x) ** 2 * weights), x)[1]))

        return [ops.convert_to_numpy(part) for part in engine.input_gradient(slope, x)]

    ours, keras_own = InstanceNormalization(), layers.GroupNormalization(-1, epsilon=1e-5, center=False, scale=False)
    for mine, theirs in zip(gradients(ours), gradients(keras_own), strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=1e-3, atol=1e-3)


def test_parameters_are_the_papers():
    with keras.StatelessScope(initialize_variables=False):
        # The paper's biases before instance normalization have no effect, so there are none.
        assert build_resnet_generator(256, 256).count_params() == 11_372_931
        assert build_patchgan(256, 256).count_params() == 2_764_737
        assert build_patchgan(256, 256).output_shape == (None, 30, 30, 1)


@pytest.mark.parametrize("downsamplings", [2, 3])
def test_generator_keeps_the_shape_of_pictures(downsamplings):
    generator = build_resnet_generator(16, 24, filters=2, blocks=1, downsamplings=downsamplings)
    shown = ops.convert_to_numpy(generator(noise(2, 16, 24, 3)))
    assert shown.shape == (2, 16, 24, 3)
    assert np.abs(shown).max() <= 1.0


def test_upsampling_reflects_borders():
    generator = build_resnet_generator(16, 16, filters=2, blocks=0, downsamplings=1)
    names = [type(layer).__name__ for layer in generator.layers]
    place = names.index("UpsampledConv2D")
    padding, convolution, crop = generator.layers[place - 1 : place + 2]
    assert isinstance(convolution, UpsampledConv2D)
    x = noise(1, 8, 8, 4)
    upsampled = np.pad(x.repeat(2, axis=1).repeat(2, axis=2), ((0, 0), (1, 1), (1, 1), (0, 0)), "reflect")
    expected = ops.conv(upsampled, convolution.kernel, padding="valid")
    np.testing.assert_allclose(crop(convolution(padding(x))), expected, atol=1e-6)


def test_fast_layers_draw_the_same():
    plain = build_resnet_generator(128, 128, filters=16, blocks=1)
    fast = build_resnet_generator(128, 128, filters=16, blocks=1, convolutions=fast_layers)
    fast.set_weights(plain.get_weights())
    x = noise(1, 128, 128, 3)
    np.testing.assert_allclose(fast(x), plain(x), atol=1e-4)


def test_impossible_sizes_are_named():
    with pytest.raises(ValueError, match="multiples of 4"):
        build_resnet_generator(16, 18)
    with pytest.raises(ValueError, match=r"multiples of 8, at least 16"):
        build_resnet_generator(8, 16, downsamplings=3)
    with pytest.raises(ValueError, match="--discriminator-layers"):
        build_patchgan(16, 16)
