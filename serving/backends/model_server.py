"""One TensorFlow Serving: its channel, its breaker, and its statuses as backend errors."""

from __future__ import annotations

import contextlib
import logging
import time
from collections.abc import Callable, Container, Mapping
from typing import Any

import grpc
import numpy as np
from google.protobuf.message import DecodeError

from serving.backends import protos
from serving.backends.base import (
    BackendError,
    BackendUnavailable,
    DeadlineExceeded,
    InvalidInput,
    ModelNotFound,
    Overloaded,
)
from serving.backends.breaker import Breaker
from serving.backends.inputs import Inputs, check_signature, no_signature
from serving.backends.signatures import FIELD, read_signatures
from serving.backends.tensors import decode, encode
from serving.backends.window import Window

_CHANNEL_OPTIONS = [
    ("grpc.max_receive_message_length", -1),  # the default, 4 MiB, is 21 pictures of 256 px
    ("grpc.max_send_message_length", -1),
    ("grpc.initial_reconnect_backoff_ms", 200),
    ("grpc.max_reconnect_backoff_ms", 2000),  # the default, 2 minutes, hides a server that is back
    ("grpc.enable_http_proxy", 0),  # a model server is a neighbor
    ("grpc.lb_policy_name", "round_robin"),  # the name may be that of several servers
]
_STATES = {0: "LOADING", 10: "LOADING", 20: "LOADING", 30: "AVAILABLE", 40: "UNLOADING", 50: "UNAVAILABLE"}

_EXHAUSTED = "The model server is out of threads or memory: try again in a moment."

_log = logging.getLogger(__name__)


class Unreachable(BackendUnavailable):
    """The server was not there; another may be."""


class ModelServer:
    """What stands at one target, `HOST:PORT`.

    Args:
        target: Its address.
        breaker: Of its own.
        intercept: What to use in place of the channel to it.
    """

    def __init__(
        self, target: str, breaker: Breaker, intercept: Callable[[grpc.Channel], grpc.Channel] | None = None
    ) -> None:
        self.target = target
        self.breaker = breaker
        self._window = Window()
        self._signatures: dict[str, dict[int, Mapping[str, Inputs]]] = {}  # by model and version, as far as known
        channel = grpc.insecure_channel(target, _CHANNEL_OPTIONS)
        self._channel = channel if intercept is None else intercept(channel)
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

    def predict(
        self, spec: protos.ModelSpec, arrays: Mapping[str, np.ndarray], expires: float | None
    ) -> dict[str, np.ndarray]:
        """Outputs by name; the breaker is told whether the server answered, be it with an error.

        What does not fit the signature is not sent: TensorFlow Serving does not look, and may draw conclusions from a
        picture of another size, or end with all its models over one of another rank.
        """
        if expires is not None and time.monotonic() >= expires:
            raise DeadlineExceeded(self._late())
        try:
            self._check(spec, arrays, expires)
            response = self._ask(self._predict, _request(spec, arrays), spec, expires)
        except (Unreachable, DeadlineExceeded) as failure:
            if self.breaker.failed():
                _log.warning("%s It is left alone for a moment.", failure)
            raise
        except BackendError:
            self.breaker.succeeded()
            raise
        self.breaker.succeeded()
        try:
            return {name: decode(tensor) for name, tensor in response.outputs.items()}
        except ValueError as error:
            raise self._unreadable(f"a tensor that cannot be read: {error}") from error

    def states(self, name: str, expires: float) -> dict[int, tuple[str, str]]:
        """State and error by version of one model, all that the server knows of; one call."""
        spec = protos.ModelSpec(name=name)
        try:
            response = self._ask(self._get_status, protos.GetModelStatusRequest(model_spec=spec), spec, expires)
        except ModelNotFound:
            return {}
        return {
            status.version: (_STATES.get(status.state, "UNAVAILABLE"), status.status.error_message)
            for status in response.model_version_status
        }

    def labelled(self, name: str, label: str, expires: float) -> int:
        """The version of a model that a label means; only a model's metadata tell."""
        return self._learn(protos.ModelSpec(name=name, version_label=label), expires)[0]

    def forget(self, name: str, but: Container[int] = ()) -> None:
        """Forgets what a model's versions take, but some."""
        known = self._signatures.get(name, {}).items()
        self._signatures[name] = {version: signatures for version, signatures in known if version in but}

    def _check(self, spec: protos.ModelSpec, arrays: Mapping[str, np.ndarray], expires: float | None) -> None:
        """Refuses what the version meant does not take; without a number, what none of the model's versions takes.

        The server is asked about a version once, and again before anything is refused."""
        known = self._signatures.get(spec.name, {})
        meant = [spec.version.value] if spec.HasField("version") else list(known)
        for version in meant:
            with contextlib.suppress(KeyError, ModelNotFound, InvalidInput):
                _check_inputs(spec, arrays, known[version])
                return
        _check_inputs(spec, arrays, self._learn(spec, expires)[1])

    def _learn(self, spec: protos.ModelSpec, expires: float | None) -> tuple[int, dict[str, Inputs]]:
        """The version that a spec means, and what its signatures take."""
        request = protos.GetModelMetadataRequest(model_spec=spec, metadata_field=[FIELD])
        response = self._ask(self._get_metadata, request, spec, expires)
        version = response.model_spec.version.value
        try:
            signatures = read_signatures(response)
        except DecodeError as error:
            raise self._unreadable("signatures that cannot be read") from error
        self._signatures[spec.name] = {**self._signatures.get(spec.name, {}), version: signatures}
        return version, signatures

    def _ask(self, method: Callable[..., Any], request: Any, spec: protos.ModelSpec, expires: float | None) -> Any:
        """Calls once the window lets it, and again if the server lacks the threads while it answers our other calls."""
        while True:
            others = self._window.enter(_left(expires))
            if others is None:
                raise Overloaded(_EXHAUSTED)
            try:
                timeout = _left(expires)
                if timeout == 0:  # gRPC may answer a call that has no time at all
                    raise DeadlineExceeded(self._late())
                response = method(request, timeout=timeout)
            except grpc.RpcError as error:
                if error.code() is not grpc.StatusCode.RESOURCE_EXHAUSTED or not _lacks_threads(error):
                    self._window.leave()
                elif self._window.refused(others):
                    continue
                raise self._translate(error, spec) from error
            except BaseException:
                self._window.leave()
                raise
            self._window.leave()
            return response

    def _translate(self, error: grpc.RpcError, spec: protos.ModelSpec) -> BackendError:
        """The backend error for a gRPC status."""
        code, details = error.code(), _first_line(error.details())
        asked = f"version {spec.version.value} of model '{spec.name}'" if spec.HasField("version") else f"'{spec.name}'"
        match code:
            case grpc.StatusCode.NOT_FOUND:
                return ModelNotFound(f"The model server does not serve {asked}.")
            case grpc.StatusCode.FAILED_PRECONDITION if "signature" in details.lower():  # the version changed meanwhile
                return ModelNotFound(f"Model '{spec.name}' has no signature '{spec.signature_name}'.")
            case grpc.StatusCode.INVALID_ARGUMENT if "version label" in details:
                return ModelNotFound(f"Model '{spec.name}' has no label '{spec.version_label}'.")
            case grpc.StatusCode.INVALID_ARGUMENT:
                return InvalidInput(f"The model server refused the inputs of '{spec.name}': {details}.")
            case grpc.StatusCode.RESOURCE_EXHAUSTED:
                return Overloaded(_EXHAUSTED)
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

    def _unreadable(self, what: str) -> BackendUnavailable:
        return BackendUnavailable(f"The model server at {self.target} sent {what}.")


def _left(expires: float | None) -> float | None:
    return None if expires is None else max(0.0, expires - time.monotonic())


def _lacks_threads(error: grpc.RpcError) -> bool:
    """Whether the call was refused before the model saw it; of a lack of memory the details tell more."""
    return "thread" in (error.details() or "").lower()


def _request(spec: protos.ModelSpec, arrays: Mapping[str, np.ndarray]) -> protos.PredictRequest:
    request = protos.PredictRequest(model_spec=spec)
    for name, array in arrays.items():
        try:
            request.inputs[name].CopyFrom(encode(array))
        except ValueError as error:
            raise InvalidInput(f"Input '{name}' cannot be sent: {error}.") from error
    return request


def _check_inputs(spec: protos.ModelSpec, arrays: Mapping[str, np.ndarray], signatures: Mapping[str, Inputs]) -> None:
    expected = signatures.get(spec.signature_name)
    if expected is None:
        raise no_signature(spec.name, spec.signature_name, signatures)
    check_signature(arrays, expected)


def _first_line(details: str | None) -> str:
    lines = (details or "").strip().splitlines()
    return lines[0].rstrip(".") if lines else "no details"
