"""Which pictures an epoch shows, and in which order: the same on every machine, from any epoch on. NumPy only."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from datasets.errors import RequestError


class Sampler(NamedTuple):
    """The pictures of every epoch.

    Attributes:
        length: Pictures in an epoch, equally many in each; one that is shown twice counts twice.
        order: Number of an epoch, from 0, to the indices of its pictures, int32 [length].
    """

    length: int
    order: Callable[[int], np.ndarray]

    def steps(self, batch_size: int) -> int:
        """Full batches in an epoch, whose rest is dropped. Raises `RequestError` if there are none."""
        if not 1 <= batch_size <= self.length:
            raise RequestError(
                f"A batch size of {batch_size} does not fit {self.length} pictures: expected 1 to {self.length}."
            )
        return self.length // batch_size


def shuffled(count: int, seed: int) -> Sampler:
    """Each of `count` pictures once, in a new order in each epoch; `seed` is an unsigned 64-bit integer."""
    return Sampler(count, lambda epoch: _permutation(count, epoch, seed))


def in_order(count: int) -> Sampler:
    """Each of `count` pictures once, as they stand."""
    return Sampler(count, lambda epoch: np.arange(count, dtype=np.int32))


def alternating(labels: np.ndarray, seed: int) -> Sampler:
    """A picture of class 0, one of class 1, and so on: as many pairs as the larger class has pictures.

    Who is paired with whom is new in each epoch. The smaller class begins again, in a new order, whenever all of it has
    been shown.

    Args:
        labels: Float32 [N, 2], 1 where a picture is of the class.
        seed: Unsigned 64-bit integer.

    Raises:
        RequestError: There are not two classes with pictures of their own.
    """
    if labels.shape[1] != 2:
        raise RequestError(f"There are {labels.shape[1]} classes where pictures of two alternate: choose two of them.")
    if (labels.sum(axis=1) != 1).any() or not labels.any(axis=0).all():
        raise RequestError("Pictures of two classes alternate: each class needs some, and none may be of both.")
    members = [np.flatnonzero(labels[:, kind]).astype(np.int32) for kind in (0, 1)]
    pairs = max(map(len, members))

    def order(epoch: int) -> np.ndarray:
        sides = [_recycled(those, epoch * pairs, pairs, kind, seed) for kind, those in enumerate(members)]
        return np.stack(sides, axis=1).ravel()

    return Sampler(2 * pairs, order)


def capped(labels: np.ndarray, cap: int, seed: int) -> Sampler:
    """At most `cap` pictures of a class, chosen anew in each epoch; a picture of several counts for its rarest one.

    So no picture of a rare class is left out because it is of a frequent one, too, and a frequent class may be shown
    more often than `cap` times beside rare ones.

    Args:
        labels: Float32 [N, C], 1 where a picture is of the class.
        cap: At least 1.
        seed: Unsigned 64-bit integer.
    """
    rarest = np.where(labels > 0, labels.sum(axis=0), np.inf).argmin(axis=1)
    members = [np.flatnonzero(rarest == kind) for kind in range(labels.shape[1])]

    def order(epoch: int) -> np.ndarray:
        rank = np.empty(len(labels), np.int32)
        permutation = _permutation(len(labels), epoch, seed)
        rank[permutation] = np.arange(len(labels))
        chosen = np.concatenate([those[np.argsort(rank[those])[:cap]] for those in members])
        return chosen[np.argsort(rank[chosen])].astype(np.int32)

    return Sampler(sum(min(len(those), cap) for those in members), order)


def weighted(labels: np.ndarray, seed: int) -> Sampler:
    """As many draws as there are pictures, each of a class chosen evenly and of any of its pictures.

    A picture of several classes can be drawn for each of them. How often a picture is shown in an epoch is what is to
    be expected of that, rounded up or down by chance (systematic resampling), so that single epochs are even, too.

    Args:
        labels: Float32 [N, C], 1 where a picture is of the class.
        seed: Unsigned 64-bit integer.

    Reference: class-aware sampling of Shen 2016, "Relay Backpropagation for Effective Learning of Deep Convolutional
    Neural Networks" (arXiv:1512.05830), section 4.2.
    """
    count = len(labels)
    members = np.maximum(labels.sum(axis=0, dtype=np.float64), 1.0)
    weights = (labels / members).sum(axis=1)
    kinds = labels.argmax(axis=1)

    def order(epoch: int) -> np.ndarray:
        arranged = _permutation(count, 2 * epoch, seed)
        arranged = arranged[np.argsort(kinds[arranged], kind="stable")]
        reached = weights[arranged].cumsum()
        offset = random_words(1, 2 * epoch, seed, skip=count)[0] / 2.0**64
        drawn = np.searchsorted(reached, (np.arange(count) + offset) * (reached[-1] / count), side="right")
        return arranged[np.minimum(drawn, count - 1)][_permutation(count, 2 * epoch + 1, seed)]

    return Sampler(count, order)


def _recycled(members: np.ndarray, start: int, count: int, stream: int, seed: int) -> np.ndarray:
    """`count` of `members` from place `start` of an endless row of permutations of them; of two rows, 0 and 1."""
    first, last = start // len(members), (start + count - 1) // len(members)
    rounds = [members[_permutation(len(members), 2 * number + stream, seed)] for number in range(first, last + 1)]
    begin = start - first * len(members)
    return np.concatenate(rounds)[begin : begin + count]


def _permutation(count: int, number: int, seed: int) -> np.ndarray:
    """The `number`th permutation of `count` under a seed, int32 [count]."""
    return np.argsort(random_words(count, number, seed), kind="stable").astype(np.int32)


def random_words(count: int, number: int, seed: int, skip: int = 0) -> np.ndarray:
    """Random uint64 [count], which unlike NumPy's distributions never change with its version."""
    return np.random.Philox(key=np.array([seed, number], np.uint64)).random_raw(skip + count)[skip:]
