"""What a TensorFlow Serving says its models take."""

from __future__ import annotations

import numpy as np

from serving.backends import protos
from serving.backends.inputs import Inputs
from serving.backends.tensors import numpy_dtype

FIELD = "signature_def"  # of a model's metadata


def read_signatures(response: protos.GetModelMetadataResponse) -> dict[str, Inputs]:
    """Inputs by signature.

    Raises:
        google.protobuf.message.DecodeError: The metadata are something else.
    """
    signatures = protos.SignatureDefMap.FromString(response.metadata[FIELD].value).signature_def
    return {
        name: {key: _expected(info) for key, info in signature.inputs.items()}
        for name, signature in signatures.items()
        if not name.startswith("__")  # TensorFlow's own
    }


def _expected(info: protos.TensorInfo) -> tuple[np.dtype, tuple[int | None, ...] | None]:
    shape = info.tensor_shape
    sizes = None if shape.unknown_rank else tuple(None if dim.size < 0 else dim.size for dim in shape.dim)
    return numpy_dtype(info.dtype), sizes
