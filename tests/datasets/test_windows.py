"""Whole planets and windows of larger pictures of them."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from datasets.errors import RequestError
from datasets.pictures import Pictures
from datasets.planets import PLANET_FILL
from datasets.windows import FARTHEST_SHIFT, Windows, window_batches

SIZES = (16, 32, 64)
NAMES = ("earth", "mars", "venus")


def places(size: int) -> np.ndarray:
    """A picture that shows how far right and above each pixel lies, in 1/100 radii, and is light in blue."""
    along = (np.arange(size) + 0.5 - size / 2) * 2 / (PLANET_FILL * size)
    x, y = np.meshgrid(along, -along)
    return np.stack([128 + 100 * x, 128 + 100 * y, np.full_like(x, 255)], axis=-1).round().clip(0, 255).astype(np.uint8)


@pytest.fixture(scope="module")
def pictures():
    labels = np.eye(3, dtype=np.float32)[[0, 0, 1, 2]]
    files = tuple(f"{index}.png" for index in range(4))
    return {size: Pictures(np.stack([places(size)] * 4), labels, NAMES, files) for size in SIZES}


def batches(pictures, count: int, first_step: int = 0, share: float = 0.5) -> list[Windows]:
    return list(itertools.islice(window_batches(pictures, 2, 4, lambda step: share, 7, first_step), count))


def test_windows_say_what_they_show(pictures):
    for batch in batches(pictures, 6):
        along = np.arange(16) + 0.5 - 8
        for image, (right, above, pixel) in zip(batch.images.astype(float), batch.windows, strict=True):
            seen = image[..., 2] > 0  # else it is the black that a shifted picture is filled with
            x, y = np.meshgrid(right + along * pixel, above - along * pixel)
            np.testing.assert_allclose(image[..., 0][seen], (128 + 100 * x)[seen].clip(0, 255), atol=0.6)
            np.testing.assert_allclose(image[..., 1][seen], (128 + 100 * y)[seen].clip(0, 255), atol=0.6)


def test_all_sizes_are_seen_in_their_share(pictures):
    pixels = np.concatenate([batch.windows[:, 2] for batch in batches(pictures, 60, share=0.6)])
    sizes = (2 / (PLANET_FILL * pixels)).round().astype(int)
    shares = [(sizes == size).mean() for size in SIZES]
    np.testing.assert_allclose(shares, [0.4, 0.3, 0.3], atol=0.08)
    assert {round(2 / (PLANET_FILL * pixel)) for pixel in batches(pictures, 1, share=0.0)[0].windows[:, 2]} == {16}


def test_groups_are_of_one_kind_each_and_kinds_differ(pictures):
    kinds = []
    for batch in batches(pictures, 30):
        assert batch.images.shape == (8, 16, 16, 3)
        groups = batch.labels.reshape(2, 4, 3)
        assert (groups == groups[:, :1]).all()
        assert (groups.sum(axis=-1) == 1).all()
        first, second = groups[:, 0].argmax(axis=-1)
        assert first != second
        kinds += [first, second]
    assert np.bincount(kinds, minlength=3).min() > 10


def test_kinds_are_shown_as_often_as_their_weights_say(pictures):
    shown = np.zeros(3)
    for batch in itertools.islice(window_batches(pictures, 1, 4, lambda step: 0.0, 3, weights=[4, 1, 3]), 200):
        shown += batch.labels[0]
    np.testing.assert_allclose(shown / 200, [0.5, 0.125, 0.375], atol=0.08)


def test_whole_pictures_are_shifted_both_ways(pictures):
    shifts = np.concatenate([batch.windows[:, :2] / batch.windows[:, 2:] for batch in batches(pictures, 20, share=0.0)])
    assert np.abs(shifts).max() == pytest.approx(FARTHEST_SHIFT, abs=1e-3)
    assert (shifts.min(axis=0) < -3).all()
    assert (shifts.max(axis=0) > 3).all()


def test_more_groups_than_kinds_take_kinds_again(pictures):
    batch = next(window_batches(pictures, 7, 2, lambda step: 0.5, 0))
    counts = batch.labels[::2].sum(axis=0)
    assert sorted(counts) == [2, 2, 3]


def test_the_south_of_kinds_that_were_seen_from_the_north_alone_is_as_their_north(pictures):
    sights = np.float32([[50.0, 0.9], [0.0, 0.9], [0.0, 0.9], [50.0, 0.9]])
    seen = {
        size: Pictures(found.images, np.eye(3, dtype=np.float32)[[0, 0, 1, 2]], NAMES, found.files, sights=sights)
        for size, found in pictures.items()
    }
    southern = 0
    for batch in batches(seen, 40):
        assert (batch.sights == batch.likely).all()
        assert set(batch.sights[batch.labels[:, 1] > 0, 0]) <= {0.0}
        assert set(batch.sights[batch.labels[:, 0] > 0, 0]) <= {50.0, 0.0, -50.0}
        for image, window, (latitude, _) in zip(batch.images.astype(float), batch.windows, batch.sights, strict=True):
            above = window[1] - (np.arange(16) + 0.5 - 8) * window[2]
            shown = np.where((image[..., 2] > 0).any(axis=1), image[..., 1].max(axis=1), np.nan)
            expected = (128 + np.where(latitude < 0, -100, 100) * above).clip(0, 255)
            np.testing.assert_allclose(np.where(np.isnan(shown), expected, shown), expected, atol=0.6)
            southern += latitude < 0
    assert southern > 40


def test_batches_begin_at_any_step(pictures):
    for one, other in zip(batches(pictures, 5)[2:], batches(pictures, 3, first_step=2), strict=True):
        for first, second in zip(one, other, strict=True):
            np.testing.assert_array_equal(first, second)


def test_a_class_without_pictures_is_an_error(pictures):
    few = {
        size: Pictures(found.images[:3], found.labels[:3], NAMES, found.files[:3]) for size, found in pictures.items()
    }
    with pytest.raises(RequestError, match="no picture of venus"):
        window_batches(few, 2, 4, lambda step: 0.5, 0)
