"""One TensorFlow Serving: its channel, its breaker, and its statuses as backend errors."""

from __future__ import annotations

import contextlib
import logging
import time
from collections.abc import Mapping

import grpc
import numpy as np

from serving.backends import protos
from serving.backends.base import (
    LABELS,
    BackendError,
    BackendUnavailable,
    DeadlineExceeded,
    InvalidInput,
    ModelNotFound,
    Overloaded,
)
from serving.backends.breaker import Breaker
from serving.backends.cards import StoredVersion
from serving.backends.tensors import decode

_CHANNEL_OPTIONS = [
    ("grpc.max_receive_message_length", -1),  # the default, 4 MiB, is 21 pictures of 256 px
    ("grpc.max_send_message_length", -1),
    ("grpc.initial_reconnect_backoff_ms", 200),
    ("grpc.max_reconnect_backoff_ms", 2000),  # the default, 2 minutes, hides a server that is back
    ("grpc.enable_http_proxy", 0),  # a model server is a neighbor
    ("grpc.lb_policy_name", "round_robin"),  # the name may be that of several servers
]
_STATES = {0: "LOADING", 10: "LOADING", 20: "LOADING", 30: "AVAILABLE", 40: "UNLOADING", 50: "UNAVAILABLE"}

_log = logging.getLogger(__name__)


class Unreachable(BackendUnavailable):
    """The server was not there; another may be."""


class ModelServer:
    """What stands at one target, `HOST:PORT`."""

    def __init__(self, target: str, breaker: Breaker) -> None:
        self.target = target
        self.breaker = breaker
        self._channel = grpc.insecure_channel(target, _CHANNEL_OPTIONS)
        self._predict = self._channel.unary_unary(
            protos.PREDICT, protos.PredictRequest.SerializeToString, protos.PredictResponse.FromString
        )
        self._get_metadata = self._channel.unary_unary(
            protos.GET_MODEL_METADATA,
            protos.GetModelMetadataRequest.SerializeToString,
            protos.GetModelMetadataResponse.FromString,
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
            if not isinstance(failure, Unreachable | DeadlineExceeded):
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

    def ask_labels(self, name: str, deadline: float) -> dict[str, grpc.Future]:
        """Asks which version of a model each label means; only a model's metadata tell."""
        calls = {}
        for label in LABELS:
            spec = protos.ModelSpec(name=name, version_label=label)
            request = protos.GetModelMetadataRequest(model_spec=spec, metadata_field=["signature_def"])
            calls[label] = self._get_metadata.future(request, timeout=deadline)
        return calls

    def await_labels(self, calls: Mapping[str, grpc.Future]) -> dict[str, int]:
        """Version by label, as far as the server tells."""
        versions = {}
        for label, call in calls.items():
            with contextlib.suppress(grpc.RpcError):  # no such label, or why it is away, which its states tell too
                versions[label] = call.result().model_spec.version.value
        return versions

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
            case grpc.StatusCode.INVALID_ARGUMENT if "version label" in details:
                return ModelNotFound(f"Model '{spec.name}' has no label '{spec.version_label}'.")
            case grpc.StatusCode.INVALID_ARGUMENT:
                return InvalidInput(f"The model server refused the inputs of '{spec.name}': {details}.")
            case grpc.StatusCode.RESOURCE_EXHAUSTED:
                return Overloaded("The model server is out of threads or memory: try again in a moment.")
            case grpc.StatusCode.UNAVAILABLE if "queue" in details and "full" in details:
                return Overloaded("The model server's queue is full: try again in a moment.")
            case grpc.StatusCode.DEADLINE_EXCEEDED:
                return DeadlineExceeded(self._late())
            case grpc.StatusCode.UNAVAILABLE:
                return Unreachable(
                    f"The model server at {self.target} cannot be reached: check that it runs and that the address "
                    "is right."
                )
        return BackendUnavailable(f"The model server at {self.target} failed with {code.name}: {details}.")

    def _late(self) -> str:
        return f"The model server at {self.target} did not answer within the deadline."


def _first_line(details: str | None) -> str:
    lines = (details or "").strip().splitlines()
    return lines[0].rstrip(".") if lines else "no details"
