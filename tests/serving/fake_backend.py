"""A backend without a model, for injecting faults and for watching what it is asked."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from serving.backends.base import ModelVersion


class FakeBackend:
    """Draws each planet in the one color its latent gives.

    Args:
        versions: What `models` returns; one available 4×8 px (width × height) generator `fake` if None.
        error: Raised by every `predict`, if given.

    Attributes:
        calls: Model, version, batch size and deadline of each `predict`.
        entered: Set once a `predict` has begun.
        gate: `predict` waits until it is set, which it is at first.
        closed: Whether `close` was called.
    """

    def __init__(self, versions: Sequence[ModelVersion] | None = None, error: Exception | None = None) -> None:
        self.versions = [fake_version()] if versions is None else list(versions)
        self.error = error
        self.calls: list[tuple[str, int | None, int, float | None]] = []
        self.entered = threading.Event()
        self.gate = threading.Event()
        self.gate.set()
        self.closed = False

    def models(self) -> list[ModelVersion]:
        return self.versions

    def predict(
        self,
        name: str,
        inputs: Mapping[str, np.ndarray],
        *,
        signature: str = "serving_default",
        version: int | None = None,
        label: str | None = None,
        deadline: float | None = None,
    ) -> dict[str, np.ndarray]:
        latent = inputs["latent"]
        self.calls.append((name, version, len(latent), deadline))
        self.entered.set()
        assert self.gate.wait(20)
        if self.error is not None:
            raise self.error
        if signature == "sight":
            return {
                "view": np.zeros((len(latent), 3), np.float32),
                "sun": np.tile(np.float32([0, 0, 1]), (len(latent), 1)),
            }
        colors = np.clip(latent[:, :3] * 64 + 128, 0, 255).astype(np.uint8)
        return {"image": np.tile(colors[:, None, None, :], (1, 8, 4, 1))}

    def close(self) -> None:
        self.closed = True


class CountingBackend:
    """Another backend, which counts its calls, holds them while `gate` is closed, and fails while `error` is set."""

    def __init__(self, backend: Any) -> None:
        self._backend = backend
        self.calls: list[str] = []
        self.gate = threading.Event()
        self.gate.set()
        self.error: Exception | None = None

    def __getattr__(self, name: str) -> Any:
        return getattr(self._backend, name)

    def predict(self, name: str, inputs: Any, *, signature: str = "serving_default", **options: Any) -> Any:
        self.calls.append(signature)
        assert self.gate.wait(20)
        if self.error is not None:
            raise self.error
        return self._backend.predict(name, inputs, signature=signature, **options)


class LateBackend:
    """Another backend, whose answers come when the deadline has just passed."""

    def __init__(self, backend: Any) -> None:
        self._backend = backend

    def __getattr__(self, name: str) -> Any:
        return getattr(self._backend, name)

    def predict(self, name: str, inputs: Mapping[str, np.ndarray], *, deadline: float, **rest: Any) -> Any:
        start = time.monotonic()
        outputs = self._backend.predict(name, inputs, **rest)
        while time.monotonic() <= start + deadline:
            threading.Event().wait(start + deadline - time.monotonic())
        return outputs


class SeeingBackend(FakeBackend):
    """Answers about pictures as the models of `tiny_model` do: the color of a picture, its brightness, red for blue."""

    def __init__(self, versions: Sequence[ModelVersion] | None = None, error: Exception | None = None) -> None:
        size = {"width": 16, "height": 16}
        classifier = fake_version(
            "colors", task="classify", image_size=size, class_names=["red", "green", "blue"], unknown_below=0.5
        )
        discriminator = fake_version("brightness", task="discriminate", image_size=size)
        translator = fake_version(
            "swap", task="translate", image_size={"width": 24, "height": 16}, source="mars", target="earth"
        )
        super().__init__([discriminator, classifier, translator] if versions is None else versions, error)

    def predict(
        self,
        name: str,
        inputs: Mapping[str, np.ndarray],
        *,
        signature: str = "serving_default",
        version: int | None = None,
        label: str | None = None,
        deadline: float | None = None,
    ) -> dict[str, np.ndarray]:
        image = inputs["image"]
        self.calls.append((name, version, len(image), deadline))
        if self.error is not None:
            raise self.error
        if signature == "translate":
            return {"image": image[..., ::-1]}
        if signature == "discriminate":
            return {"realness": image.mean(axis=(1, 2, 3)).astype(np.float32) / 255}
        powers = np.exp(image.mean(axis=(1, 2)) / 32)
        return {"probabilities": (powers / powers.sum(axis=1, keepdims=True)).astype(np.float32)}


def fake_version(
    name: str = "fake", version: int = 1, state: str = "AVAILABLE", labels: tuple[str, ...] = (), **card: Any
) -> ModelVersion:
    """A version whose card says it is a 4×8 px generator, unless told otherwise."""
    card = {"task": "generate", "latent_size": 3, "class_names": [], "image_size": {"width": 4, "height": 8}, **card}
    return ModelVersion(name, version, state, card, "" if state == "AVAILABLE" else f"The {name} is out.", labels)
