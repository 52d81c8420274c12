"""The wire format of the gRPC stubs, as bytes written by hand from upstream's .proto files."""

from __future__ import annotations

import pytest
from google.protobuf import wrappers_pb2
from tensorflow.core.framework import tensor_pb2, tensor_shape_pb2, types_pb2

from serving.backends import protos

# Each message stands beside its bytes: (field number << 3 | wire type), length, content. Wire type 0 is a varint,
# 2 is length-delimited.
SPEC = (
    b"\x0a\x06planet"  # ModelSpec.name = 1
    b"\x12\x02\x08\x07"  # ModelSpec.version = 2: Int64Value.value = 1
    b"\x1a\x08generate"  # ModelSpec.signature_name = 3
)
TENSOR = (
    b"\x08\x04"  # TensorProto.dtype = 1: DT_UINT8 = 4
    b"\x12\x08\x12\x02\x08\x01\x12\x02\x08\x02"  # .tensor_shape = 2: dim = 2 twice: size = 1
    b"\x22\x02\x05\xff"  # .tensor_content = 4
)


def test_predict_request() -> None:
    request = protos.PredictRequest()
    request.model_spec.name = "planet"
    request.model_spec.version.value = 7
    request.model_spec.signature_name = "generate"
    request.inputs["latent"].CopyFrom(_tensor())

    entry = b"\x0a\x06latent" + b"\x12\x10" + TENSOR  # map entry: key = 1, value = 2
    expected = b"\x0a\x16" + SPEC + b"\x12" + bytes([len(entry)]) + entry
    assert request.SerializeToString(deterministic=True) == expected


def test_predict_response() -> None:
    entry = b"\x0a\x05image" + b"\x12\x10" + TENSOR
    data = b"\x0a" + bytes([len(entry)]) + entry + b"\x12\x16" + SPEC  # outputs = 1, model_spec = 2

    response = protos.PredictResponse.FromString(data)

    assert response.outputs["image"] == _tensor()
    assert response.model_spec.version.value == 7


def test_get_model_metadata() -> None:
    spec = protos.ModelSpec(name="planet", version_label="canary")
    request = protos.GetModelMetadataRequest(model_spec=spec, metadata_field=["signature_def"])
    # model_spec = 1: name = 1, version_label = 4; metadata_field = 2
    assert request.SerializeToString() == b"\x0a\x10\x0a\x06planet\x22\x06canary\x12\x0dsignature_def"

    response = protos.GetModelMetadataResponse.FromString(b"\x0a\x16" + SPEC + b"\x12\x00")
    assert response.model_spec.version.value == 7


def test_get_model_status() -> None:
    request = protos.GetModelStatusRequest(model_spec=protos.ModelSpec(name="planet"))
    assert request.SerializeToString() == b"\x0a\x08\x0a\x06planet"

    response = protos.GetModelStatusResponse.FromString(
        b"\x0a\x04\x08\x02\x10\x1e"  # model_version_status = 1: version = 1, state = 2: AVAILABLE = 30
        b"\x0a\x0d\x08\x01\x10\x32\x1a\x07"  # and END = 50 with status = 3:
        b"\x08\x05\x12\x03bad"  # error_code = 1, error_message = 2
    )

    available, ended = response.model_version_status
    assert (available.version, available.state, available.status.error_message) == (2, 30, "")
    assert (ended.version, ended.state, ended.status.error_code, ended.status.error_message) == (1, 50, 5, "bad")


def test_an_absent_version_is_not_version_zero() -> None:
    assert not protos.ModelSpec(name="planet").HasField("version")
    assert protos.ModelSpec(name="planet").SerializeToString() == b"\x0a\x06planet"


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (protos.TensorProto.DESCRIPTOR, tensor_pb2.TensorProto.DESCRIPTOR),
        (
            protos.TensorProto.DESCRIPTOR.fields_by_name["tensor_shape"].message_type,
            tensor_shape_pb2.TensorShapeProto.DESCRIPTOR,
        ),
        (protos.ModelSpec.DESCRIPTOR.fields_by_name["version"].message_type, wrappers_pb2.Int64Value.DESCRIPTOR),
    ],
)
def test_fields_are_those_of_the_full_definition(ours, theirs) -> None:
    assert ours.full_name == theirs.full_name
    for field in ours.fields:
        full = theirs.fields_by_name[field.name]
        assert (field.number, field.type, field.is_repeated) == (full.number, full.type, full.is_repeated), field.name


def test_data_types_are_those_of_the_full_definition() -> None:
    ours = protos.TensorProto.DESCRIPTOR.fields_by_name["dtype"].enum_type

    assert {value.name: value.number for value in ours.values}.items() <= dict(types_pb2.DataType.items()).items()


def _tensor() -> protos.TensorProto:
    tensor = protos.TensorProto(dtype=4, tensor_content=b"\x05\xff")
    for size in (1, 2):
        tensor.tensor_shape.dim.add(size=size)
    return tensor
