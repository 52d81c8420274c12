"""What the metrics compare instead of pixels: features of InceptionV3, or of the project's own classifier."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import Protocol

import keras
import numpy as np
from PIL import Image
from tqdm import tqdm

from datasets.errors import RequestError
from training.saved.served import ServedModel, first_line

EXTRACTORS = ("auto", "inception", "classifier")

_INCEPTION_SIDE = 299  # pixels
_INCEPTION_FILE = "inception_v3_weights_tf_dim_ordering_tf_kernels_notop.h5"  # the name in Keras' cache


class Extractor(Protocol):
    """Turns pictures into features.

    Attributes:
        name: Which extractor and version; numbers of different ones can't be compared.
    """

    name: str

    def features(self, images: np.ndarray, description: str = "features") -> np.ndarray:
        """Features, float32 (N, F), of pictures, uint8 (N, H, W, 3) of any size."""


def find_extractor(choice: str, classifier: Classifier | None, inception_weights: Path | None = None) -> Extractor:
    """The extractor that `choice` means.

    Args:
        choice: One of `EXTRACTORS`; `"auto"` is InceptionV3 if its weights are here already, else the classifier.
        classifier: The project's classifier, if there is one.
        inception_weights: Weights of InceptionV3 without its top, in Keras' HDF5 format; by default Keras' own.

    Raises:
        RequestError: The extractor can't be had; the text says what to do.
    """
    if choice not in EXTRACTORS:
        raise RequestError(f"{choice!r} is not an extractor: expected {', '.join(EXTRACTORS)}.")
    if choice == "inception" or (choice == "auto" and (inception_weights or _inception_cache().is_file())):
        return InceptionFeatures(inception_weights)
    if classifier is None:
        raise RequestError(
            "There is no classifier to take features from: give its folder with --classifier, "
            "or take InceptionV3 with --extractor inception."
        )
    return classifier


class Classifier:
    """The project's classifier: an `Extractor` that also tells kinds.

    Its SavedModel has the signatures `features` (image uint8 (B, H, W, 3) to `features` float32 (B, F)) and
    `classify` (image to `probabilities` float32 (B, C)); its card has `image_size` and C `class_names`.

    Attributes:
        class_names: Kinds, in the order of the probabilities.
    """

    def __init__(self, path: Path):
        """Loads `NAME/VERSION` or the newest version of `NAME`; raises `RequestError` if it is no such classifier."""
        self._model = ServedModel(path)
        self._model.require("features", "classify")
        self.name = self._model.name
        try:
            self.class_names = tuple(self._model.card["class_names"])
            size = self._model.card["image_size"]
            self._size = (int(size["width"]), int(size["height"]))
        except (KeyError, TypeError) as error:
            raise RequestError(
                f"The card of {self._model.folder} lacks {error}: export the classifier again."
            ) from None

    def features(self, images: np.ndarray, description: str = "features") -> np.ndarray:
        """Features scaled to length √F: a classifier leaves their scale open, KID's cubic kernel magnifies outliers."""
        features = self._model.call("features", "features", description, image=resize(images, self._size))
        lengths = np.linalg.norm(features, axis=1, keepdims=True)
        return features * (np.float32(features.shape[1] ** 0.5) / np.maximum(lengths, 1e-6))

    def kinds(self, images: np.ndarray, description: str = "kinds") -> np.ndarray:
        """The likeliest kind of each picture: indices into `class_names`, int64 (N,)."""
        images = resize(images, self._size)
        return self._model.call("classify", "probabilities", description, image=images).argmax(axis=1)


class InceptionFeatures:
    """An `Extractor`: the 2,048 averages below the top of InceptionV3, trained on ImageNet.

    Reference: Szegedy et al. 2015, Rethinking the Inception Architecture for Computer Vision, arXiv:1512.00567.
    """

    def __init__(self, weights: Path | None = None):
        """Loads `weights`, or Keras' own from its cache or by download; raises `RequestError` if that fails."""
        if weights and not weights.is_file():
            raise RequestError(f"{weights} is no file: give {_INCEPTION_FILE} with --inception-weights.")
        try:
            self._model = keras.applications.InceptionV3(
                weights=str(weights) if weights else "imagenet",
                include_top=False,
                pooling="avg",
                input_shape=(_INCEPTION_SIDE, _INCEPTION_SIDE, 3),
            )
        except Exception as error:  # Keras raises a bare Exception when a download fails
            raise RequestError(
                f"InceptionV3 can't have its weights ({first_line(error)}): give the file {_INCEPTION_FILE} with "
                "--inception-weights, or take --extractor classifier."
            ) from None
        digest = hashlib.sha256(b"".join(array.tobytes() for array in self._model.get_weights())).hexdigest()
        self.name = f"inception_v3 weights {digest[:12]}"

    def features(self, images: np.ndarray, description: str = "features") -> np.ndarray:
        parts = []
        for start in tqdm(range(0, len(images), 32), desc=description, unit=" batches", disable=None, leave=False):
            batch = resize(images[start : start + 32], (_INCEPTION_SIDE, _INCEPTION_SIDE))
            parts.append(self._model.predict_on_batch(batch / np.float32(127.5) - 1.0))
        return np.concatenate(parts)


def resize(images: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """The one way in which real and generated pictures alike are resized: bicubic, antialiased.

    Args:
        images: uint8 (N, H, W, 3).
        size: Width and height in pixels.

    Returns:
        uint8 (N, height, width, 3).
    """
    width, height = size
    if images.shape[1:3] == (height, width):
        return images
    resized = [Image.fromarray(image).resize(size, Image.Resampling.BICUBIC) for image in images]
    return np.stack([np.asarray(image) for image in resized])


def _inception_cache() -> Path:
    return Path(os.environ.get("KERAS_HOME", "~/.keras"), "models", _INCEPTION_FILE).expanduser()
