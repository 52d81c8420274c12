from __future__ import annotations

import numpy as np
import pytest

from datasets.errors import RequestError
from datasets.sampling import alternating, capped, in_order, shuffled, weighted

LARGEST_SEED = 2**64 - 1


def _labels(*rows: str) -> np.ndarray:
    """`_labels("a", "ab")` is one picture of class a and one of a and b."""
    names = sorted(set("".join(rows)))
    return np.array([[name in row for name in names] for row in rows], np.float32)


UNEVEN = _labels(*"a" * 30, *"b" * 6, *"c" * 3)
GENRES = _labels(*["a"] * 30, *["ab"] * 6, *["abc"] * 2, "c", "b")

SAMPLERS = {
    "in_order": lambda seed: in_order(len(UNEVEN)),
    "shuffled": lambda seed: shuffled(len(UNEVEN), seed),
    "alternating": lambda seed: alternating(UNEVEN[:36, :2], seed),
    "capped": lambda seed: capped(UNEVEN, 5, seed),
    "weighted": lambda seed: weighted(UNEVEN, seed),
}


def test_the_shuffled_order_never_changes():
    assert shuffled(8, seed=0).order(0).tolist() == [0, 2, 1, 5, 4, 3, 6, 7]
    assert sorted(shuffled(100, LARGEST_SEED).order(3)) == list(range(100))


def test_the_other_orders_never_change():
    labels = _labels("a", "b", "a", "a", "b", "ab", "a", "a")
    assert alternating(labels[:5], seed=0).order(0).tolist() == [0, 4, 3, 1, 2, 1]
    assert capped(labels, 2, seed=0).order(0).tolist() == [0, 2, 1, 5]
    assert weighted(labels, seed=0).order(0).tolist() == [7, 5, 4, 5, 6, 2, 0, 1]


@pytest.mark.parametrize("name", SAMPLERS)
def test_every_epoch_has_the_same_length_and_only_its_number_and_the_seed_decide(name):
    sampler, again, other = (SAMPLERS[name](seed) for seed in (7, 7, LARGEST_SEED))
    epochs = [sampler.order(epoch) for epoch in range(5)]
    for epoch, order in enumerate(epochs):
        assert order.dtype == np.int32
        assert order.shape == (sampler.length,)
        assert order.min() >= 0
        assert order.max() < len(UNEVEN)
        np.testing.assert_array_equal(again.order(epoch), order)
    if name != "in_order":
        assert not np.array_equal(epochs[0], epochs[1])
        assert not np.array_equal(epochs[0], other.order(0))


def test_steps_are_full_batches():
    assert shuffled(11, seed=0).steps(3) == 3
    assert capped(UNEVEN, 5, seed=0).steps(13) == 1
    with pytest.raises(RequestError, match="batch size of 14 does not fit 13 pictures: expected 1 to 13"):
        capped(UNEVEN, 5, seed=0).steps(14)


def test_two_classes_alternate_and_the_smaller_one_is_shown_evenly():
    sampler = alternating(UNEVEN[:36, :2], seed=3)
    assert sampler.length == 60
    epochs = np.stack([sampler.order(epoch) for epoch in range(4)])
    first, second = epochs[:, 0::2], epochs[:, 1::2]
    for epoch in first:
        assert sorted(epoch) == list(range(30))
    rounds = second.reshape(-1, 6)  # all of the smaller class, again and again, in new orders
    for one in rounds:
        assert sorted(one) == list(range(30, 36))
    assert len({tuple(one) for one in rounds}) > 10


def test_a_round_of_the_smaller_class_goes_on_in_the_next_epoch():
    sampler = alternating(_labels(*"a" * 7, *"b" * 3), seed=0)
    second = np.concatenate([sampler.order(epoch)[1::2] for epoch in range(3)])
    for one in second.reshape(-1, 3):
        assert sorted(one) == [7, 8, 9]


def test_classes_of_one_size_are_paired_anew():
    sampler = alternating(_labels(*"a" * 20, *"b" * 20), seed=0)
    for epoch in range(3):
        pairs = sampler.order(epoch).reshape(-1, 2)
        assert len(set(pairs[:, 1] - pairs[:, 0])) > 5


@pytest.mark.parametrize(
    ("labels", "complaint"),
    [
        (UNEVEN, "3 classes"),
        (_labels("a", "b", "ab"), "none may be of both"),
        (np.array([[1, 0]], np.float32), "needs some"),
    ],
)
def test_classes_that_cannot_alternate_are_named(labels, complaint):
    with pytest.raises(RequestError, match=complaint):
        alternating(labels, seed=0)


def test_a_cap_holds_for_each_class_and_shows_all_pictures_in_time():
    sampler = capped(UNEVEN, 5, seed=1)
    epochs = [sampler.order(epoch) for epoch in range(60)]
    for order in epochs:
        assert len(set(order)) == len(order)
        assert UNEVEN[order].sum(axis=0).tolist() == [5, 5, 3]
    assert set(np.concatenate(epochs)) == set(range(len(UNEVEN)))


def test_a_cap_leaves_out_no_picture_of_a_rare_class():
    sampler = capped(GENRES, 3, seed=1)
    assert sampler.length == 3 + 3 + 3
    for epoch in range(5):
        shown = GENRES[sampler.order(epoch)]
        assert shown[:, 2].sum() == 3
        assert 3 <= shown[:, 1].sum() <= 5


def test_weights_show_classes_equally_often_in_each_epoch():
    sampler = weighted(UNEVEN, seed=1)
    assert sampler.length == 39
    counts = np.zeros(len(UNEVEN))
    for epoch in range(60):
        order = sampler.order(epoch)
        assert np.abs(UNEVEN[order].sum(axis=0) - 13).max() <= 1
        counts += np.bincount(order, minlength=len(UNEVEN))
    expected = 60 * (UNEVEN / UNEVEN.sum(axis=0)).sum(axis=1) * 13
    np.testing.assert_allclose(counts, expected, rtol=0.35)


def test_weights_of_several_classes_per_picture_are_fairer_than_none():
    sampler = weighted(GENRES, seed=1)
    shown = sum(GENRES[sampler.order(epoch)].sum(axis=0) for epoch in range(50)) / 50
    plain = GENRES.sum(axis=0)
    assert shown.max() / shown.min() < 0.25 * plain.max() / plain.min()
