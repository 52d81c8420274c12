from __future__ import annotations

from itertools import islice

import numpy as np
import pytest

from datasets.errors import RequestError

pytest.importorskip("tensorflow")

from datasets.pictures import Pictures, batches, load_pictures, open_pictures
from datasets.pipeline import make_dataset
from datasets.prepare import prepare
from datasets.sampling import shuffled, weighted

COUNT, BATCH = 11, 3


@pytest.fixture
def pictures() -> Pictures:
    images = np.random.default_rng(0).integers(0, 256, (COUNT, 4, 2, 3), np.uint8)
    images[0, 0, 0] = (0, 255, 0)
    names = tuple(map(str, range(COUNT)))
    return Pictures(images, np.eye(COUNT, dtype=np.float32), names, names)


@pytest.mark.parametrize("first_step", [0, 2, 3, 8])
def test_batches_equal_those_of_numpy_from_any_step_on(pictures, first_step):
    dataset = make_dataset(pictures, batch_size=BATCH, labelled=True, seed=7, first_step=first_step)
    expected = islice(batches(pictures, BATCH, shuffled(COUNT, seed=7), first_step), 7)
    for (images, labels), (raw_images, raw_labels) in zip(dataset.take(7).as_numpy_iterator(), expected, strict=True):
        np.testing.assert_array_equal(labels, raw_labels)
        np.testing.assert_allclose(images, raw_images / 127.5 - 1, atol=1e-6)


def test_batches_of_some_rows_and_of_pictures_on_the_disk_are_those_of_numpy(raw, tmp_path):
    pytest.importorskip("array_record", reason="needs ArrayRecord: pip install -r requirements-arrayrecord.txt")
    prepare(raw, tmp_path / "out", sizes=[16], workers=1, form="arrayrecord")
    pictures = open_pictures(tmp_path / "out", 16)
    assert not isinstance(pictures.images, np.ndarray)
    sampler, rows = shuffled(len(pictures), 4), slice(2, 5)
    dataset = make_dataset(pictures, batch_size=6, labelled=True, sampler=sampler, first_step=3, rows=rows)
    assert dataset.element_spec[0].shape == (3, 16, 16, 3)
    wanted = batches(load_pictures(tmp_path / "out", 16), 6, sampler, first_step=3, rows=rows)
    for (images, labels), (expected, expected_labels) in zip(dataset.take(6), wanted, strict=False):
        np.testing.assert_allclose(images, expected / 127.5 - 1, atol=1e-6)
        np.testing.assert_array_equal(labels, expected_labels)


def test_a_sampler_says_what_an_epoch_shows(pictures):
    sampler = weighted(pictures.labels, seed=2)
    dataset = make_dataset(pictures, batch_size=BATCH, labelled=True, sampler=sampler, first_step=4).take(7)
    expected = islice(batches(pictures, BATCH, sampler, 4), 7)
    for (_, labels), (_, expected_labels) in zip(dataset.as_numpy_iterator(), expected, strict=True):
        np.testing.assert_array_equal(labels, expected_labels)


def test_training_batches_have_static_shapes_and_range(pictures):
    dataset = make_dataset(pictures, batch_size=BATCH, labelled=True)
    images, labels = dataset.element_spec
    assert (images.shape, images.dtype) == ((BATCH, 4, 2, 3), np.float32)
    assert (labels.shape, labels.dtype) == ((BATCH, COUNT), np.float32)
    unlabelled = make_dataset(pictures, batch_size=COUNT)
    (batch,) = unlabelled.take(1).as_numpy_iterator()
    assert (batch.min(), batch.max()) == (-1.0, 1.0)


def test_one_epoch_in_order_holds_every_picture(pictures):
    dataset = make_dataset(pictures, batch_size=4, labelled=True, shuffle=False, repeat=False)
    kinds = [labels.argmax(axis=1).tolist() for _, labels in dataset.as_numpy_iterator()]
    assert kinds == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9, 10]]


def test_epochs_are_shuffled_anew_and_alike_in_every_iteration(pictures):
    dataset = make_dataset(pictures, batch_size=COUNT, labelled=True, seed=3)
    first, second = ([labels.tolist() for _, labels in dataset.take(2).as_numpy_iterator()] for _ in range(2))
    assert first == second
    assert first[0] != first[1]


def test_a_prepared_folder_is_loaded(raw, tmp_path):
    prepare(raw, tmp_path / "out", sizes=[16], holdout=0.2, workers=1)
    dataset = make_dataset(tmp_path / "out", size=16, split="holdout", batch_size=4, repeat=False)
    assert [len(images) for images in dataset.as_numpy_iterator()] == [4, 2]


@pytest.mark.parametrize("repeat", [True, False])
def test_a_batch_size_of_zero_is_refused(pictures, repeat):
    with pytest.raises(RequestError, match="batch size of 0 does not fit"):
        make_dataset(pictures, batch_size=0, repeat=repeat)


def test_an_endless_dataset_needs_a_full_batch(pictures):
    with pytest.raises(RequestError, match="batch size of 12 does not fit 11 pictures"):
        make_dataset(pictures, batch_size=12)
