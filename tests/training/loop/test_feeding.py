from __future__ import annotations

from itertools import islice

import numpy as np
import pytest

from datasets.pictures import Pictures
from training.contract.config import TrainingConfig
from training.loop.feeding import choose_sampler, training_batches


@pytest.fixture
def pictures() -> Pictures:
    """Twelve pictures of one class and three of another, each of one gray."""
    images = np.broadcast_to(np.arange(15, dtype=np.uint8)[:, None, None, None], (15, 4, 2, 3))
    return Pictures(images, np.repeat(np.eye(2, dtype=np.float32), (12, 3), axis=0), ("a", "b"), ("",) * 15)


def _sampler(pictures: Pictures, sampling: str = "shuffled", **options):
    return choose_sampler(TrainingConfig(data="", out="", **options), sampling, pictures)


def test_an_epoch_is_as_the_balance_says(pictures):
    assert _sampler(pictures).length == 15
    assert _sampler(pictures, balance="cap", cap=4).length == 4 + 3
    even = _sampler(pictures, balance="weights")
    assert even.length == 15
    assert abs(pictures.labels[even.order(0)].sum(axis=0) - 7.5).max() <= 1


def test_batches_of_an_alternating_family_are_pairs_scaled_and_labelled(pictures):
    sampler = _sampler(pictures, "alternating", batch_size=6)
    assert sampler.length == 24
    batches = list(islice(training_batches(pictures, 6, sampler, first_step=3), 2))  # the next is of another epoch
    for epoch, (images, labels) in zip((0, 1), batches, strict=True):
        start = 18 if epoch == 0 else 0
        chosen = sampler.order(epoch)[start : start + 6]
        assert np.asarray(images).shape == (6, 4, 2, 3)
        np.testing.assert_allclose(np.asarray(images)[:, 0, 0, 0], chosen / 127.5 - 1, atol=1e-6)
        np.testing.assert_array_equal(np.asarray(labels), [[1, 0], [0, 1]] * 3)


@pytest.mark.parametrize(
    ("options", "complaint"),
    [({"balance": "weights"}, "--balance weights does not apply"), ({"batch_size": 5}, "--batch-size 5 is odd")],
)
def test_what_an_alternating_family_cannot_do_is_named(pictures, options, complaint):
    with pytest.raises(ValueError, match=complaint):
        _sampler(pictures, "alternating", **options)
