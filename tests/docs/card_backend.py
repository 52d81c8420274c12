"""A backend that has the published models' cards, and paints discs in their place: no TensorFlow, no waiting."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from serving.backends.base import ModelVersion
from serving.backends.cards import scan
from tests.docs.documents import ROOT

SAVED_MODELS = ROOT / "saved_models"


def card_of(name: str) -> dict[str, Any]:
    """The card of a published model's newest version."""
    return dict(next(one.card for one in scan(SAVED_MODELS) if one.name == name))


class CardBackend:
    """Models by their cards: names, versions, kinds and sizes are true, pictures are not.

    Args:
        more: Cards of further models, of version 1, by name.
    """

    def __init__(self, more: Mapping[str, Mapping[str, Any]]) -> None:
        self._versions = [
            *(ModelVersion(one.name, one.version, "AVAILABLE", one.card) for one in scan(SAVED_MODELS)),
            *(ModelVersion(name, 1, "AVAILABLE", card) for name, card in more.items()),
        ]

    def models(self) -> list[ModelVersion]:
        return self._versions

    def predict(
        self, name: str, inputs: Mapping[str, np.ndarray], *, signature: str = "serving_default", **_: Any
    ) -> dict[str, np.ndarray]:
        card = next(one.card for one in self._versions if one.name == name)
        size = card["image_size"]
        if "image" in inputs:
            return self._judged(card, inputs["image"])
        count = len(inputs["latent"])
        if signature == "sight":
            return {"view": np.zeros((count, 3), np.float32), "sun": np.tile(np.float32([0, 0, 1]), (count, 1))}
        if signature == "map":
            shape = (count, *card["world"]["map"])
            gray = np.full((*shape, 3), 128, np.uint8)
            relief = {"height": np.zeros(shape, np.uint16), "heights": np.zeros((count, 2), np.float32)}
            return {"image": gray, "normal": gray, "axes": np.ones((count, 3), np.float32), **relief}
        if signature == "shader":
            looks = {
                name: np.full((count, 1), 0.5, np.float32) for name in ("ambient", "shine", "limb", "haze", "relief")
            }
            three = {name: np.ones((count, 3), np.float32) for name in ("axes", "rim")}
            grid = {"field": np.zeros((count, 6, 3, 3, 4), np.uint16)}
            return {"numbers": np.zeros((count, 4), np.float32), **grid, **looks, **three}
        if signature == "network":
            details = np.zeros((count, 6, 2, 2, 4), np.uint8)
            return {"numbers": np.zeros((count, 4), np.float32), "details": details}
        drawn, _, side = signature.partition("_")
        if drawn in ("render", "spin"):
            disc = np.concatenate([_disc(int(side), int(side))] * 4, axis=-1)
            rows = (count, inputs["views"].shape[1]) if drawn == "spin" else (count,)
            return {"image": np.broadcast_to(disc, (*rows, *disc.shape[-3:]))}
        colors = np.uint8(150 + 60 * np.tanh(inputs["latent"][:, None, None, :3]))  # (B, 1, 1, 3)
        return {"image": np.where(_disc(size["height"], size["width"]) > 0, colors, np.uint8(0))}

    def close(self) -> None:
        pass

    @staticmethod
    def _judged(card: Mapping[str, Any], image: np.ndarray) -> dict[str, np.ndarray]:
        if card["task"] == "translate":
            return {"image": image[..., ::-1]}
        if card["task"] == "discriminate":
            return {"realness": np.full(len(image), 0.5, np.float32)}
        kinds = len(card["class_names"])
        return {"probabilities": np.full((len(image), kinds), 1 / kinds, np.float32)}


def _disc(height: int, width: int) -> np.ndarray:
    """A white disc on black, u8 of shape (1, height, width, 1)."""
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    return np.uint8(255 * ((x**2 + y**2) < 0.8))[None, :, :, None]
