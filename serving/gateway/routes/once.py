"""What a model says of a planet, asked for once where several files are made of it."""

from __future__ import annotations

import collections
import threading
import time
from collections.abc import Mapping
from concurrent.futures import Future

import numpy as np

from serving.gateway.asked.orders import PlanetOrder
from serving.gateway.guards.door import ModelDoor
from serving.gateway.routes.drawing import model_inputs


class OnceDoor:
    """Calls a signature once for files that are asked for one after the other, or at the same time.

    Args:
        door: To the models.
        signature: To call.
        kept: Answers that are kept.
    """

    def __init__(self, door: ModelDoor, signature: str, kept: int) -> None:
        self._door = door
        self._signature = signature
        self._most = kept
        self._kept: collections.OrderedDict[tuple[object, ...], Future[Mapping[str, np.ndarray]]] = (
            collections.OrderedDict()
        )
        self._lock = threading.Lock()

    def run(self, order: PlanetOrder, expires: float) -> Mapping[str, np.ndarray]:
        """What the model says of an order's planets until a `time.monotonic()`, by name.

        Raises:
            BackendError: As `Backend.predict`.
        """
        inputs = model_inputs(order)
        key = (order.model.name, order.model.version, *(rows.tobytes() for rows in inputs.values()))
        with self._lock:
            found = self._kept.get(key)
            if found is None:
                mine = self._kept[key] = Future[Mapping[str, np.ndarray]]()
                while len(self._kept) > self._most:
                    self._kept.popitem(last=False)
        if found is not None:
            try:
                return found.result(expires - time.monotonic())
            except Exception:  # whoever asked failed, perhaps for want of time: that says nothing about this request
                return self._door.run(order.model, inputs, expires, signature=self._signature)
        try:
            mine.set_result(self._door.run(order.model, inputs, expires, signature=self._signature))
        except BaseException as error:
            with self._lock:
                self._kept.pop(key, None)
            mine.set_exception(error)
            raise
        return mine.result()
