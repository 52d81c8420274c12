"""Swaps of versions that no request notices."""

from __future__ import annotations

import time

from flask import Flask
from flask.typing import ResponseReturnValue

from serving.backends.base import ModelNotFound
from serving.gateway.asked.catalog import Catalog


def answer_across_swaps(app: Flask, catalog: Catalog) -> None:
    """Has a request answered again, by a new list of models, whose version the model server has unloaded since the list
    was made. Whoever named that version is told that it has gone."""
    dispatch = app.dispatch_request

    def dispatch_again() -> ResponseReturnValue:
        try:
            return dispatch()
        except ModelNotFound:
            catalog.refresh(since=time.monotonic())
            return dispatch()

    app.dispatch_request = dispatch_again
