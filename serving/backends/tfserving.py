"""The backend that asks a TensorFlow Serving over gRPC. Needs no TensorFlow."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
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


class TFServingBackend:
    """Serves what a TensorFlow Serving serves, described by the cards in a folder.

    The newest version is TensorFlow Serving's choice. Nothing is asked of the server before the first call, so it may
    start later, go away and come back.

    Args:
        saved_models: Folder with `NAME/VERSION/assets.extra/card.json`; only models that stand there are listed.
        target: `HOST:PORT` of the server's gRPC port.
        max_batch: Rows sent in one request, at most the server's `max_batch_size` (32 in `serving/deploy`);
            larger batches are cut.
        status_deadline: Seconds the server may take to tell its models' states.

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
    ) -> None:
        self._target = _checked_target(target)
        self._saved_models = saved_models
        self._max_batch = max_batch
        self._status_deadline = status_deadline
        self._closed = False
        self._channel = grpc.insecure_channel(self._target, _CHANNEL_OPTIONS)
        self._predict = self._channel.unary_unary(
            protos.PREDICT, protos.PredictRequest.SerializeToString, protos.PredictResponse.FromString
        )
        self._get_status = self._channel.unary_unary(
            protos.GET_MODEL_STATUS,
            protos.GetModelStatusRequest.SerializeToString,
            protos.GetModelStatusResponse.FromString,
        )

    def models(self) -> list[ModelVersion]:
        """See `Backend.models`. Reads the cards and asks the server anew at every call."""
        self._check_open()
        stored = scan(self._saved_models)
        try:
            # All are asked before the first is awaited, so that a server that hangs costs one deadline.
            calls = {name: self._ask_states(name) for name in {version.name for version in stored}}
            states = {name: self._await_states(name, call) for name, call in calls.items()}
        except (ValueError, grpc.FutureCancelledError):  # gRPC's answers on a channel closed since the check above
            self._check_open()
            raise
        return [_describe(version, *states[version.name], self._target) for version in stored]

    def predict(
        self,
        name: str,
        inputs: Mapping[str, np.ndarray],
        *,
        signature: str = "serving_default",
        version: int | None = None,
        deadline: float | None = None,
    ) -> dict[str, np.ndarray]:
        """See `Backend.predict`."""
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
        self._closed = True
        self._channel.close()

    def _call(self, request: protos.PredictRequest, expires: float | None) -> dict[str, np.ndarray]:
        timeout = None if expires is None else expires - time.monotonic()
        if timeout is not None and timeout <= 0:  # gRPC may answer a call that has no time at all
            raise DeadlineExceeded(self._late())
        try:
            response = self._predict(request, timeout=timeout)
        except grpc.RpcError as error:
            self._check_open()
            raise self._translate(error, request.model_spec) from error
        except ValueError:  # gRPC's answer to a call on a channel closed since the check above
            self._check_open()
            raise
        try:
            return {name: decode(tensor) for name, tensor in response.outputs.items()}
        except ValueError as error:
            raise BackendUnavailable(
                f"The model server at {self._target} sent a tensor that cannot be read: {error}."
            ) from error

    def _ask_states(self, name: str) -> grpc.Future:
        request = protos.GetModelStatusRequest(model_spec=protos.ModelSpec(name=name))
        return self._get_status.future(request, timeout=self._status_deadline)

    def _await_states(self, name: str, call: grpc.Future) -> tuple[dict[int, tuple[str, str]], str]:
        """State and error by version of one model, and why there are none."""
        try:
            statuses = call.result().model_version_status
        except grpc.RpcError as error:
            self._check_open()
            if error.code() is grpc.StatusCode.NOT_FOUND:
                return {}, f"The model server at {self._target} does not serve model '{name}'."
            return {}, str(self._translate(error, protos.ModelSpec(name=name)))
        return {
            status.version: (_STATES.get(status.state, "UNAVAILABLE"), status.status.error_message)
            for status in statuses
        }, ""

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
                return BackendUnavailable(
                    f"The model server at {self._target} cannot be reached: check that it runs and that the address "
                    "is right."
                )
        return BackendUnavailable(f"The model server at {self._target} failed with {code.name}: {details}.")

    def _late(self) -> str:
        return f"The model server at {self._target} did not answer within the deadline."

    def _check_open(self) -> None:
        if self._closed:
            raise BackendUnavailable("This server is shutting down: try again in a moment.")


def _checked_target(target: str | None) -> str:
    if not target:
        raise BackendMisconfigured("Backend 'tfserving' needs a target: the HOST:PORT of the server's gRPC port.")
    match = _TARGET.fullmatch(target)
    if match is None or not 1 <= int(match[2]) <= 65535:
        raise BackendMisconfigured(f"The target '{target}' is not HOST:PORT, such as localhost:8500.")
    return target


def _request(spec: protos.ModelSpec, arrays: Mapping[str, np.ndarray]) -> protos.PredictRequest:
    request = protos.PredictRequest(model_spec=spec)
    for name, array in arrays.items():
        try:
            request.inputs[name].CopyFrom(encode(array))
        except ValueError as error:
            raise InvalidInput(f"Input '{name}' cannot be sent: {error}.") from error
    return request


def _describe(stored: StoredVersion, states: Mapping[int, tuple[str, str]], missing: str, target: str) -> ModelVersion:
    """What to report of a stored version, given the states of its model's versions or why there are none."""
    default = "UNAVAILABLE", missing or f"The model server at {target} does not serve version {stored.version}."
    state, error = states.get(stored.version, default)
    if stored.error:
        state, error = "UNAVAILABLE", stored.error
    elif state == "UNAVAILABLE" and not error:
        error = f"The model server at {target} has unloaded version {stored.version}."
    return ModelVersion(stored.name, stored.version, state, stored.card, error if state == "UNAVAILABLE" else "")


def _first_line(details: str | None) -> str:
    lines = (details or "").strip().splitlines()
    return lines[0].rstrip(".") if lines else "no details"
