"""NumPy arrays to TensorProto and back, at the speed of a copy."""

from __future__ import annotations

import math

import numpy as np

from serving.backends.protos import TensorProto

# DataType number: (dtype on the wire, typed field that holds it when tensor_content does not)
_TYPES = {
    1: (np.dtype("<f4"), "float_val"),
    2: (np.dtype("<f8"), "double_val"),
    3: (np.dtype("<i4"), "int_val"),
    4: (np.dtype("u1"), "int_val"),
    9: (np.dtype("<i8"), "int64_val"),
    10: (np.dtype("?"), "bool_val"),
    17: (np.dtype("<u2"), "int_val"),
}
_NUMBERS = {dtype: number for number, (dtype, _) in _TYPES.items()}


def numpy_dtype(number: int) -> np.dtype:
    """The dtype of a DataType; that of no array that can be sent, `object`, where it is not known."""
    return _TYPES.get(number, (np.dtype(object), ""))[0]


def encode(array: np.ndarray) -> TensorProto:
    """Returns a TensorProto with the array in `tensor_content`.

    Raises:
        ValueError: A dtype other than float32, float64, int32, int64, uint8, uint16 and bool.
    """
    number = _NUMBERS.get(array.dtype.newbyteorder("<"))
    if number is None:
        raise ValueError(f"dtype {array.dtype} cannot be sent")
    dtype, _ = _TYPES[number]
    proto = TensorProto(dtype=number, tensor_content=array.astype(dtype, copy=False).tobytes())
    for size in array.shape:
        proto.tensor_shape.dim.add(size=size)
    return proto


def decode(proto: TensorProto) -> np.ndarray:
    """Returns the array, read-only where it shares the message's bytes.

    Without `--enable_serialization_as_tensor_content` TensorFlow Serving fills the typed field, and leaves out the end
    of the list where the last value only repeats.

    Raises:
        ValueError: A dtype that `encode` does not know, or data that does not fill the shape.
    """
    if proto.dtype not in _TYPES:
        raise ValueError(f"DataType {proto.dtype} is not known")
    dtype, field = _TYPES[proto.dtype]
    shape = [dim.size for dim in proto.tensor_shape.dim]
    if proto.tensor_content:
        return np.frombuffer(proto.tensor_content, dtype).reshape(shape)
    size = math.prod(shape)
    values = np.array(getattr(proto, field), dtype)
    if len(values) > size:
        raise ValueError(f"{len(values)} values for shape {shape}")
    last = values[-1] if len(values) else 0
    return np.concatenate([values, np.full(size - len(values), last, dtype)]).reshape(shape)
