from __future__ import annotations

import subprocess
import sys
from itertools import islice
from pathlib import Path

import numpy as np
import pytest

from datasets.errors import RequestError
from datasets.labels import LabelFile
from datasets.pictures import Pictures, batches, load_pictures
from datasets.prepare import prepare
from datasets.sampling import shuffled


@pytest.fixture
def prepared(raw, tmp_path) -> Path:
    prepare(raw, tmp_path / "out", sizes=[16], holdout=0.2, workers=1)
    return tmp_path / "out"


def _numbered(count: int) -> Pictures:
    """Pictures whose only pixel is their number, each of a class of its own."""
    numbers = np.arange(count)
    images = np.broadcast_to(numbers[:, None, None, None], (count, 1, 1, 3)).astype(np.uint8)
    return Pictures(images, np.eye(count, dtype=np.float32), tuple(map(str, numbers)), tuple(map(str, numbers)))


def test_splits_and_classes_are_loaded(prepared):
    train, holdout, both = (load_pictures(prepared, 16, split) for split in ("train", "holdout", "all"))
    assert (len(train), len(holdout), len(both)) == (24, 6, 30)
    assert set(train.files).isdisjoint(holdout.files)
    assert train.images.dtype == np.uint8
    assert train.images.shape == (24, 16, 16, 3)
    assert train.images.max() > 100
    assert train.labels.dtype == np.float32
    assert train.labels.shape == (24, 3)
    assert both.class_names == ("earth", "haumea", "moon")
    np.testing.assert_array_equal(both.labels, np.repeat(np.eye(3), 10, axis=0))
    np.testing.assert_array_equal(both.kinds, np.repeat([0, 1, 2], 10))

    some = load_pictures(prepared, 16, "all", classes=["moon", "earth"])
    assert some.class_names == ("earth", "moon")
    np.testing.assert_array_equal(some.labels, np.repeat(np.eye(2), 10, axis=0))
    np.testing.assert_array_equal(some.images, both.images[both.kinds != 1])


def test_pictures_of_several_classes_are_loaded_for_any_of_them(raw, tmp_path):
    paths = sorted((raw / "earth").iterdir())[:5]
    labels = ("war|drama", "war", "epic", "drama|epic", "epic|drama|war")
    rows = [f"earth/{path.name},{names}\n" for path, names in zip(paths, labels, strict=True)]
    (tmp_path / "labels.csv").write_text("file,labels\n" + "".join(rows))
    labels = LabelFile(tmp_path / "labels.csv")
    prepare(raw, tmp_path / "out", sizes=[16], holdout=0, labels=labels, fewest=1, workers=1)

    pictures = load_pictures(tmp_path / "out", 16)
    assert pictures.class_names == ("drama", "epic", "war")
    np.testing.assert_array_equal(pictures.labels, [[1, 1, 0], [0, 1, 0], [1, 1, 1], [1, 0, 1], [0, 0, 1]])
    np.testing.assert_array_equal(pictures.kinds, [0, 1, 0, 0, 2])

    some = load_pictures(tmp_path / "out", 16, classes=["war", "drama"])
    np.testing.assert_array_equal(some.labels, [[1, 0], [1, 1], [1, 1], [0, 1]])
    assert some.files == (pictures.files[0], *pictures.files[2:])


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
    with pytest.raises(RequestError, match=complaint):
        load_pictures(prepared, **{"size": 16, **arguments})


def test_an_empty_folder_an_empty_split_and_a_damaged_picture_are_named(raw, prepared, tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(RequestError, match="not a prepared data set"):
        load_pictures(tmp_path / "empty", 16)
    prepare(raw, tmp_path / "all_train", sizes=[16], holdout=0, workers=1)
    with pytest.raises(RequestError, match="no pictures in split 'holdout'"):
        load_pictures(tmp_path / "all_train", 16, "holdout")
    (prepared / "16/earth/earth_000.png").write_bytes(b"damaged")
    with pytest.raises(RequestError, match=r"earth_000\.png can't be read"):
        load_pictures(prepared, 16, "all")


def _numbers(taken) -> list[list[int]]:
    """The numbers of the pictures of each batch."""
    return [labels.argmax(axis=1).tolist() for _, labels in taken]


def test_an_epoch_of_batches_shows_each_picture_at_most_once():
    pictures, sampler = _numbered(11), shuffled(11, seed=5)
    taken = list(islice(batches(pictures, 3, sampler), 6))
    for epoch in (taken[:3], taken[3:]):
        assert len(np.unique(_numbers(epoch))) == 9
    for images, labels in taken:
        assert labels.dtype == np.float32
        np.testing.assert_array_equal(images[:, 0, 0, 0], labels.argmax(axis=1))


@pytest.mark.parametrize("first_step", [1, 2, 3, 7])
def test_batches_go_on_where_they_stopped(first_step):
    pictures, sampler = _numbered(11), shuffled(11, seed=1)
    whole = _numbers(islice(batches(pictures, 3, sampler), first_step + 5))
    assert _numbers(islice(batches(pictures, 3, sampler, first_step), 5)) == whole[first_step:]


@pytest.mark.parametrize("batch_size", [0, -1, 12])
def test_a_batch_size_that_does_not_fit_is_refused_at_once(batch_size):
    with pytest.raises(RequestError, match=f"batch size of {batch_size} does not fit 11 pictures"):
        batches(_numbered(11), batch_size, shuffled(11, seed=0))


def test_pictures_need_no_tensorflow():
    program = "import sys, datasets.pictures, datasets.prepare; sys.exit('tensorflow' in sys.modules)"
    root = Path(__file__).parents[2]
    assert subprocess.run([sys.executable, "-c", program], cwd=root, check=False).returncode == 0
