"""The networks whose features can be compared."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

import numpy as np

from datasets.errors import RequestError
from training.measure.features.efficientnet_lite import EfficientNetLite
from training.measure.features.inception import Inception
from training.measure.features.weights import fetched_weights

YARDSTICK = "efficientnet_lite0"
EXTRACTORS = (YARDSTICK, "inception_v3")


class Extractor(Protocol):
    """Turns pictures into features.

    Attributes:
        name: Which network and weights; figures by different ones can't be compared.
    """

    name: str

    def features(self, images: np.ndarray, description: str = "features") -> np.ndarray:
        """Features, float32 (N, F), of pictures, uint8 (N, H, W, 3) of any size."""


def find_extractor(choice: str = YARDSTICK, weights: Path | None = None) -> Extractor:
    """The extractor that `choice` means.

    Args:
        choice: One of `EXTRACTORS`.
        weights: Its weights: of EfficientNet-Lite0 PyTorch's file, of InceptionV3 Keras' HDF5 without the top; by
            default those that `training.yardstick` fetched, or Keras' own.

    Raises:
        RequestError: The extractor can't be had; the text says what to do.
    """
    if choice not in EXTRACTORS:
        raise RequestError(f"{choice!r} are no features to compare: expected {' or '.join(EXTRACTORS)}.")
    if choice != YARDSTICK:
        return Inception(weights)
    if weights and not weights.is_file():
        raise RequestError(f"{weights} is no file: give EfficientNet-Lite0's .pth, or fetch it by training.yardstick.")
    return EfficientNetLite(weights or fetched_weights())
