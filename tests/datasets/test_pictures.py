from __future__ import annotations

import subprocess
import sys
from itertools import islice
from pathlib import Path

import numpy as np
import pytest

from datasets.manifest import DatasetError
from datasets.pictures import Pictures, batches, epoch_order, load_pictures, steps_per_epoch
from datasets.prepare import prepare


@pytest.fixture
def prepared(raw, tmp_path) -> Path:
    prepare(raw, tmp_path / "out", sizes=[16], holdout=0.2, workers=1)
    return tmp_path / "out"


def _numbered(count: int) -> Pictures:
    """Pictures whose only pixel is their number."""
    numbers = np.arange(count)
    images = np.broadcast_to(numbers[:, None, None, None], (count, 1, 1, 3)).astype(np.uint8)
    return Pictures(images, numbers.astype(np.int32), tuple(map(str, numbers)), tuple(map(str, numbers)))


def test_splits_and_classes_are_loaded(prepared):
    train, holdout, both = (load_pictures(prepared, 16, split) for split in ("train", "holdout", "all"))
    assert (len(train), len(holdout), len(both)) == (24, 6, 30)
    assert set(train.files).isdisjoint(holdout.files)
    assert train.images.dtype == np.uint8
    assert train.images.shape == (24, 16, 16, 3)
    assert train.images.max() > 100
    assert train.labels.dtype == np.int32
    assert both.class_names == ("earth", "haumea", "moon")
    np.testing.assert_array_equal(both.labels, np.repeat([0, 1, 2], 10))

    some = load_pictures(prepared, 16, "all", classes=["moon", "earth"])
    assert some.class_names == ("earth", "moon")
    np.testing.assert_array_equal(some.labels, np.repeat([0, 1], 10))
    np.testing.assert_array_equal(some.images, both.images[both.labels != 1])


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ({"size": 64}, "no pictures of 64 px, only of 16"),
        ({"size": "wide"}, "is not a size"),
        ({"split": "test"}, "'test' is not a split: expected train, holdout or all"),
        ({"classes": ["vulcan"]}, "no class 'vulcan', only earth, haumea, moon"),
        ({"classes": []}, "no pictures"),
    ],
)
def test_what_is_not_there_is_named(prepared, arguments, complaint):
    with pytest.raises(DatasetError, match=complaint):
        load_pictures(prepared, **{"size": 16, **arguments})


def test_an_empty_folder_an_empty_split_and_a_damaged_picture_are_named(raw, prepared, tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(DatasetError, match="not a prepared data set"):
        load_pictures(tmp_path / "empty", 16)
    prepare(raw, tmp_path / "all_train", sizes=[16], holdout=0, workers=1)
    with pytest.raises(DatasetError, match="no pictures in split 'holdout'"):
        load_pictures(tmp_path / "all_train", 16, "holdout")
    (prepared / "16/earth/earth_000.png").write_bytes(b"damaged")
    with pytest.raises(DatasetError, match=r"earth_000\.png can't be read"):
        load_pictures(prepared, 16, "all")


def test_the_order_of_an_epoch_never_changes():
    assert epoch_order(8, 0, 0).tolist() == [0, 2, 1, 5, 4, 3, 6, 7]
    assert epoch_order(8, 0, 0).dtype == np.int32
    assert sorted(epoch_order(100, 3, 2**64 - 1)) == list(range(100))
    assert not np.array_equal(epoch_order(100, 0, 7), epoch_order(100, 1, 7))
    assert not np.array_equal(epoch_order(100, 0, 7), epoch_order(100, 0, 8))


def test_an_epoch_of_batches_shows_each_picture_at_most_once():
    pictures = _numbered(11)
    steps = steps_per_epoch(11, 3)
    assert steps == 3
    taken = list(islice(batches(pictures, 3, seed=5), 2 * steps))
    for epoch in (taken[:steps], taken[steps:]):
        labels = np.concatenate([labels for _, labels in epoch])
        assert len(set(labels)) == 9
        np.testing.assert_array_equal(np.concatenate([images[:, 0, 0, 0] for images, _ in epoch]), labels)


@pytest.mark.parametrize("first_step", [1, 2, 3, 7])
def test_batches_go_on_where_they_stopped(first_step):
    pictures = _numbered(11)
    whole = [labels.tolist() for _, labels in islice(batches(pictures, 3, seed=1), first_step + 5)]
    resumed = [labels.tolist() for _, labels in islice(batches(pictures, 3, seed=1, first_step=first_step), 5)]
    assert resumed == whole[first_step:]


@pytest.mark.parametrize("batch_size", [0, -1, 12])
def test_a_batch_size_that_does_not_fit_is_refused_at_once(batch_size):
    with pytest.raises(DatasetError, match=f"batch size of {batch_size} does not fit 11 pictures"):
        batches(_numbered(11), batch_size)


def test_pictures_need_no_tensorflow():
    program = "import sys, datasets.pictures, datasets.prepare; sys.exit('tensorflow' in sys.modules)"
    root = Path(__file__).parents[2]
    assert subprocess.run([sys.executable, "-c", program], cwd=root, check=False).returncode == 0
