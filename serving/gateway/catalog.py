"""Which models there are, and which of them a request means."""

from __future__ import annotations

import reprlib
import threading
import time

from serving.backends.base import Backend, ModelVersion
from serving.gateway.config import GatewayConfig
from serving.gateway.problems import Problem

_VERBS = {
    "generate": "draw planets",
    "classify": "recognize planets",
    "discriminate": "tell how real a planet looks",
    "translate": "translate pictures",
}

_PREFERRED = ("planet_v3_64",)  # to other models, the best first


class Catalog:
    """The backend's models, asked for anew once the last answer is `config.catalog_age_s` old.

    One request asks; others go by the last answer meanwhile, so that a server that hangs holds up none of them.
    """

    def __init__(self, backend: Backend, config: GatewayConfig) -> None:
        self._backend = backend
        self._config = config
        self._lock = threading.Lock()
        self._versions: list[ModelVersion] | None = None
        self._expires = -float("inf")

    def versions(self) -> list[ModelVersion]:
        """Every version, sorted by name, then newest first."""
        if time.monotonic() >= self._expires and self._lock.acquire(blocking=self._versions is None):
            try:
                if time.monotonic() >= self._expires:
                    self._versions = self._backend.models()
                    self._expires = time.monotonic() + self._config.catalog_age_s
            finally:
                self._lock.release()
        return self._versions

    def available(self, task: str) -> list[ModelVersion]:
        """The newest available version of each model for a task, sorted by name."""
        newest: dict[str, ModelVersion] = {}
        for version in self.versions():
            if version.state == "AVAILABLE" and version.card.get("task") == task:
                newest.setdefault(version.name, version)
        return list(newest.values())

    def default_name(self, task: str = "generate") -> str | None:
        """The model of requests that name none: the configured one, else a preferred one, else the first by name."""
        configured = {"generate": self._config.default_model, "classify": self._config.default_classifier}.get(task)
        if configured is not None:
            return configured
        names = [version.name for version in self.available(task)]
        preferred = (name for name in _PREFERRED if name in names)
        return next(iter([*preferred, *names]), None)

    def find(
        self,
        name: str | None = None,
        version: int | None = None,
        *,
        task: str = "generate",
        parameter: str = "model",
    ) -> ModelVersion:
        """The version that shall do a task.

        Args:
            name: Model name; the default model's if None.
            version: Version; the newest available if None.
            task: `"generate"`, `"classify"`, `"discriminate"` or `"translate"`, as in the card.
            parameter: The request's parameter that gave the name.

        Raises:
            Problem: 404 no such model or version, 422 it is for another task, 503 it is not available now.
        """
        name = name if name is not None else self.default_name(task)
        if name is None:
            raise Problem(503, f"No model can {_VERBS[task]} now. {self._reasons(task)}")
        known = self.of_model(name, parameter)
        asked = [one for one in known if version is None or one.version == version]
        if not asked:
            numbers = ", ".join(str(one.version) for one in known)
            detail = f"The model {name} has no version {version}; its versions: {numbers}."
            raise Problem(404, detail, parameter="version")
        found = next((one for one in asked if one.state == "AVAILABLE"), asked[0])
        if found.state != "AVAILABLE":
            detail = f"The model {name} version {found.version} cannot work now, it is {found.state}. {found.error}"
            raise Problem(503, detail.rstrip(), parameter=parameter)
        if found.card.get("task") != task:
            fitting = ", ".join(one.name for one in self.available(task)) or "none"
            detail = f"The model {name} does not {_VERBS[task]}; models that do: {fitting}."
            raise Problem(422, detail, parameter=parameter)
        return found

    def of_model(self, name: str, parameter: str = "model") -> list[ModelVersion]:
        """The versions of one model, newest first, at least one; a model nobody knows is a 404 `Problem`."""
        known = [one for one in self.versions() if one.name == name]
        if not known:
            names = ", ".join(sorted({one.name for one in self.versions()})) or "none"
            raise Problem(404, f"There is no model {reprlib.repr(name)}; models served: {names}.", parameter=parameter)
        return known

    def _reasons(self, task: str) -> str:
        """Why no version can do a task, in sentences; one whose card cannot be read might be for it."""
        candidates = [one for one in self.versions() if one.card.get("task", task) == task]
        if not candidates:
            return "None is known: put one into the folder of saved models, as NAME/VERSION."
        states = (one.error or f"{one.name} version {one.version} is {one.state}." for one in candidates)
        return " ".join(dict.fromkeys(states))
