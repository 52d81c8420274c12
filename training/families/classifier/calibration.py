"""What a classifier's numbers are worth: honest probabilities, and the point from which on it should say nothing.

Reference: Guo 2017, "On Calibration of Modern Neural Networks" (arXiv:1706.04599).
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from datasets.errors import RequestError

FILE_NAME = "calibration.json"  # in a run folder, beside the weights it belongs to


def softmax(logits: np.ndarray, temperature: float = 1.0) -> np.ndarray:
    """Logits `(N, C)` to probabilities, float64 `(N, C)`."""
    scaled = np.asarray(logits, np.float64) / temperature
    powers = np.exp(scaled - scaled.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def fit_temperature(logits: np.ndarray, labels: np.ndarray) -> float:
    """The temperature at which softmax(logits / temperature) has the least cross-entropy.

    Args:
        logits: Float `(N, C)` of pictures that the classifier did not learn from, some of them mistaken: where all
            are right, the colder the better.
        labels: Integers `(N,)`.

    Returns:
        A temperature in 0.05..20.
    """
    logits = np.asarray(logits, np.float64)
    chosen = logits[np.arange(len(logits)), labels]
    coldest, hottest = np.log(0.05), np.log(20.0)
    for _ in range(50):  # the cross-entropy is convex in 1/temperature, so its slope changes sign once
        middle = (coldest + hottest) / 2
        slope = np.mean((softmax(logits, np.exp(middle)) * logits).sum(axis=1) - chosen)  # by 1/temperature
        if slope > 0:
            coldest = middle
        else:
            hottest = middle
    return float(np.exp((coldest + hottest) / 2))


def expected_calibration_error(probabilities: np.ndarray, labels: np.ndarray, bins: int = 10) -> float:
    """Mean distance between how sure a classifier is and how often it is right, over equal ranges of sureness.

    Args:
        probabilities: `(N, C)`, rows sum to 1.
        labels: Integers `(N,)`.
        bins: Number of ranges.

    Returns:
        In 0..1; 0.02 means that of pictures called with 80 % about 78 or 82 % are right.
    """
    sureness = probabilities.max(axis=1)
    right = probabilities.argmax(axis=1) == labels
    bin_of = np.minimum((sureness * bins).astype(int), bins - 1)
    gaps = np.bincount(bin_of, weights=sureness - right, minlength=bins)
    return float(np.abs(gaps).sum() / len(labels))


def unknown_threshold(probabilities: np.ndarray, false_alarms: float) -> float:
    """The probability below which the likeliest class is taken for 'none of these'.

    Args:
        probabilities: `(N, C)` of pictures that do show one of the classes.
        false_alarms: Share of these to give up, in 0..1.
    """
    return float(np.quantile(probabilities.max(axis=1), false_alarms))


def read_calibration(run: Path) -> dict[str, Any]:
    """What `training.calibrate` found out: `temperature`, `unknown_below` and `recognition`, figures by name."""
    path = run / FILE_NAME
    if not path.is_file():
        raise RequestError(f"{path} is missing: make it with `python -m training.calibrate {run} --data DATA`.")
    return json.loads(path.read_text(encoding="utf-8"))
