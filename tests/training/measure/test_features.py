from __future__ import annotations

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.training.served_models import write_classifier
from training.measure import features
from training.measure.features import Classifier, InceptionFeatures, find_extractor, resize
from training.saved.served import ServedModel


@pytest.fixture(scope="module")
def classifier_folder(tmp_path_factory):
    models = tmp_path_factory.mktemp("models")
    for version in (2, 10):
        write_classifier(models / "classifier_16" / str(version))
    return models / "classifier_16"


@pytest.fixture
def no_weights(monkeypatch, tmp_path):
    """An empty cache of Keras, and no network."""

    def refuse(**options):
        assert options["weights"] == "imagenet"
        raise Exception("URL fetch failure: no network.\nmore")

    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    monkeypatch.setattr(keras.applications, "InceptionV3", refuse)


@pytest.fixture
def small_inception(monkeypatch):
    """A model of InceptionV3's interface in its place: its features are the mean colors."""
    asked = []

    def build(**options):
        asked.append(options)
        image = keras.Input(options["input_shape"])
        return keras.Model(image, keras.layers.GlobalAveragePooling2D()(image))

    monkeypatch.setattr(keras.applications, "InceptionV3", build)
    return asked


def colors(count, side=16):
    blue = np.zeros((count, side, side, 3), np.uint8)
    blue[..., 2] = np.arange(count)[:, None, None]
    return blue


def test_classifier_gives_features_and_kinds_over_many_batches(classifier_folder):
    classifier = Classifier(classifier_folder)
    images = colors(150)
    images[70:, ..., 0] = 200
    found = classifier.features(images)
    assert (found.shape, found.dtype) == ((150, 48), np.float32)
    levels = np.tile(images[:, 0, 0].astype(np.float32), 16)  # every cell of a picture has the same color
    levels[1:] *= np.sqrt(48) / np.linalg.norm(levels[1:], axis=1, keepdims=True)
    np.testing.assert_allclose(found, levels, rtol=1e-5)  # the first picture is black: zeros
    assert classifier.kinds(images)[1:].tolist() == [0] * 69 + [1] * 80


def test_newest_version_counts_as_a_number_and_is_named(classifier_folder):
    assert Classifier(classifier_folder).name == "classifier_16 version 10"
    assert Classifier(classifier_folder / "2").name == "classifier_16 version 2"


def test_classifier_takes_pictures_of_any_size(classifier_folder):
    large = colors(3, side=64)
    np.testing.assert_array_equal(
        Classifier(classifier_folder).features(large), Classifier(classifier_folder).features(colors(3))
    )


def test_resizing_is_antialiased():
    """Stripes of one pixel become gray, not stripes of another width."""
    stripes = np.zeros((1, 64, 64, 3), np.uint8)
    stripes[:, :, ::2] = 255
    small = resize(stripes, (16, 8))
    assert (small.shape, small.dtype) == ((1, 8, 16, 3), np.uint8)
    assert small[:, :, 2:-2].min() > 120
    assert small[:, :, 2:-2].max() < 135
    assert resize(stripes, (64, 64)) is stripes


def test_auto_is_the_classifier_where_inception_would_need_a_download(classifier_folder, no_weights):
    classifier = Classifier(classifier_folder)
    assert find_extractor("auto", classifier) is classifier
    assert find_extractor("classifier", classifier) is classifier


def test_auto_is_inception_where_its_weights_are(small_inception, monkeypatch, tmp_path):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    cached = tmp_path / "models" / features._INCEPTION_FILE
    cached.parent.mkdir()
    cached.touch()
    assert isinstance(find_extractor("auto", None), InceptionFeatures)
    assert small_inception[-1]["weights"] == "imagenet"
    assert isinstance(find_extractor("auto", None, cached), InceptionFeatures)
    assert small_inception[-1]["weights"] == str(cached)


def test_inception_sees_pictures_of_299_pixels_in_minus_one_to_one(small_inception):
    extractor = InceptionFeatures()
    found = extractor.features(colors(40) + np.uint8(10))
    assert small_inception[0]["input_shape"] == (299, 299, 3)
    assert (small_inception[0]["include_top"], small_inception[0]["pooling"]) == (False, "avg")
    expected = np.stack([np.full(40, 10), np.full(40, 10), np.arange(10, 50)], axis=1) / 127.5 - 1
    np.testing.assert_allclose(found, expected, atol=2e-3)  # float32 means of 89,401 pixels
    assert extractor.name.startswith("inception_v3 weights ")


def test_what_cannot_be_had_is_one_sentence(classifier_folder, no_weights, tmp_path):
    with pytest.raises(ValueError, match=r"can't have its weights \(URL fetch failure: no network\): give the file"):
        find_extractor("inception", None)
    with pytest.raises(ValueError, match=r"missing\.h5 is no file"):
        find_extractor("inception", None, tmp_path / "missing.h5")
    with pytest.raises(ValueError, match="There is no classifier"):
        find_extractor("auto", None)
    with pytest.raises(ValueError, match="'vgg' is not an extractor: expected auto"):
        find_extractor("vgg", None)


def test_folders_that_are_no_model(tmp_path):
    with pytest.raises(ValueError, match="holds no SavedModel"):
        ServedModel(tmp_path)
    broken = tmp_path / "broken" / "1"
    broken.mkdir(parents=True)
    (broken / "saved_model.pb").write_bytes(b"not a model")
    with pytest.raises(ValueError, match=r"card\.json can't be read"):
        ServedModel(broken)
    (broken / "assets.extra").mkdir()
    (broken / "assets.extra" / "card.json").write_text("{}")
    with pytest.raises(ValueError, match=r"broken/1 can't be loaded"):
        ServedModel(broken)


def test_a_model_without_the_signatures_or_outputs(tmp_path):
    @tf.function(input_signature=[tf.TensorSpec([None, 16, 16, 3], tf.uint8, name="image")])
    def other(image):
        return {"other": image}

    folder = tmp_path / "other" / "1"
    tf.saved_model.save(tf.Module(), str(folder), signatures={"features": other})
    (folder / "assets.extra").mkdir()
    (folder / "assets.extra" / "card.json").write_text("{}")
    with pytest.raises(ValueError, match="no signature 'classify', only features"):
        Classifier(folder)
    with pytest.raises(ValueError, match=r"Signature 'features' of .* failed to give 'features'"):
        ServedModel(folder).call("features", "features", "", image=colors(2))
    with pytest.raises(ValueError, match=r"Signature 'features' of .* failed"):
        ServedModel(folder).call("features", "other", "", picture=colors(2))
