from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from tests.training.served_models import write_classifier
from training.measure.kinds import Classifier
from training.saved.served import ServedModel


@pytest.fixture(scope="module")
def classifier_folder(tmp_path_factory):
    models = tmp_path_factory.mktemp("models")
    for version in (2, 10):
        write_classifier(models / "classifier_16" / str(version))
    return models / "classifier_16"


def colors(count, side=16):
    blue = np.zeros((count, side, side, 3), np.uint8)
    blue[..., 2] = np.arange(count)[:, None, None]
    return blue


def test_kinds_over_many_batches(classifier_folder):
    images = colors(150)
    images[70:, ..., 0] = 200
    assert Classifier(classifier_folder).kinds(images)[1:].tolist() == [0] * 69 + [1] * 80


def test_newest_version_counts_as_a_number_and_is_named(classifier_folder):
    assert Classifier(classifier_folder).name == "classifier_16 version 10"
    assert Classifier(classifier_folder / "2").name == "classifier_16 version 2"


def test_pictures_of_any_size(classifier_folder):
    large = colors(3, side=64)
    large[2, ..., 0] = 200
    assert Classifier(classifier_folder).kinds(large)[1:].tolist() == [0, 1]


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
