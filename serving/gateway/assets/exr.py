"""Heights as OpenEXR, which keeps them as they are."""

from __future__ import annotations

import io

import numpy as np
import OpenEXR
from numpy.typing import NDArray


def write_heights(meters: NDArray[np.float32]) -> bytes:
    """A file with one channel, `Y`, of heights in meters of shape (H, W)."""
    header = {"compression": OpenEXR.ZIP_COMPRESSION, "type": OpenEXR.scanlineimage}
    file = io.BytesIO()
    OpenEXR.File(header, {"Y": np.ascontiguousarray(meters, np.float32)}).write(file)
    return file.getvalue()
