"""Arrays out of a file of weights that PyTorch wrote in its format before 1.6, read without PyTorch.

The file is a row of pickles: a magic number, the protocol, the machine's sizes, the dictionary, whose tensors point to
storages, and the storages' keys; then each storage, its length as int64 before its numbers. Nothing in it can run code.
"""

from __future__ import annotations

import pickle
from collections import OrderedDict
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import numpy as np

from datasets.errors import RequestError

_MAGIC, _PROTOCOL = 0x1950A86A20F9469CFC6C, 1001
_DTYPES = {"FloatStorage": "<f4", "LongStorage": "<i8"}


def read_pytorch_file(path: Path) -> dict[str, np.ndarray]:
    """The arrays of a state dictionary by name, float32 or int64.

    Raises:
        RequestError: The file is no such dictionary, or is damaged.
        OSError: It can't be read.
    """
    with open(path, "rb") as file:
        try:
            if _load(file) != _MAGIC or _load(file) != _PROTOCOL or not _load(file)["little_endian"]:
                raise ValueError("it begins with another number")
            unpickler = _Unpickler(file)
            tensors = unpickler.load()
            storages = {key: _storage(file, unpickler.storages[key]) for key in _load(file)}
            return {name: _array(tensor, storages) for name, tensor in tensors.items()}
        except (pickle.UnpicklingError, ValueError, LookupError, TypeError, AttributeError, EOFError) as error:
            raise RequestError(
                f"{path} is no file of weights in PyTorch's format before 1.6 ({error}): fetch it anew."
            ) from None


class _Storage(NamedTuple):
    key: str
    dtype: str
    length: int


class _Tensor(NamedTuple):
    storage: _Storage
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]  # in numbers


class _Unpickler(pickle.Unpickler):
    """Knows the names that a dictionary of tensors needs, and no others."""

    def __init__(self, file: BinaryIO):
        super().__init__(file)
        self.storages: dict[str, _Storage] = {}

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) == ("collections", "OrderedDict"):
            return OrderedDict
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return lambda storage, offset, shape, strides, *_: _Tensor(storage, offset, tuple(shape), tuple(strides))
        if module == "torch" and name in _DTYPES:
            return _DTYPES[name]
        raise pickle.UnpicklingError(f"it asks for {module}.{name}")

    def persistent_load(self, pid: tuple[Any, ...]) -> _Storage:
        _, dtype, key, _, length, *_ = pid
        return self.storages.setdefault(key, _Storage(key, dtype, length))


def _load(file: BinaryIO) -> Any:
    return _Unpickler(file).load()


def _storage(file: BinaryIO, storage: _Storage) -> np.ndarray:
    dtype = np.dtype(storage.dtype)
    length = int.from_bytes(file.read(8), "little")
    data = file.read(length * dtype.itemsize) if length == storage.length else b""
    if len(data) != storage.length * dtype.itemsize:
        raise ValueError(f"storage {storage.key} is cut short")
    return np.frombuffer(data, dtype)


def _array(tensor: _Tensor, storages: dict[str, np.ndarray]) -> np.ndarray:
    numbers = storages[tensor.storage.key][tensor.offset :]
    last = sum((side - 1) * stride for side, stride in zip(tensor.shape, tensor.strides, strict=True))
    if min(tensor.strides, default=0) < 0 or (0 not in tensor.shape and last >= len(numbers)):
        raise ValueError("a tensor reaches beyond its storage")
    strides = [stride * numbers.itemsize for stride in tensor.strides]
    return np.lib.stride_tricks.as_strided(numbers, tensor.shape, strides).copy()
