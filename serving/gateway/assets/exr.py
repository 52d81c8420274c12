"""Heights as OpenEXR, which keeps them as they are."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import OpenEXR
from numpy.typing import NDArray


def write_heights(levels: NDArray[Any], lowest_m: float, highest_m: float) -> bytes:
    """A file with one channel, `Y`, of heights in meters, from levels of 0..65535 of shape (H, W)."""
    meters = np.float32(lowest_m + levels * ((highest_m - lowest_m) / 65535.0))
    header = {"compression": OpenEXR.ZIP_COMPRESSION, "type": OpenEXR.scanlineimage}
    file = io.BytesIO()
    OpenEXR.File(header, {"Y": meters}).write(file)
    return file.getvalue()
