"""What groups of calls share: the transport, and how an answer that is a picture is read."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager

import requests
from PIL import Image

from client.transport import Transport


class Calls:
    """Base of a group of `PlanetClient`'s methods."""

    _http: Transport

    @contextmanager
    def _reading(self, response: requests.Response) -> Iterator[None]:
        """Turns what the reading of a surprising answer raises into an `InvalidAnswer`."""
        try:
            yield
        except (AttributeError, KeyError, TypeError, ValueError, OSError) as error:
            raise self._http.invalid_answer(response) from error


def picture_size(file: bytes) -> tuple[int, int]:
    """Width and height in pixels; raises OSError for what is no picture."""
    with Image.open(io.BytesIO(file)) as picture:
        return picture.size


def model_of(response: requests.Response) -> tuple[str, int]:
    """Name and version of the model that an answer is of; raises KeyError or ValueError if it does not tell."""
    return response.headers["X-Planet-Model"], int(response.headers["X-Planet-Version"])
