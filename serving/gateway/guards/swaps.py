"""Swaps of versions that no request notices."""

from __future__ import annotations

import time

from flask import Flask
from flask.typing import ResponseReturnValue

from serving.backends.base import ModelNotFound
from serving.gateway.asked.catalog import Catalog


class SwapProofFlask(Flask):
    """An app that answers a request again, by a new list of models, whose version the model server has unloaded since
    the list was made. Whoever named that version is told that it has gone.

    Args:
        name: Of the app.
        catalog: The list of models.
    """

    def __init__(self, name: str, catalog: Catalog) -> None:
        super().__init__(name, static_folder=None)
        self._catalog = catalog

    def dispatch_request(self) -> ResponseReturnValue:
        try:
            return super().dispatch_request()
        except ModelNotFound:
            self._catalog.refresh(since=time.monotonic())
            return super().dispatch_request()
