"""Which of two versions draws a seed while a new one is tried out: a share of the seeds each, always the same ones."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from serving.backends.base import LABELS


def parse_split(text: str) -> tuple[str, dict[str, int]]:
    """A model and the weights of its labels, such as `world_v2=stable:95,canary:5`.

    Raises:
        ValueError: The text is of another form; one sentence.
    """
    model, _, shares = (piece.strip() for piece in text.partition("="))
    weights: dict[str, int] = {}
    for share in shares.split(","):
        label, _, weight = (piece.strip() for piece in share.partition(":"))
        if not model or label not in LABELS or label in weights or not (weight.isascii() and weight.isdecimal()):
            raise ValueError(f"{text!r} is not a split such as world_v2=stable:95,canary:5")
        weights[label] = int(weight)
    if not any(weights.values()):
        raise ValueError(f"{text!r} gives no label a weight above 0")
    return model, weights


def assigned_label(weights: Mapping[str, int], model: str, seed: int) -> str:
    """The label whose version draws a seed: the same in every process, and with more weight a label only gains seeds.

    Args:
        weights: Weight by label, not all of them 0.
        model: Model name, so that the seeds of a share differ from model to model.
        seed: A seed.
    """
    digest = hashlib.sha256(f"planet-generator/split/1\0{model}\0{seed}".encode()).digest()
    place = int.from_bytes(digest[:8], "big") * sum(weights.values()) >> 64
    for label, weight in sorted(weights.items()):
        if place < weight:
            return label
        place -= weight
    raise AssertionError("a place below the sum of the weights lies within one of them")
