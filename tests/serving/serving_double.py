"""A stand-in for TensorFlow Serving: a real gRPC server over real SavedModels that answers as TensorFlow Serving does.

It shares no code with `serving.backends.protos`: envelopes are read and written byte by byte from the field numbers in
upstream's .proto files, tensors by TensorFlow's own TensorProto. A wrong field number there therefore fails here.
"""

from __future__ import annotations

import concurrent.futures
import contextlib
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import grpc
import numpy as np
import tensorflow as tf
from tensorflow.core.framework import tensor_pb2
from tensorflow.core.protobuf.config_pb2 import CallableOptions
from tensorflow.core.protobuf.meta_graph_pb2 import SignatureDef

from serving.backends import create_backend
from serving.backends.base import Backend

# What TensorFlow Serving says when it is too busy, word for word.
QUEUE_FULL = (
    grpc.StatusCode.UNAVAILABLE,
    "The batch scheduling queue to which this task was submitted is full; currently 64 batches enqueued",
)
THREADS_EXHAUSTED = (grpc.StatusCode.RESOURCE_EXHAUSTED, "Server Threadpool Exhausted")


class ServerEnded(Exception):
    """What a real server says before its process ends."""


class ServingDouble:
    """Serves every version below a folder, until `stop` or the end of a `with` block.

    As the real one, it does not look whether shapes fit a signature, and ends, with all its models, over a picture of
    another rank and over a version that cannot be loaded while it starts.

    Args:
        saved_models: Folder with `NAME/VERSION/` SavedModels.
        tensor_content: Whether outputs come in `tensor_content` or in typed fields, as without
            `--enable_serialization_as_tensor_content`.
        max_batch: Largest batch taken; a larger one is INVALID_ARGUMENT.
        max_calls: Calls answered at once; more are refused, as beyond `--grpc_max_threads`. Without end if None.
        outlasts: Whether a version that cannot be loaded is tried for as long as others load, as with many
            `--max_num_load_retries`: then it ends the server only where it is its model's only one.
        port: Port to listen on; 0 for a free one.
        labels: Version by label by model name.

    Attributes:
        labels: As given; they may be moved.
        target: `HOST:PORT`.
        trouble: gRPC status and details that Predict answers with, or None.
        trouble_left: How many Predicts more the trouble lasts; without end if None.
        takes: Seconds that every Predict takes besides, as a larger model would.
        busy: Whether all that asks for states and labels is refused, for a lack of threads.
        gate: While cleared, every call hangs.
        called: Set at the first call.
        calls: How many calls there were, of any kind.
        predicts: How many times Predict was called.
        refused: How many calls were refused because of `max_calls` or `busy`.
        most: The most calls that were answered at once.
        batches: Batch sizes of the Predict requests so far.
        metadata: Of the Predict requests so far.
        ended: Why the server has ended, else `""`.

    Raises:
        ServerEnded: A version cannot be loaded.
    """

    def __init__(
        self,
        saved_models: Path,
        *,
        tensor_content: bool = True,
        max_batch: int = 64,
        max_calls: int | None = None,
        outlasts: bool = False,
        port: int = 0,
        labels: Mapping[str, Mapping[str, int]] = MappingProxyType({}),
    ) -> None:
        self.labels = labels
        self.trouble: tuple[grpc.StatusCode, str] | None = None
        self.trouble_left: int | None = None
        self.takes = 0.0
        self.busy = False
        self.calls = self.predicts = self.refused = self.most = 0
        self.gate = threading.Event()
        self.gate.set()
        self.called = threading.Event()
        self.batches: list[int] = []
        self.metadata: list[dict[str, Any]] = []
        self.ended = ""
        self._answering = 0
        self._lock = threading.Lock()
        self._tensor_content = tensor_content
        self._max_batch = max_batch
        self._max_calls = max_calls
        self._saved_models = saved_models
        self._loaded: dict[str, dict[int, ServedModel]] = {}
        self._broken: dict[str, dict[int, str]] = {}
        self.load_new()
        for name, errors in self._broken.items():
            if max(errors) > max(self._loaded.get(name, {}), default=0) and not (outlasts and name in self._loaded):
                raise ServerEnded(f"1 servable(s) did not become available: {{{name}: {errors}}}")
        self._server = grpc.server(
            concurrent.futures.ThreadPoolExecutor(64), options=[("grpc.max_receive_message_length", -1)]
        )
        for service, methods in {
            "tensorflow.serving.PredictionService": {
                "Predict": self._predict,
                "GetModelMetadata": self._get_model_metadata,
            },
            "tensorflow.serving.ModelService": {"GetModelStatus": self._get_model_status},
        }.items():
            handlers = {
                name: grpc.unary_unary_rpc_method_handler(self._answered(answer)) for name, answer in methods.items()
            }
            self._server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(service, handlers),))
        self.port = self._server.add_insecure_port(f"127.0.0.1:{port}")
        self.target = f"127.0.0.1:{self.port}"
        self._server.start()

    def __enter__(self) -> ServingDouble:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        self.gate.set()
        self._server.stop(None).wait()

    def load_new(self) -> None:
        """Loads what has come into the folder; what cannot be loaded is left alone, as by a server that runs."""
        for folder in sorted(self._saved_models.glob("[!.]*/*")):
            name, number = folder.parent.name, folder.name
            known = {*self._loaded.get(name, {}), *self._broken.get(name, {})}
            if number.isdecimal() and int(number) not in known:
                self._load(name, int(number))

    def follow(self) -> None:
        """Serves of each model the newest version in the folder that can be loaded, as TensorFlow Serving does unless
        told otherwise: a new version is loaded before the one before it is unloaded."""
        self.load_new()
        for name, versions in list(self._loaded.items()):
            self._loaded[name] = {max(versions): versions[max(versions)]}
            newer = {version: error for version, error in self._broken.get(name, {}).items() if version > max(versions)}
            self._broken[name] = newer

    def _load(self, name: str, version: int) -> None:
        try:
            model = ServedModel(self._saved_models / name / str(version))
        except (OSError, ValueError, tf.errors.OpError) as error:
            self._broken.setdefault(name, {})[version] = str(error)
        else:
            self._loaded[name] = {**self._loaded.get(name, {}), version: model}

    def _answered(self, answer: Callable[[bytes, grpc.ServicerContext], bytes]) -> Callable[..., bytes]:
        """The same method, refused while the server has no thread for it."""

        def within_threads(request: bytes, context: grpc.ServicerContext) -> bytes:
            with self._lock:
                self.calls += 1
                self.predicts += answer == self._predict
                is_refused = self._answering == self._max_calls or (self.busy and answer != self._predict)
                self.refused += is_refused
                self._answering += not is_refused
                self.most = max(self.most, self._answering)
            if is_refused:
                context.abort(*THREADS_EXHAUSTED)
            self.called.set()
            self.gate.wait()
            try:
                return answer(request, context)
            finally:
                with self._lock:
                    self._answering -= 1

        return within_threads

    def _predict(self, request: bytes, context: grpc.ServicerContext) -> bytes:
        self.metadata.append(dict(context.invocation_metadata()))
        if trouble := self._next_trouble():
            context.abort(*trouble)
        spec, tensors = read_predict_request(request)
        version, model = self._resolve(spec, context)
        signature = model.signatures.get(spec["signature_name"])
        if signature is None:
            message = f'Serving signature key "{spec["signature_name"]}" not found.'
            context.abort(grpc.StatusCode.FAILED_PRECONDITION, message)
        fault = self._input_fault(signature, tensors)
        if fault:
            context.abort(grpc.StatusCode.INVALID_ARGUMENT, fault)
        self._end_over_rank(signature, tensors)
        if self.ended:
            context.abort(grpc.StatusCode.UNAVAILABLE, "Socket closed")
        time.sleep(self.takes)
        try:
            outputs = model.run(spec["signature_name"], tensors)
        except tf.errors.OpError as error:
            context.abort(getattr(grpc.StatusCode, type(error).__name__, grpc.StatusCode.INVALID_ARGUMENT), str(error))
        self.batches.append(len(next(iter(tensors.values()))))
        encode = _as_tensor_content if self._tensor_content else _as_typed_field
        entries = {key: encode(value).SerializeToString() for key, value in outputs.items()}
        return write_predict_response(spec["name"], version, entries)

    def _end_over_rank(self, signature: SignatureDef, tensors: Mapping[str, np.ndarray]) -> None:
        """A kernel's CHECK ends the process; here the server alone."""
        for key, value in tensors.items():
            rank = len(signature.inputs[key].tensor_shape.dim)
            if value.ndim != rank and rank == 4:
                self.ended = f"Check failed: {rank} == dims() ({rank} vs. {value.ndim})"
                self._server.stop(None)

    def _resolve(self, spec: dict[str, Any], context: grpc.ServicerContext) -> tuple[int, Any]:
        """The loaded version that a model spec means, and its model."""
        name, version, label = spec["name"], spec["version"], spec["version_label"]
        versions = self._loaded.get(name, {})
        asked = f"Latest({name})" if version is None else f"Specific({name}, {version})"
        if label is not None:
            version = self.labels.get(name, {}).get(label)
            if version is None:
                context.abort(grpc.StatusCode.INVALID_ARGUMENT, f"Unrecognized servable version label: {label}")
        elif version is None:
            version = max(versions, default=None)
        if version not in versions:
            context.abort(grpc.StatusCode.NOT_FOUND, f"Servable not found for request: {asked}")
        return version, versions[version]

    def _get_model_metadata(self, request: bytes, context: grpc.ServicerContext) -> bytes:
        """Which version a spec means, and its signatures."""
        asked = dict(_fields(request))
        if asked.get(2) != b"signature_def":
            context.abort(grpc.StatusCode.INVALID_ARGUMENT, "must specify at least one metadata_field")
        spec = _read_model_spec(asked[1])
        version, model = self._resolve(spec, context)
        signatures = b"".join(
            _field(1, _field(1, name.encode()) + _field(2, signature.SerializeToString()))
            for name, signature in model.signatures.items()
        )
        packed = _field(1, b"type.googleapis.com/tensorflow.serving.SignatureDefMap") + _field(2, signatures)
        metadata = _field(2, _field(1, b"signature_def") + _field(2, packed))
        return _field(1, _field(1, spec["name"].encode()) + _field(2, _field(1, version))) + metadata

    def _next_trouble(self) -> tuple[grpc.StatusCode, str] | None:
        with self._lock:
            if self.trouble_left is None:
                return self.trouble
            self.trouble_left -= 1
            return self.trouble if self.trouble_left >= 0 else None

    def _input_fault(self, signature: SignatureDef, tensors: Mapping[str, np.ndarray]) -> str:
        wanted = signature.inputs
        if len(tensors) != len(wanted):
            return f"input size does not match signature: {len(tensors)}!={len(wanted)}"
        for key, value in tensors.items():
            if key not in wanted:
                listed = ",".join(wanted)
                return (
                    f"input tensor alias not found in signature: {key}. Inputs expected to be in the set {{{listed}}}."
                )
            dtype = tf.as_dtype(wanted[key].dtype)
            if value.dtype != dtype.as_numpy_dtype:
                return f"Expects arg[0] to be {dtype.name} but {value.dtype} is provided"
            if len(value) > self._max_batch:
                return f"Task size {len(value)} is larger than maximum input batch size {self._max_batch}"
        return ""

    def _get_model_status(self, request: bytes, context: grpc.ServicerContext) -> bytes:
        (spec,) = (value for number, value in _fields(request) if number == 1)
        name = _read_model_spec(spec)["name"]
        states = dict.fromkeys(self._loaded.get(name, {}), (30, 0, ""))
        states |= {version: (50, 2, error) for version, error in self._broken.get(name, {}).items()}
        if not states:
            context.abort(grpc.StatusCode.NOT_FOUND, f"Could not find any versions of model {name}")
        return b"".join(
            _field(1, _field(1, version) + _field(2, state) + _field(3, _field(1, code) + _field(2, error.encode())))
            for version, (state, code, error) in states.items()
        )


class ServedModel:
    """A SavedModel run as TensorFlow Serving runs it: its graph in a session, into which anything may be fed."""

    def __init__(self, folder: Path) -> None:
        with tf.Graph().as_default() as graph:
            self._session = tf.compat.v1.Session(graph=graph)
            meta_graph = tf.compat.v1.saved_model.load(self._session, ["serve"], str(folder))
        self.signatures: dict[str, SignatureDef] = dict(meta_graph.signature_def)
        self._calls = {
            name: self._make_call(signature)
            for name, signature in self.signatures.items()
            if not name.startswith("__")  # TensorFlow's own
        }

    def run(self, signature: str, arrays: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        inputs, outputs, call = self._calls[signature]
        return dict(zip(outputs, call(*(arrays[name] for name in inputs)), strict=True))

    def _make_call(self, signature: SignatureDef) -> tuple[list[str], list[str], Callable[..., list[np.ndarray]]]:
        inputs, outputs = sorted(signature.inputs), sorted(signature.outputs)
        options = CallableOptions(
            feed=[signature.inputs[name].name for name in inputs],
            fetch=[signature.outputs[name].name for name in outputs],
        )
        # Session.run looks at the shapes, for whoever writes Python.
        return inputs, outputs, self._session._make_callable_from_options(options)


@contextlib.contextmanager
def backend_of(kind: str, saved_models: Path) -> Iterator[Backend]:
    """A backend over a folder, `"embedded"` or `"tfserving"`, the latter asking a double, while the block lasts."""
    with contextlib.ExitStack() as stack:
        target = stack.enter_context(ServingDouble(saved_models)).target if kind == "tfserving" else None
        backend = create_backend(kind, saved_models=saved_models, target=target)
        stack.callback(backend.close)
        yield backend


def read_predict_request(data: bytes) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """Model spec and input arrays of a serialized `tensorflow.serving.PredictRequest`."""
    spec: dict[str, Any] = {}
    tensors = {}
    for number, value in _fields(data):
        if number == 1:
            spec = _read_model_spec(value)
        elif number == 2:
            entry = dict(_fields(value))
            tensors[entry[1].decode()] = tf.make_ndarray(tensor_pb2.TensorProto.FromString(entry[2]))
        else:
            raise ValueError(f"PredictRequest has no field {number}")
    return spec, tensors


def write_predict_response(name: str, version: int, tensors: dict[str, bytes]) -> bytes:
    """A serialized `tensorflow.serving.PredictResponse` of serialized tensors by output name."""
    spec = _field(1, name.encode()) + _field(2, _field(1, version))
    outputs = b"".join(_field(1, _field(1, key.encode()) + _field(2, value)) for key, value in tensors.items())
    return outputs + _field(2, spec)


def _read_model_spec(data: bytes) -> dict[str, Any]:
    spec: dict[str, Any] = {"name": "", "version": None, "signature_name": "", "version_label": None}
    for number, value in _fields(data):
        if number == 2:
            spec["version"] = dict(_fields(value)).get(1, 0)
        else:
            spec[{1: "name", 3: "signature_name", 4: "version_label"}[number]] = value.decode()
    return spec


def _fields(data: bytes) -> Iterator[tuple[int, Any]]:
    """Field numbers and values of a protobuf message: int for a varint, bytes for anything length-delimited."""
    position = 0

    def varint() -> int:
        nonlocal position
        value = shift = 0
        while True:
            byte = data[position]
            position += 1
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value

    while position < len(data):
        key = varint()
        if key & 7 == 0:
            yield key >> 3, varint()
        elif key & 7 == 2:
            length = varint()
            yield key >> 3, data[position : position + length]
            position += length
        else:
            raise ValueError(f"wire type {key & 7} is not used here")


def _field(number: int, value: int | bytes) -> bytes:
    """One protobuf field: an int as a varint, bytes length-delimited."""
    if isinstance(value, int):
        return _varint(number << 3) + _varint(value)
    return _varint(number << 3 | 2) + _varint(len(value)) + value


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])


def _as_tensor_content(array: np.ndarray) -> tensor_pb2.TensorProto:
    proto = _empty_proto(array)
    proto.tensor_content = array.tobytes()
    return proto


def _as_typed_field(array: np.ndarray) -> tensor_pb2.TensorProto:
    """Values in the typed field, the repeats of the last one left out."""
    proto = _empty_proto(array)
    flat = array.reshape(-1)
    different = np.flatnonzero(flat != flat[-1])
    kept = flat[: different[-1] + 2 if len(different) else 1]
    field: Callable[[Any], None] = {"uint8": proto.int_val.extend, "float32": proto.float_val.extend}[array.dtype.name]
    field(kept.tolist())
    return proto


def _empty_proto(array: np.ndarray) -> tensor_pb2.TensorProto:
    return tensor_pb2.TensorProto(
        dtype=tf.as_dtype(array.dtype).as_datatype_enum, tensor_shape=tf.TensorShape(array.shape).as_proto()
    )


if __name__ == "__main__":  # python -m tests.serving.serving_double FOLDER PORT: a process to kill and to freeze
    with ServingDouble(Path(sys.argv[1]), port=int(sys.argv[2])) as double:
        while not double.ended:
            double.follow()
            time.sleep(0.2)
    sys.exit(double.ended)
