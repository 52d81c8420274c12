"""Encoded pictures, kept within a budget of bytes; the least recently asked for go first."""

from __future__ import annotations

import collections
import threading

_OVERHEAD_BYTES = 256  # of an entry, besides its file


class PictureCache:
    """Files by key. Safe to use from many threads.

    Args:
        budget_bytes: Most bytes it takes up; 0 keeps nothing.
    """

    def __init__(self, budget_bytes: int) -> None:
        self._budget_bytes = budget_bytes
        self._lock = threading.Lock()
        self._files: collections.OrderedDict[str, bytes] = collections.OrderedDict()
        self.bytes = 0
        self.hits = 0
        self.misses = 0

    def get(self, key: str) -> bytes | None:
        """The file, or None if it is not kept; counts either."""
        with self._lock:
            file = self._files.get(key)
            if file is None:
                self.misses += 1
            else:
                self.hits += 1
                self._files.move_to_end(key)
            return file

    def put(self, key: str, file: bytes) -> None:
        """Keeps a file, in place of others where there is no room; one larger than the budget is not kept."""
        cost = len(file) + _OVERHEAD_BYTES
        if cost > self._budget_bytes:
            return
        with self._lock:
            if key in self._files:
                return  # drawn twice at the same time; the bytes of the first were sent first
            self._files[key] = file
            self.bytes += cost
            while self.bytes > self._budget_bytes:
                _, oldest = self._files.popitem(last=False)
                self.bytes -= len(oldest) + _OVERHEAD_BYTES
