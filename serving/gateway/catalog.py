"""Which models there are, and which of them a request means."""

from __future__ import annotations

import reprlib
import threading
import time

from serving.backends.base import Backend, ModelVersion
from serving.gateway.config import GatewayConfig
from serving.gateway.problems import Problem


class Catalog:
    """The backend's models, asked for anew once the last answer is `config.catalog_age_s` old."""

    def __init__(self, backend: Backend, config: GatewayConfig) -> None:
        self._backend = backend
        self._config = config
        self._lock = threading.Lock()
        self._versions: list[ModelVersion] = []
        self._expires = -float("inf")

    def versions(self) -> list[ModelVersion]:
        """Every version, sorted by name, then newest first."""
        with self._lock:
            if time.monotonic() >= self._expires:
                self._versions = self._backend.models()
                self._expires = time.monotonic() + self._config.catalog_age_s
            return self._versions

    def default_name(self) -> str | None:
        """The model of requests that name none: the configured one, else the first by name that can draw now."""
        if self._config.default_model is not None:
            return self._config.default_model
        return next((version.name for version in self.versions() if _can_draw(version)), None)

    def find(self, name: str | None = None, version: int | None = None) -> ModelVersion:
        """The version that shall draw.

        Args:
            name: Model name; the default model's if None.
            version: Version; the newest available if None.

        Raises:
            Problem: 404 no such model or version, 422 it is no generator, 503 it cannot draw now.
        """
        name = name if name is not None else self.default_name()
        if name is None:
            raise Problem(503, f"No model can draw planets now. {self._reasons()}")
        known = self.of_model(name)
        asked = [one for one in known if version is None or one.version == version]
        if not asked:
            numbers = ", ".join(str(one.version) for one in known)
            detail = f"The model {name} has no version {version}; its versions: {numbers}."
            raise Problem(404, detail, parameter="version")
        found = next((one for one in asked if one.state == "AVAILABLE"), asked[0])
        if found.state != "AVAILABLE":
            detail = f"The model {name} version {found.version} cannot draw now, it is {found.state}. {found.error}"
            raise Problem(503, detail.rstrip(), parameter="model")
        if not _is_generator(found):
            drawing = ", ".join(sorted({one.name for one in self.versions() if _can_draw(one)})) or "none"
            detail = f"The model {name} does not draw planets; models that do: {drawing}."
            raise Problem(422, detail, parameter="model")
        return found

    def of_model(self, name: str) -> list[ModelVersion]:
        """The versions of one model, newest first, at least one; a model nobody knows is a 404 `Problem`."""
        known = [one for one in self.versions() if one.name == name]
        if not known:
            names = ", ".join(sorted({one.name for one in self.versions()})) or "none"
            raise Problem(404, f"There is no model {reprlib.repr(name)}; models served: {names}.", parameter="model")
        return known

    def _reasons(self) -> str:
        """Why no version can draw, in sentences."""
        if not self.versions():
            return "None is known: put one into the folder of saved models, as NAME/VERSION."
        states = (one.error or f"{one.name} version {one.version} is {one.state}." for one in self.versions())
        return " ".join(dict.fromkeys(states))


def _is_generator(version: ModelVersion) -> bool:
    return version.card.get("task") == "generate" and isinstance(version.card.get("latent_size"), int)


def _can_draw(version: ModelVersion) -> bool:
    return version.state == "AVAILABLE" and _is_generator(version)
