"""Which models there are, and which of them a request means."""

from __future__ import annotations

import logging
import reprlib
import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from serving.backends.base import Backend, ModelVersion
from serving.gateway.asked.sizes import draws_planets_at_any_size
from serving.gateway.asked.splits import assigned_label
from serving.gateway.config import GatewayConfig
from serving.gateway.problems import Problem

_log = logging.getLogger(__name__)

_VERBS = {
    "generate": "draw planets",
    "classify": "recognize planets",
    "discriminate": "tell how real a planet looks",
    "translate": "translate pictures",
    "world": "draw worlds",
}


class Catalog:
    """The backend's models, asked for anew once the last answer is `config.catalog_age_s` old.

    One request asks; others go by the last answer meanwhile, so that a server that hangs holds up none of them.
    """

    def __init__(self, backend: Backend, config: GatewayConfig) -> None:
        self._backend = backend
        self._config = config
        self._lock = threading.Lock()
        self._versions: list[ModelVersion] | None = None
        self._asked = self._expires = -float("inf")
        self._strangers: set[str] = set()

    def versions(self) -> list[ModelVersion]:
        """Every version, sorted by name, then newest first."""
        if time.monotonic() >= self._expires and self._lock.acquire(blocking=self._versions is None):
            try:
                if time.monotonic() >= self._expires:
                    self._ask()
            finally:
                self._lock.release()
        return self._versions

    def refresh(self, since: float) -> None:
        """Asks the backend, unless it has been asked after `since`, a `time.monotonic()`."""
        with self._lock:
            if self._asked <= since:
                self._ask()

    def available(self, task: str) -> list[ModelVersion]:
        """The version of each model for a task that requests get which name none, sorted by name."""
        by_name: dict[str, list[ModelVersion]] = {}
        for version in self.versions():
            if _does(version.card, task):
                by_name.setdefault(version.name, []).append(version)
        chosen = (_preferred(known, ["stable"]) for known in by_name.values())
        return [version for version in chosen if version.state == "AVAILABLE"]

    def default_name(self, task: str = "generate") -> str | None:
        """The model of requests that name none: the configured one, else the last made of the worlds, if any draws
        planets at any size, or for worlds has a shader, of these, else the first by name."""
        configured = {"generate": self._config.default_model, "classify": self._config.default_classifier}.get(task)
        if configured is not None:
            return configured
        best = max(self.available(task), key=lambda one: _merit(one, task), default=None)
        return best.name if best else None

    def find(
        self,
        name: str | None = None,
        version: int | None = None,
        *,
        label: str | None = None,
        seed: int | None = None,
        task: str = "generate",
        parameter: str = "model",
    ) -> ModelVersion:
        """The version that shall do a task.

        Args:
            name: Model name; the default model's if None.
            version: Version. With neither it nor a label, it is one that can be called: the one to which
                `config.splits` assigns the seed, else `stable`, else the newest.
            label: Label of the version, in place of its number.
            seed: The seed to draw.
            task: `"generate"`, `"classify"`, `"discriminate"` or `"translate"`, as in the card, or `"world"`, for
                one that has a `world`.
            parameter: The request's parameter that gave the name.

        Raises:
            Problem: 404 no such model, version or label, 422 it is for another task, 503 it is not available now.
        """
        name = name if name is not None else self.default_name(task)
        if name is None:
            raise Problem(503, f"No model can {_VERBS[task]} now. {self._reasons(task)}")
        known = self.of_model(name, parameter)
        if version is not None:
            found = _numbered(known, version)
        elif label is not None:
            found = _labelled(known, label)
        else:
            split = self._config.splits.get(name)
            assigned = [] if split is None or seed is None else [assigned_label(split, name, seed)]
            found = _preferred(known, [*assigned, "stable"])
        if found.state != "AVAILABLE":
            detail = f"The model {name} version {found.version} cannot work now, it is {found.state}. {found.error}"
            raise Problem(503, detail.rstrip(), parameter=parameter)
        if not _does(found.card, task):
            fitting = ", ".join(one.name for one in self.available(task)) or "none"
            detail = f"The model {name} does not {_VERBS[task]}; models that do: {fitting}."
            raise Problem(422, detail, parameter=parameter)
        return found

    def _ask(self) -> None:
        asked = time.monotonic()
        self._versions = self._backend.models()
        self._asked = asked
        self._expires = time.monotonic() + self._config.catalog_age_s
        self._tell_of_strangers()

    def _tell_of_strangers(self) -> None:
        """A line in the log for every name in the settings that no model bears: it may come, or be misspelled."""
        served = {one.name for one in self._versions}
        named = {self._config.default_model, self._config.default_classifier, *self._config.splits} - {None}
        strangers = named - served if served else self._strangers
        for name in sorted(strangers - self._strangers):
            told = ", ".join(sorted(served))
            _log.warning("The settings name the model %s, which is not served; served are %s.", ascii(name), told)
        self._strangers = strangers

    def of_model(self, name: str, parameter: str = "model") -> list[ModelVersion]:
        """The versions of one model, newest first, at least one; a model nobody knows is a 404 `Problem`."""
        known = [one for one in self.versions() if one.name == name]
        if not known:
            names = ", ".join(sorted({one.name for one in self.versions()})) or "none"
            raise Problem(404, f"There is no model {reprlib.repr(name)}; models served: {names}.", parameter=parameter)
        return known

    def _reasons(self, task: str) -> str:
        """Why no version can do a task, in sentences; one whose card cannot be read might be for it."""
        candidates = [one for one in self.versions() if not one.card or _does(one.card, task)]
        if not candidates:
            return "None is known: put one into the folder of saved models, as NAME/VERSION."
        states = (one.error or f"{one.name} version {one.version} is {one.state}." for one in candidates)
        return " ".join(dict.fromkeys(states))


def _merit(model: ModelVersion, task: str) -> tuple[bool, bool, str]:
    """What the default is the highest of, the first by name among equals."""
    if "world" not in model.card:
        return False, False, ""
    can_more = "shader" in model.card if task == "world" else draws_planets_at_any_size(model)
    return True, can_more, str(model.card.get("created"))


def _does(card: Mapping[str, Any], task: str) -> bool:
    return "world" in card if task == "world" else card.get("task") == task


def _numbered(known: Sequence[ModelVersion], version: int) -> ModelVersion:
    for one in known:
        if one.version == version:
            return one
    numbers = ", ".join(str(one.version) for one in known)
    detail = f"The model {known[0].name} has no version {version}; its versions: {numbers}."
    raise Problem(404, detail, parameter="version")


def _labelled(known: Sequence[ModelVersion], label: str) -> ModelVersion:
    for one in known:
        if label in one.labels:
            return one
    labels = ", ".join(f"{label} (version {one.version})" for one in known for label in one.labels) or "none"
    detail = f"The model {known[0].name} has no label {reprlib.repr(label)}; its labels: {labels}."
    raise Problem(404, detail, parameter="label")


def _preferred(known: Sequence[ModelVersion], labels: Iterable[str]) -> ModelVersion:
    """Of what is available the one with the first of the labels that any bears, else the newest; if nothing is
    available, the newest."""
    available = [one for one in known if one.state == "AVAILABLE"]
    labelled = (one for label in labels for one in available if label in one.labels)
    return next(labelled, next(iter(available), known[0]))
