from __future__ import annotations

import keras
import numpy as np
import pytest

from datasets.manifest import Size
from training.families.dcgan.networks import build_discriminator, build_generator
from training.gan.critic import MinibatchStd, build_critic


@pytest.mark.parametrize(
    ("build", "variant", "size", "parameters"),
    [
        (build_generator, "v1", 64, 7_344_864),
        (build_discriminator, "v1", 64, 18_337),
        (build_generator, "v2", 512, 441_431_488),
        (build_discriminator, "v2", 512, 2_306_945),
    ],
)
def test_parameter_counts_are_the_first_projects(build, variant, size, parameters):
    with keras.StatelessScope(initialize_variables=False):  # counts without allocating gigabytes
        assert build(variant, size).count_params() == parameters


@pytest.mark.parametrize("variant", ["v1", "v2"])
def test_generator_draws_in_range_and_discriminator_reads_it(variant):
    latent = np.random.default_rng(0).standard_normal((4, 100), dtype=np.float32)
    images = build_generator(variant, 16)(latent)
    assert tuple(images.shape) == (4, 16, 16, 3)
    assert np.abs(keras.ops.convert_to_numpy(images)).max() <= 1
    assert tuple(build_discriminator(variant, 16)(images).shape) == (4, 1)


def test_unknown_variant_and_odd_size_are_named():
    with pytest.raises(ValueError, match=r"'v3'.*v1, v2"):
        build_generator("v3", 64)
    with pytest.raises(ValueError, match="66 px"):
        build_discriminator("v1", 66)
    with pytest.raises(ValueError, match="50 px"):
        build_critic(Size(50, 50))


@pytest.mark.parametrize("size", ["16", "64", "16x32"])
def test_critic_gives_one_logit_per_picture(size):
    assert build_critic(Size.of(size), widths=(4, 8)).output_shape == (None, 1)


def test_minibatch_std_sees_variety_and_keeps_groups_apart():
    same = np.ones((4, 2, 2, 3), np.float32)
    varied = np.stack([np.full((2, 2, 3), value, np.float32) for value in (-3.0, -1.0, 1.0, 3.0)])
    layer = MinibatchStd(group_size=4)
    channel = keras.ops.convert_to_numpy(layer(np.concatenate([same, varied]), training=True))[..., -1]
    np.testing.assert_allclose(channel[:4], 1e-3, rtol=1e-3)
    np.testing.assert_allclose(channel[4:], np.sqrt(5.0), rtol=1e-3)


def test_minibatch_std_judges_a_picture_alone_by_what_was_usual():
    varied = np.stack([np.full((2, 2, 3), value, np.float32) for value in (-3.0, -1.0, 1.0, 3.0)])
    layer = MinibatchStd(group_size=4)
    for _ in range(1000):
        layer(varied, training=True)
    alone = keras.ops.convert_to_numpy(layer(varied[:1]))[..., -1]
    np.testing.assert_allclose(alone, np.sqrt(5.0), rtol=1e-2)
