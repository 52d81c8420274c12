"""The part of TensorFlow Serving's gRPC API that the gateway speaks, without TensorFlow installed.

Packages, names and field numbers are those of tensorflow/serving (`predict.proto`, `model.proto`,
`get_model_metadata.proto`, `get_model_status.proto`, `status.proto`, `prediction_log.proto`) and tensorflow/tensorflow
(`tensor.proto`, `tensor_shape.proto`, `types.proto`, `meta_graph.proto`, `tensor_bundle.proto`); fields that nobody
here reads are left out, which the wire format allows. The messages live in a descriptor pool of their own, so that they
do not clash with TensorFlow's where that is imported too.
"""

from __future__ import annotations

from google.protobuf import any_pb2, descriptor_pb2, descriptor_pool, message_factory, wrappers_pb2

PREDICT = "/tensorflow.serving.PredictionService/Predict"
GET_MODEL_METADATA = "/tensorflow.serving.PredictionService/GetModelMetadata"
GET_MODEL_STATUS = "/tensorflow.serving.ModelService/GetModelStatus"

_ENUMS = {
    "tensorflow": {
        "DataType": {
            "DT_INVALID": 0,
            "DT_FLOAT": 1,
            "DT_DOUBLE": 2,
            "DT_INT32": 3,
            "DT_UINT8": 4,
            "DT_INT64": 9,
            "DT_BOOL": 10,
            "DT_UINT16": 17,
        },
    },
    "tensorflow.serving": {
        "State": {"UNKNOWN": 0, "START": 10, "LOADING": 20, "AVAILABLE": 30, "UNLOADING": 40, "END": 50},
    },
}

# message: {field number: (type, name)}; types are written as in a .proto file
_MESSAGES = {
    "tensorflow": {
        "Dim": {1: ("int64", "size")},
        "TensorShapeProto": {2: ("repeated .tensorflow.Dim", "dim"), 3: ("bool", "unknown_rank")},
        "TensorProto": {
            1: ("enum .tensorflow.DataType", "dtype"),
            2: (".tensorflow.TensorShapeProto", "tensor_shape"),
            4: ("bytes", "tensor_content"),
            5: ("repeated float", "float_val"),
            6: ("repeated double", "double_val"),
            7: ("repeated int32", "int_val"),
            10: ("repeated int64", "int64_val"),
            11: ("repeated bool", "bool_val"),
        },
        "TensorInfo": {2: ("enum .tensorflow.DataType", "dtype"), 3: (".tensorflow.TensorShapeProto", "tensor_shape")},
        "SignatureDef": {1: ("map .tensorflow.TensorInfo", "inputs")},
        "BundleHeaderProto": {1: ("int32", "num_shards")},
        "BundleEntryProto": {3: ("int32", "shard_id"), 4: ("int64", "offset"), 5: ("int64", "size")},
    },
    "tensorflow.serving": {
        "ModelSpec": {
            1: ("string", "name"),
            2: (".google.protobuf.Int64Value", "version"),
            3: ("string", "signature_name"),
            4: ("string", "version_label"),  # in place of a version, of which upstream's oneof keeps the last
        },
        "PredictRequest": {
            1: (".tensorflow.serving.ModelSpec", "model_spec"),
            2: ("map .tensorflow.TensorProto", "inputs"),
        },
        "PredictResponse": {
            1: ("map .tensorflow.TensorProto", "outputs"),
            2: (".tensorflow.serving.ModelSpec", "model_spec"),
        },
        "GetModelMetadataRequest": {
            1: (".tensorflow.serving.ModelSpec", "model_spec"),
            2: ("repeated string", "metadata_field"),
        },
        "GetModelMetadataResponse": {
            1: (".tensorflow.serving.ModelSpec", "model_spec"),
            2: ("map .google.protobuf.Any", "metadata"),
        },
        "SignatureDefMap": {1: ("map .tensorflow.SignatureDef", "signature_def")},
        "GetModelStatusRequest": {1: (".tensorflow.serving.ModelSpec", "model_spec")},
        "StatusProto": {1: ("int32", "error_code"), 2: ("string", "error_message")},
        "ModelVersionStatus": {
            1: ("int64", "version"),
            2: ("enum .tensorflow.serving.State", "state"),
            3: (".tensorflow.serving.StatusProto", "status"),
        },
        "GetModelStatusResponse": {1: ("repeated .tensorflow.serving.ModelVersionStatus", "model_version_status")},
        "PredictLog": {1: (".tensorflow.serving.PredictRequest", "request")},
        "PredictionLog": {6: (".tensorflow.serving.PredictLog", "predict_log")},
    },
}


def _build_pool() -> descriptor_pool.DescriptorPool:
    pool = descriptor_pool.DescriptorPool()
    imports = []
    for known in (any_pb2.DESCRIPTOR, wrappers_pb2.DESCRIPTOR):
        pool.AddSerializedFile(known.serialized_pb)
        imports.append(known.name)
    for package, messages in _MESSAGES.items():
        file = descriptor_pb2.FileDescriptorProto(
            name=f"planet_generator/{package}.proto", package=package, syntax="proto3", dependency=imports
        )
        for name, values in _ENUMS[package].items():
            enum = file.enum_type.add(name=name)
            for label, number in values.items():
                enum.value.add(name=label, number=number)
        for name, fields in messages.items():
            message = file.message_type.add(name=name)
            for number, (kind, field) in fields.items():
                _add_field(message, f".{package}.{name}", number, kind, field)
        pool.AddSerializedFile(file.SerializeToString())
        imports.append(file.name)
    return pool


def _add_field(message: descriptor_pb2.DescriptorProto, path: str, number: int, kind: str, name: str) -> None:
    """Adds one field; a map is, as protoc makes it, a repeated entry message of `key` and `value`."""
    field = message.field.add(name=name, number=number, label=descriptor_pb2.FieldDescriptorProto.LABEL_OPTIONAL)
    modifier, _, rest = kind.rpartition(" ")
    if modifier == "map":
        entry = message.nested_type.add(name=f"{name.title().replace('_', '')}Entry")
        entry.options.map_entry = True
        _add_field(entry, f"{path}.{entry.name}", 1, "string", "key")
        _add_field(entry, f"{path}.{entry.name}", 2, rest, "value")
        rest = f"{path}.{entry.name}"
    if modifier in ("map", "repeated"):
        field.label = descriptor_pb2.FieldDescriptorProto.LABEL_REPEATED
    if rest.startswith("."):
        scalar = "ENUM" if modifier == "enum" else "MESSAGE"
        field.type_name = rest
    else:
        scalar = rest.upper()
    field.type = descriptor_pb2.FieldDescriptorProto.Type.Value(f"TYPE_{scalar}")


_POOL = _build_pool()


def _message(name: str) -> type:
    return message_factory.GetMessageClass(_POOL.FindMessageTypeByName(name))


TensorProto = _message("tensorflow.TensorProto")
ModelSpec = _message("tensorflow.serving.ModelSpec")
PredictRequest = _message("tensorflow.serving.PredictRequest")
PredictResponse = _message("tensorflow.serving.PredictResponse")
GetModelMetadataRequest = _message("tensorflow.serving.GetModelMetadataRequest")
GetModelMetadataResponse = _message("tensorflow.serving.GetModelMetadataResponse")
SignatureDefMap = _message("tensorflow.serving.SignatureDefMap")
TensorInfo = _message("tensorflow.TensorInfo")
BundleHeaderProto = _message("tensorflow.BundleHeaderProto")
BundleEntryProto = _message("tensorflow.BundleEntryProto")
PredictionLog = _message("tensorflow.serving.PredictionLog")
GetModelStatusRequest = _message("tensorflow.serving.GetModelStatusRequest")
GetModelStatusResponse = _message("tensorflow.serving.GetModelStatusResponse")
