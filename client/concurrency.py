"""Several calls at once, their results in order."""

from __future__ import annotations

import collections
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")

_AHEAD = 2  # times as many are begun or done as run at once, so that a slow one holds up the others late


def in_order(function: Callable[[Item], Result], items: Iterable[Item], at_once: int) -> Generator[Result]:
    """Calls a function of each item in threads, and gives the results in the items' order.

    Takes items only as results are taken: they may be endless. Once the iterator is closed no further call begins.

    Args:
        function: Safe to call from several threads; what it raises is raised in its turn, and ends the iterator.
        items: What to call it with.
        at_once: Most calls at the same time, at least 1.
    """
    begun: collections.deque[Future[Result]] = collections.deque()
    with ThreadPoolExecutor(at_once) as pool:
        try:
            for item in items:
                begun.append(pool.submit(function, item))
                if len(begun) == _AHEAD * at_once:
                    yield begun.popleft().result()
            while begun:
                yield begun.popleft().result()
        finally:
            for future in begun:
                future.cancel()
