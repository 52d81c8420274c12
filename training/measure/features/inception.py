"""InceptionV3, trained on ImageNet: the features that most papers on GANs compare."""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np

from datasets.errors import RequestError
from training.measure.features.network import digest_of, features_of
from training.measure.features.resizing import resize

FILE = "inception_v3_weights_tf_dim_ordering_tf_kernels_notop.h5"  # its name at keras-applications

_SIDE = 299  # pixels


class Inception:
    """An `Extractor`: the 2,048 averages below the top of InceptionV3, of pictures resized to 299 px.

    Reference: Szegedy et al. 2015, Rethinking the Inception Architecture for Computer Vision, arXiv:1512.00567.

    Attributes:
        name: With the first digits of the weights' SHA-256.
    """

    def __init__(self, weights: Path | None = None):
        """Loads `weights`, or Keras' own from its cache or by download; raises `RequestError` if that fails."""
        if weights and not weights.is_file():
            raise RequestError(f"{weights} is no file: give {FILE} with --weights.")
        try:
            self._model = keras.applications.InceptionV3(
                weights=str(weights) if weights else "imagenet",
                include_top=False,
                pooling="avg",
                input_shape=(_SIDE, _SIDE, 3),
            )
        except Exception as error:  # Keras raises a bare Exception when a download fails
            reason = (str(error).strip().splitlines() or [type(error).__name__])[0].rstrip(".")
            raise RequestError(
                f"InceptionV3 can't have its weights ({reason}): give the file {FILE} with --weights, "
                "or leave --features as it is."
            ) from None
        self.name = f"InceptionV3 (weights {digest_of(self._model.get_weights())})"

    def features(self, images: np.ndarray, description: str = "features") -> np.ndarray:
        return features_of(self._model, images, _prepare, description)


def _prepare(images: np.ndarray) -> np.ndarray:
    return resize(images, (_SIDE, _SIDE)) / np.float32(127.5) - np.float32(1.0)
