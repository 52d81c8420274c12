"""The processes and devices that share a training: one of each, or what a tf.distribute strategy finds."""

from __future__ import annotations

import contextlib

STRATEGIES = ("none", "mirrored", "multiworker")


class Workers:
    """One process with one device.

    Attributes:
        processes: How many train together.
        replicas: Devices that share a batch.
        chief: Whether this process is the one that writes the run folder.
    """

    processes = 1
    replicas = 1
    chief = True

    def rows(self, batch_size: int) -> slice:
        """The rows of a batch of all devices that are of this process' devices."""
        return slice(None)

    def sharing(self) -> contextlib.AbstractContextManager:
        """What is built in this context is shared by all devices."""
        return contextlib.nullcontext()

    def together(self) -> contextlib.AbstractContextManager:
        """In this context a lost process is a `ConnectionError`."""
        return contextlib.nullcontext()

    def gather(self, value: int) -> list[int]:
        """What each of them says, one value or more per process; all have to call this at the same point."""
        return [value]

    def meet(self):
        """Waits for all processes: one that leaves early takes its part of the network with it."""
        self.gather(0)
