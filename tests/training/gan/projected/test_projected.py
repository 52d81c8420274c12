from __future__ import annotations

import numpy as np
import pytest
from keras import ops

from datasets.manifest import Size
from training import engine
from training.gan.projected.discriminator import build_projected_discriminator
from training.gan.projected.features import WIDTHS, ProjectedFeatures, mixing
from training.gan.projected.spectral_conv import SpectralConv2D


def noise(*shape) -> np.ndarray:
    return np.random.default_rng(0).uniform(-1, 1, shape).astype(np.float32)


@pytest.mark.parametrize(
    ("size", "grids"),
    [
        (64, [(31, 31), (16, 16), (8, 8)]),
        (256, [(32, 32), (16, 16), (8, 8)]),
        ("64x128", [(63, 31), (32, 16), (16, 8)]),
    ],
)
def test_features_are_constants_on_three_grids(size, grids):
    size = Size.of(size)
    discriminator = build_projected_discriminator(size)
    features = discriminator.get_layer("features")
    assert [tuple(grid.shape[1:]) for grid in features.output] == [(*g, w) for g, w in zip(grids, WIDTHS, strict=True)]
    assert features.variables == []
    assert all("head" in variable.path for variable in discriminator.variables)


def test_random_mixing_golden_numbers():
    within, across = mixing()
    assert within[0][0, 0, 0, :2] == pytest.approx([0.0038679091, 0.00094395259], rel=1e-5)
    assert across[1][0, 0, 0, :2] == pytest.approx([-0.025782136, 0.021944968], rel=1e-5)


def test_coarse_grids_are_mixed_into_finer_ones_only():
    features = ProjectedFeatures()
    image = noise(1, 64, 64, 3)
    within, across = mixing()
    fine, middle, coarse = (ops.convert_to_numpy(grid) for grid in features(image))
    taps = [ops.conv(tap, kernel) for tap, kernel in zip(features.network(image), within, strict=True)]
    np.testing.assert_allclose(coarse, taps[2], atol=1e-4)
    down = ops.image.resize(ops.conv(coarse, across[1], padding="same"), (16, 16))
    np.testing.assert_allclose(middle, taps[1] + down, atol=1e-4)
    down = ops.image.resize(ops.conv(middle, across[0], padding="same"), (31, 31))
    np.testing.assert_allclose(fine, taps[0] + down, atol=1e-4)


@pytest.mark.parametrize(
    ("size", "patches"),
    [(32, (1, 1)), (48, (3, 3)), (64, (5, 5)), (96, (3, 3)), (128, (5, 5)), (256, (5, 5)), ("64x128", (13, 5))],
)
def test_all_scales_judge_as_many_patches(size, patches):
    size = Size.of(size)
    discriminator = build_projected_discriminator(size, kinds=2)
    assert discriminator.output_shape == (None, 3, *patches)
    pictures = noise(1, size.height, size.width, 3)
    logits = ops.convert_to_numpy(discriminator({"image": pictures, "kind": np.eye(2, dtype=np.float32)[:1]}))
    assert np.isfinite(logits).all()
    assert (logits != 0).all()


def test_small_pictures_are_refused():
    with pytest.raises(ValueError, match=r"can't judge 16 px: it needs at least 32 px a side\."):
        build_projected_discriminator(Size.of(16))


def test_kinds_count_where_there_are_some():
    discriminator = build_projected_discriminator(Size.of(32), kinds=2)
    image = noise(1, 32, 32, 3).repeat(3, axis=0)
    kinds = np.float32([[1, 0], [0, 1], [0.5, 0.5]])
    first, second, both = ops.convert_to_numpy(discriminator({"image": image, "kind": kinds}))
    assert (np.abs(first - second) > 1e-4).all()
    np.testing.assert_allclose(both, (first + second) / 2, atol=1e-4)


def test_spectral_convolution_divides_by_the_largest_singular_value():
    layer = SpectralConv2D(5, 3, padding="same")
    x = noise(2, 6, 6, 4)
    layer.build(x.shape)
    layer.kernel.assign(layer.kernel * 7.0)
    before = ops.convert_to_numpy(layer.direction)
    layer(x)
    np.testing.assert_array_equal(ops.convert_to_numpy(layer.direction), before)
    for _ in range(100):
        outputs = layer(x, training=True)
    kernel = ops.convert_to_numpy(layer.kernel)
    expected = kernel / np.linalg.norm(kernel.reshape(-1, 5), ord=2)
    np.testing.assert_allclose(outputs, ops.conv(x, expected, padding="same"), atol=1e-4)


def test_slope_of_a_spectral_convolution_knows_of_the_division():
    layer = SpectralConv2D(3, 3)
    x, weights = noise(1, 5, 5, 4), noise(1, 3, 3, 3)
    layer.build(x.shape)
    step = engine.compile_step(lambda x: _loss_and_slope(layer, x, weights), lambda: layer.variables)
    for _ in range(100):
        slope = step(x)["slope"]
    kernel = ops.convert_to_numpy(layer.kernel)
    # Its length has no effect, and each number has the effect that a small change of it shows.
    assert abs(np.sum(kernel * slope)) < 1e-4 * np.linalg.norm(kernel) * np.linalg.norm(slope)
    for index in ((0, 0, 0, 0), (1, 2, 3, 1)):
        losses = []
        for change in (-1e-2, 1e-2):
            changed = kernel.astype(np.float64)
            changed[index] += change
            changed /= np.linalg.norm(changed.reshape(-1, 3), ord=2)
            losses.append(float(ops.sum(ops.conv(x, changed.astype(np.float32)) * weights)))
        assert float(slope[index]) == pytest.approx((losses[1] - losses[0]) / 2e-2, rel=0.02, abs=0.02)


def _loss_and_slope(layer, x, weights):
    loss, _, (slope,) = engine.loss_and_gradients(
        lambda: (ops.sum(layer(x, training=True) * weights), None), [layer.kernel]
    )
    return {"loss": loss, "slope": slope}
