"""The backend that asks a TensorFlow Serving over gRPC. Needs no TensorFlow."""

from __future__ import annotations

import concurrent.futures
import itertools
import random
import re
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import grpc
import numpy as np

from serving.backends import protos
from serving.backends.base import (
    BackendError,
    BackendMisconfigured,
    BackendUnavailable,
    ModelNotFound,
    ModelVersion,
)
from serving.backends.breaker import Breaker
from serving.backends.cards import StoredVersion, scan
from serving.backends.inputs import as_batch, check_choice
from serving.backends.model_server import ModelServer, Unreachable
from serving.backends.survey import Answer, Survey

_TARGET = re.compile(r"(\[[0-9a-fA-F:.%\w]+\]|[^\s:/\[\]]+):(\d{1,5})")
_READINESS = ("UNAVAILABLE", "UNLOADING", "LOADING", "AVAILABLE")
_ATTEMPTS = 3  # or as many as there are targets, if these are more
_BACKOFF_S = 0.05  # doubles with every attempt


class TFServingBackend:
    """Serves what one TensorFlow Serving or several alike serve, described by the cards in a folder.

    The newest version is TensorFlow Serving's choice. Nothing is asked of a server before the first call, so it may
    start later, go away and come back. What a version takes is asked of the server at the version's first prediction,
    and nothing else is sent to it.

    Every target has a channel and a circuit breaker of its own, and calls take turns over them. One channel over all
    would need a resolver for lists of names, which gRPC lacks, and would not tell which server failed. For the same
    reason retries are made here: gRPC's retry policy sees the status alone, and would ask a server again whose queue is
    full (that too is UNAVAILABLE). A prediction changes nothing, so that a repeated one does no harm.

    Args:
        saved_models: Folder with `NAME/VERSION/assets.extra/card.json`; only models that stand there are listed.
        target: `HOST:PORT` of the server's gRPC port, or several with commas between them. A name may stand for
            several servers too, which then share a breaker.
        max_batch: Rows sent in one request, at most the server's `max_batch_size` (32 in `serving/deploy`);
            larger batches are cut.
        status_deadline: Seconds the servers may take to tell their models' states.
        new_breaker: Makes the breaker of a target.
        intercept: What to use in place of the channel to a target, such as one that watches its calls.

    Raises:
        BackendMisconfigured: The target is missing or malformed.
    """

    def __init__(
        self,
        saved_models: Path,
        target: str | None,
        *,
        max_batch: int = 32,
        status_deadline: float = 2.0,
        new_breaker: Callable[[], Breaker] = Breaker,
        intercept: Callable[[grpc.Channel], grpc.Channel] | None = None,
    ) -> None:
        self._servers = [ModelServer(each, new_breaker(), intercept) for each in _checked_targets(target)]
        self._surveys = [Survey(server) for server in self._servers]
        self._turns = itertools.count()
        self._saved_models = saved_models
        self._max_batch = max_batch
        self._status_deadline = status_deadline
        self._closed = threading.Event()

    def models(self) -> list[ModelVersion]:
        """See `Backend.models`. Reads the cards and asks every server anew at every call; of one that is too busy to
        answer, what it said last counts.

        A version is as ready as it is on the least ready of the servers that answer, so that it is not used before all
        have it. A label is borne by the version that the first of them says, until all have moved it.
        """
        self._check_open()
        stored = scan(self._saved_models)
        names = {version.name for version in stored}
        expires = time.monotonic() + self._status_deadline
        try:
            # All servers are asked before the first is awaited, so that those that hang cost one deadline.
            calls = [survey.ask(names, expires) for survey in self._surveys]
            answers = {name: [asked[name].result() for asked in calls] for name in names}
        except (RuntimeError, ValueError, concurrent.futures.CancelledError):  # closed since the check above
            self._check_open()
            raise
        self._check_open()
        return [_describe(version, answers[version.name]) for version in stored]

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
        """See `Backend.predict`. A server that cannot be reached is passed over for another while there is time."""
        self._check_open()
        expires = None if deadline is None else time.monotonic() + deadline
        check_choice(version, label)
        arrays, size = as_batch(inputs)
        spec = protos.ModelSpec(name=name, signature_name=signature)
        if version is not None:
            if not 1 <= version < 2**63:
                raise ModelNotFound(f"Model '{name}' has no version {version}.")
            spec.version.value = version
        if label is not None:
            spec.version_label = label
        parts = []
        for start in range(0, size, self._max_batch):
            rows = {key: array[start : start + self._max_batch] for key, array in arrays.items()}
            parts.append(self._call(spec, rows, expires))
        if len(parts) == 1:
            return parts[0]
        return {key: np.concatenate([part[key] for part in parts]) for key in parts[0]}

    def close(self) -> None:
        """See `Backend.close`. Calls under way end with `BackendUnavailable`."""
        self._closed.set()
        for survey in self._surveys:
            survey.close()
        for server in self._servers:
            server.close()

    def _call(
        self, spec: protos.ModelSpec, rows: Mapping[str, np.ndarray], expires: float | None
    ) -> dict[str, np.ndarray]:
        """Asks one server after the other until one answers; before a server is asked again there is a pause."""
        turn = next(self._turns)
        tried: set[ModelServer] = set()
        failure = BackendUnavailable(
            f"No model server at {', '.join(server.target for server in self._servers)} has answered of late: "
            "try again in a moment."
        )
        for attempt in range(max(_ATTEMPTS, len(self._servers))):
            server = self._next_server(turn + attempt)
            if server is None:
                break
            if server in tried:
                pause = random.uniform(0.5, 1.0) * _BACKOFF_S * 2**attempt  # random, so that callers spread out
                if expires is not None and time.monotonic() + pause >= expires:
                    break
                self._closed.wait(pause)
            tried.add(server)
            try:
                return server.predict(spec, rows, expires)
            except Unreachable as error:
                self._check_open()
                failure = error
            except (BackendError, ValueError):  # ValueError: gRPC's answer on a closed channel
                self._check_open()
                raise
        raise failure

    def _next_server(self, turn: int) -> ModelServer | None:
        """The server whose turn it is, those left out whose breakers are open."""
        count = len(self._servers)
        in_turn = (self._servers[(turn + step) % count] for step in range(count))
        return next((server for server in in_turn if server.breaker.allows()), None)

    def _check_open(self) -> None:
        if self._closed.is_set():
            raise BackendUnavailable("This server is shutting down: try again in a moment.")


def _checked_targets(target: str | None) -> list[str]:
    if not target:
        raise BackendMisconfigured("Backend 'tfserving' needs a target: the HOST:PORT of the server's gRPC port.")
    targets = [each.strip() for each in target.split(",")]
    for each in targets:
        match = _TARGET.fullmatch(each)
        if match is None or not 1 <= int(match[2]) <= 65535:
            raise BackendMisconfigured(f"The target '{each}' is not HOST:PORT, such as localhost:8500.")
    return list(dict.fromkeys(targets))  # one named twice would be asked twice


def _describe(stored: StoredVersion, answers: Sequence[Answer]) -> ModelVersion:
    """What to report of a stored version, given what each server says of its model."""
    heard = [answer.describe(stored) for answer in answers if not answer.silence]
    state, error = min(heard or [("UNAVAILABLE", answers[0].silence)], key=lambda report: _READINESS.index(report[0]))
    if stored.error:
        state, error = "UNAVAILABLE", stored.error
    said = dict(pair for answer in reversed(answers) for pair in answer.labels.items())
    borne = tuple(label for label, version in said.items() if version == stored.version)
    return ModelVersion(stored.name, stored.version, state, stored.card, error if state == "UNAVAILABLE" else "", borne)
