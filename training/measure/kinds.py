"""Which kind a picture shows, as the project's classifier sees it."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from datasets.errors import RequestError
from training.measure.features.resizing import resize
from training.saved.served import ServedModel


class Classifier:
    """A classifier of `saved_models`: `classify` takes `image` uint8 (B, H, W, 3) to `probabilities` float32 (B, C).

    Attributes:
        name: Name and version.
        class_names: Kinds, in the order of the probabilities.
    """

    def __init__(self, path: Path):
        """Loads `NAME/VERSION` or the newest version of `NAME`; raises `RequestError` if it is no such classifier."""
        self._model = ServedModel(path)
        self._model.require("classify")
        self.name = self._model.name
        try:
            self.class_names = tuple(self._model.card["class_names"])
            size = self._model.card["image_size"]
            self._size = (int(size["width"]), int(size["height"]))
        except (KeyError, TypeError) as error:
            raise RequestError(
                f"The card of {self._model.folder} lacks {error}: export the classifier again."
            ) from None

    def kinds(self, images: np.ndarray, description: str = "kinds") -> np.ndarray:
        """The likeliest kind of each picture: indices into `class_names`, int64 (N,)."""
        images = resize(images, self._size)
        return self._model.call("classify", "probabilities", description, image=images).argmax(axis=1)
