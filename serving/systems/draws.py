"""What a system leaves to chance, in a way that any language repeats to the last bit.

Only sums, products, quotients and square roots are taken, which IEEE 754 rounds alike everywhere; what else a rule
needs stands in a table, between whose rows it is linear. A number that is told is rounded first, and what follows from
it follows from the rounded one.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import TypeVar

from serving.latents import words

STREAM = 2  # of a seed: see `serving.latents`

_BLOCK = 512  # words drawn at a time

_Item = TypeVar("_Item")
Table = Sequence[Sequence[float]]  # rows of x and y, x ascending


class Draws:
    """Numbers of one of a seed's streams, one after another; a draw takes one word."""

    def __init__(self, seed: int, stream: int = STREAM) -> None:
        self._seed = seed
        self._stream = stream
        self._words: list[int] = []
        self._taken = 0

    def uniform(self) -> float:
        """In 0..1, from the word's upper 53 bits."""
        if self._taken == len(self._words):
            self._words = words(self._seed, self._stream, len(self._words) + _BLOCK).tolist()
        self._taken += 1
        return (self._words[self._taken - 1] >> 11) / 2.0**53

    def of(self, table: Table) -> float:
        """As a table of quantiles has it."""
        return lookup(table, self.uniform())

    def between(self, low: float, high: float) -> float:
        return low + (high - low) * self.uniform()

    def choice(self, items: Sequence[_Item]) -> _Item:
        return items[int(self.uniform() * len(items))]


def lookup(table: Table, x: float) -> float:
    """Linear between a table's rows, and beyond its ends what it is there."""
    if x <= table[0][0]:
        return table[0][1]
    for (x_0, y_0), (x_1, y_1) in pairwise(table):
        if x <= x_1:
            return y_0 + (y_1 - y_0) * ((x - x_0) / (x_1 - x_0))
    return table[-1][1]


def rounded(value: float, digits: int) -> float:
    """To so many decimals, a half upwards."""
    scale = 10.0**digits
    return math.floor(value * scale + 0.5) / scale


def quartic_root(value: float) -> float:
    return math.sqrt(math.sqrt(value))
