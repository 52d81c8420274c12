"""The warm-up records that a SavedModel brings: requests that TensorFlow Serving makes before it serves the version.

Reference: https://www.tensorflow.org/tfx/serving/saved_model_warmup
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path

from google.protobuf.message import DecodeError

from serving.backends.protos import PredictionLog

WARMUP_FILE = "assets.extra/tf_serving_warmup_requests"


def warmup_fault(folder: Path, max_batch: int) -> str:
    """Why the records stop the version from loading where batches have at most `max_batch` rows, one sentence, or `""`.

    A version without records loads, and is slow at its first requests.
    """
    where = f"{folder.parent.name}/{folder.name}/{WARMUP_FILE}"
    try:
        largest = max((_rows(record) for record in _records((folder / WARMUP_FILE).read_bytes())), default=0)
    except FileNotFoundError:
        return ""
    except OSError as error:
        return f"Its warm-up records {where} cannot be read ({error.strerror})."
    except (ValueError, DecodeError):
        return f"Its warm-up records {where} are cut off or damaged: export the model again."
    if largest > max_batch:
        return (
            f"Its warm-up records go to batches of {largest}, but max_batch_size is {max_batch}, so that TensorFlow "
            f"Serving would not load it: let BATCH_SIZES in serving/deploy/files.py end at {largest} or more."
        )
    return ""


def _records(data: bytes) -> Iterator[bytes]:
    """The records of a TFRecord file, without their checksums.

    Raises:
        ValueError: The file ends within one.
    """
    position = 0
    while position < len(data):
        header = data[position : position + 12]  # length, checksum
        if len(header) < 12:
            raise ValueError("a record's header is cut off")
        end = position + 12 + struct.unpack_from("<Q", header)[0]
        if end + 4 > len(data):
            raise ValueError("a record is cut off")
        yield data[position + 12 : end]
        position = end + 4


def _rows(record: bytes) -> int:
    inputs = PredictionLog.FromString(record).predict_log.request.inputs
    return max((tensor.tensor_shape.dim[0].size for tensor in inputs.values() if tensor.tensor_shape.dim), default=0)
