"""The backend that asks a TensorFlow Serving over gRPC. Needs no TensorFlow."""

from __future__ import annotations

import itertools
import logging
import random
import re
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import grpc
import numpy as np

from serving.backends import protos
from serving.backends.base import (
    BackendError,
    BackendMisconfigured,
    BackendUnavailable,
    DeadlineExceeded,
    InvalidInput,
    ModelNotFound,
    ModelVersion,
    Overloaded,
)
from serving.backends.breaker import Breaker
from serving.backends.cards import StoredVersion, scan
from serving.backends.inputs import as_batch
from serving.backends.tensors import decode, encode

_CHANNEL_OPTIONS = [
    ("grpc.max_receive_message_length", -1),  # the default, 4 MiB, is 21 pictures of 256 px
    ("grpc.max_send_message_length", -1),
    ("grpc.initial_reconnect_backoff_ms", 200),
    ("grpc.max_reconnect_backoff_ms", 2000),  # the default, 2 minutes, hides a server that is back
    ("grpc.enable_http_proxy", 0),  # a model server is a neighbor
    ("grpc.lb_policy_name", "round_robin"),  # the name may be that of several servers
]
_STATES = {0: "LOADING", 10: "LOADING", 20: "LOADING", 30: "AVAILABLE", 40: "UNLOADING", 50: "UNAVAILABLE"}
_TARGET = re.compile(r"(\[[0-9a-fA-F:.%\w]+\]|[^\s:/\[\]]+):(\d{1,5})")
_READINESS = ("UNAVAILABLE", "UNLOADING", "LOADING", "AVAILABLE")
_ATTEMPTS = 3  # or as many as there are targets, if these are more
_BACKOFF_S = 0.05  # doubles with every attempt

_log = logging.getLogger(__name__)


class TFServingBackend:
    """Serves what one TensorFlow Serving or several alike serve, described by the cards in a folder.

    The newest version is TensorFlow Serving's choice. Nothing is asked of a server before the first call, so it may
    start later, go away and come back.

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
    ) -> None:
        self._servers = [_Server(each, new_breaker()) for each in _checked_targets(target)]
        self._turns = itertools.count()
        self._saved_models = saved_models
        self._max_batch = max_batch
        self._status_deadline = status_deadline
        self._closed = threading.Event()

    def models(self) -> list[ModelVersion]:
        """See `Backend.models`. Reads the cards and asks every server anew at every call.

        A version is as ready as it is on the least ready of the servers that answer, so that it is not used before all
        have it.
        """
        self._check_open()
        stored = scan(self._saved_models)
        try:
            # All are asked before the first is awaited, so that servers that hang cost one deadline.
            calls = {
                name: [(server, server.ask_states(name, self._status_deadline)) for server in self._servers]
                for name in {version.name for version in stored}
            }
            states = {
                name: [(server, *server.await_states(name, call)) for server, call in asked]
                for name, asked in calls.items()
            }
        except (ValueError, grpc.FutureCancelledError):  # gRPC's answers on a channel closed since the check above
            self._check_open()
            raise
        self._check_open()
        return [_describe(version, states[version.name]) for version in stored]

    def predict(
        self,
        name: str,
        inputs: Mapping[str, np.ndarray],
        *,
        signature: str = "serving_default",
        version: int | None = None,
        deadline: float | None = None,
    ) -> dict[str, np.ndarray]:
        """See `Backend.predict`. A server that cannot be reached is passed over for another while there is time."""
        self._check_open()
        expires = None if deadline is None else time.monotonic() + deadline
        arrays, size = as_batch(inputs)
        spec = protos.ModelSpec(name=name, signature_name=signature)
        if version is not None:
            if not 1 <= version < 2**63:
                raise ModelNotFound(f"Model '{name}' has no version {version}.")
            spec.version.value = version
        parts = []
        for start in range(0, size, self._max_batch):
            rows = {key: array[start : start + self._max_batch] for key, array in arrays.items()}
            parts.append(self._call(_request(spec, rows), expires))
        if len(parts) == 1:
            return parts[0]
        return {key: np.concatenate([part[key] for part in parts]) for key in parts[0]}

    def close(self) -> None:
        """See `Backend.close`. Calls under way end with `BackendUnavailable`."""
        self._closed.set()
        for server in self._servers:
            server.close()

    def _call(self, request: protos.PredictRequest, expires: float | None) -> dict[str, np.ndarray]:
        """Asks one server after the other until one answers; before a server is asked again there is a pause."""
        turn = next(self._turns)
        tried: set[_Server] = set()
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
                return server.predict(request, expires)
            except _Unreachable as error:
                self._check_open()
                failure = error
            except (BackendError, ValueError):  # ValueError: gRPC's answer on a closed channel
                self._check_open()
                raise
        raise failure

    def _next_server(self, turn: int) -> _Server | None:
        """The server whose turn it is, those left out whose breakers are open."""
        count = len(self._servers)
        in_turn = (self._servers[(turn + step) % count] for step in range(count))
        return next((server for server in in_turn if server.breaker.allows()), None)

    def _check_open(self) -> None:
        if self._closed.is_set():
            raise BackendUnavailable("This server is shutting down: try again in a moment.")


class _Unreachable(BackendUnavailable):
    """The server was not there; another may be."""


class _Server:
    """One target: its channel, its breaker, and its statuses as backend errors."""

    def __init__(self, target: str, breaker: Breaker) -> None:
        self.target = target
        self.breaker = breaker
        self._channel = grpc.insecure_channel(target, _CHANNEL_OPTIONS)
        self._predict = self._channel.unary_unary(
            protos.PREDICT, protos.PredictRequest.SerializeToString, protos.PredictResponse.FromString
        )
        self._get_status = self._channel.unary_unary(
            protos.GET_MODEL_STATUS,
            protos.GetModelStatusRequest.SerializeToString,
            protos.GetModelStatusResponse.FromString,
        )

    def close(self) -> None:
        self._channel.close()

    def predict(self, request: protos.PredictRequest, expires: float | None) -> dict[str, np.ndarray]:
        """Outputs by name; the breaker is told whether the server answered, be it with an error."""
        timeout = None if expires is None else expires - time.monotonic()
        if timeout is not None and timeout <= 0:  # gRPC may answer a call that has no time at all
            raise DeadlineExceeded(self._late())
        try:
            response = self._predict(request, timeout=timeout)
        except grpc.RpcError as error:
            failure = self._translate(error, request.model_spec)
            if not isinstance(failure, _Unreachable | DeadlineExceeded):
                self.breaker.succeeded()
            elif self.breaker.failed():
                _log.warning("%s It is left alone for a moment.", failure)
            raise failure from error
        self.breaker.succeeded()
        try:
            return {name: decode(tensor) for name, tensor in response.outputs.items()}
        except ValueError as error:
            raise BackendUnavailable(
                f"The model server at {self.target} sent a tensor that cannot be read: {error}."
            ) from error

    def ask_states(self, name: str, deadline: float) -> grpc.Future:
        request = protos.GetModelStatusRequest(model_spec=protos.ModelSpec(name=name))
        return self._get_status.future(request, timeout=deadline)

    def await_states(self, name: str, call: grpc.Future) -> tuple[dict[int, tuple[str, str]], str]:
        """State and error by version of one model, and why the server does not tell."""
        try:
            statuses = call.result().model_version_status
        except grpc.RpcError as error:
            if error.code() is grpc.StatusCode.NOT_FOUND:
                return {}, ""
            return {}, str(self._translate(error, protos.ModelSpec(name=name)))
        return {
            status.version: (_STATES.get(status.state, "UNAVAILABLE"), status.status.error_message)
            for status in statuses
        }, ""

    def describe(self, stored: StoredVersion, states: Mapping[int, tuple[str, str]]) -> tuple[str, str]:
        """State and error of one version, given the states of its model's versions."""
        asked = f"version {stored.version}" if states else f"model '{stored.name}'"
        state, error = states.get(
            stored.version, ("UNAVAILABLE", f"The model server at {self.target} does not serve {asked}.")
        )
        if state == "UNAVAILABLE" and not error:
            error = f"The model server at {self.target} has unloaded version {stored.version}."
        return state, error

    def _translate(self, error: grpc.RpcError, spec: protos.ModelSpec) -> BackendError:
        """The backend error for a gRPC status."""
        code, details = error.code(), _first_line(error.details())
        asked = f"version {spec.version.value} of model '{spec.name}'" if spec.HasField("version") else f"'{spec.name}'"
        match code:
            case grpc.StatusCode.NOT_FOUND:
                return ModelNotFound(f"The model server does not serve {asked}.")
            case grpc.StatusCode.FAILED_PRECONDITION if "signature" in details.lower():
                return ModelNotFound(f"Model '{spec.name}' has no signature '{spec.signature_name}'.")
            case grpc.StatusCode.INVALID_ARGUMENT:
                return InvalidInput(f"The model server refused the inputs of '{spec.name}': {details}.")
            case grpc.StatusCode.RESOURCE_EXHAUSTED:
                return Overloaded("The model server is out of threads or memory: try again in a moment.")
            case grpc.StatusCode.UNAVAILABLE if "queue" in details and "full" in details:
                return Overloaded("The model server's queue is full: try again in a moment.")
            case grpc.StatusCode.DEADLINE_EXCEEDED:
                return DeadlineExceeded(self._late())
            case grpc.StatusCode.UNAVAILABLE:
                return _Unreachable(
                    f"The model server at {self.target} cannot be reached: check that it runs and that the address "
                    "is right."
                )
        return BackendUnavailable(f"The model server at {self.target} failed with {code.name}: {details}.")

    def _late(self) -> str:
        return f"The model server at {self.target} did not answer within the deadline."


def _checked_targets(target: str | None) -> list[str]:
    if not target:
        raise BackendMisconfigured("Backend 'tfserving' needs a target: the HOST:PORT of the server's gRPC port.")
    targets = [each.strip() for each in target.split(",")]
    for each in targets:
        match = _TARGET.fullmatch(each)
        if match is None or not 1 <= int(match[2]) <= 65535:
            raise BackendMisconfigured(f"The target '{each}' is not HOST:PORT, such as localhost:8500.")
    return list(dict.fromkeys(targets))  # one named twice would be asked twice


def _request(spec: protos.ModelSpec, arrays: Mapping[str, np.ndarray]) -> protos.PredictRequest:
    request = protos.PredictRequest(model_spec=spec)
    for name, array in arrays.items():
        try:
            request.inputs[name].CopyFrom(encode(array))
        except ValueError as error:
            raise InvalidInput(f"Input '{name}' cannot be sent: {error}.") from error
    return request


def _describe(stored: StoredVersion, answers: list[tuple[_Server, Mapping[int, tuple[str, str]], str]]) -> ModelVersion:
    """What to report of a stored version, given each server's states of its model, or why it does not tell."""
    heard = [server.describe(stored, states) for server, states, silent in answers if not silent]
    state, error = min(heard or [("UNAVAILABLE", answers[0][2])], key=lambda report: _READINESS.index(report[0]))
    if stored.error:
        state, error = "UNAVAILABLE", stored.error
    return ModelVersion(stored.name, stored.version, state, stored.card, error if state == "UNAVAILABLE" else "")


def _first_line(details: str | None) -> str:
    lines = (details or "").strip().splitlines()
    return lines[0].rstrip(".") if lines else "no details"
