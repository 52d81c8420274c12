"""Arrays to TensorProto and back, checked against TensorFlow's own TensorProto."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf
from tensorflow.core.framework import tensor_pb2

from serving.backends.protos import TensorProto
from serving.backends.tensors import decode, encode

DTYPES = ["float32", "float64", "int32", "int64", "uint8", "uint16", "bool"]


@pytest.mark.parametrize("dtype", DTYPES)
def test_tensorflow_reads_what_encode_writes(dtype: str) -> None:
    array = np.arange(12).reshape(2, 3, 2).astype(dtype)

    theirs = tf.make_ndarray(tensor_pb2.TensorProto.FromString(encode(array).SerializeToString()))

    assert theirs.dtype == array.dtype
    np.testing.assert_array_equal(theirs, array)


@pytest.mark.parametrize("order", [">f4", "<f4"])
def test_byte_order_and_strides_do_not_matter(order: str) -> None:
    array = np.arange(12, dtype=order).reshape(3, 4).T[::2]

    np.testing.assert_array_equal(decode(encode(array)), array)


@pytest.mark.parametrize("dtype", [dtype for dtype in DTYPES if dtype not in ("bool", "uint16")])  # never packed
def test_decode_reads_tensorflows_tensor_content(dtype: str) -> None:
    array = np.arange(12).reshape(2, 6).astype(dtype)
    theirs = tf.make_tensor_proto(array)
    assert theirs.tensor_content

    ours = decode(TensorProto.FromString(theirs.SerializeToString()))

    assert ours.dtype == array.dtype
    np.testing.assert_array_equal(ours, array)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("values", [[], [1], [0, 1], [1, 0, 1, 0, 1, 1]])
def test_decode_repeats_the_last_typed_value(dtype: str, values: list[int]) -> None:
    field = {"float32": "float_val", "float64": "double_val", "int64": "int64_val", "bool": "bool_val"}
    theirs = tensor_pb2.TensorProto(
        dtype=tf.as_dtype(dtype).as_datatype_enum,
        tensor_shape=tf.TensorShape([2, 3]).as_proto(),
        **{field.get(dtype, "int_val"): values},
    )

    ours = decode(TensorProto.FromString(theirs.SerializeToString()))

    assert ours.dtype == dtype
    np.testing.assert_array_equal(ours, tf.make_ndarray(theirs))


def test_a_zero_sized_tensor_keeps_its_shape() -> None:
    assert decode(encode(np.zeros((0, 4), np.float32))).shape == (0, 4)


@pytest.mark.parametrize("array", [np.array(["text"]), np.array([object()]), np.zeros(2, np.complex64)])
def test_other_dtypes_cannot_be_sent(array: np.ndarray) -> None:
    with pytest.raises(ValueError, match="cannot be sent"):
        encode(array)


def test_data_that_does_not_fill_the_shape_is_refused() -> None:
    short = encode(np.zeros((2, 2), np.float32))
    short.tensor_content = short.tensor_content[:-4]
    with pytest.raises(ValueError):
        decode(short)

    long = TensorProto(dtype=1, float_val=[1.0, 2.0])
    long.tensor_shape.dim.add(size=1)
    with pytest.raises(ValueError, match="2 values for shape"):
        decode(long)


def test_an_unknown_dtype_is_refused() -> None:
    with pytest.raises(ValueError, match="DataType 7 is not known"):
        decode(TensorProto(dtype=7))
