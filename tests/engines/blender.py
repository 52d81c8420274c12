"""Blender: its example in the background."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from pathlib import Path

from PIL import Image

_SCRIPT = Path(__file__).resolve().parents[2] / "examples/blender/planet.py"
_SECONDS = 600


def missing() -> str | None:
    """Why Blender can't draw here."""
    return None if shutil.which("blender") else "apt-get install --no-install-recommends blender python3-numpy (656 MB)"


def draw(glb: bytes) -> Image.Image:
    """What the example renders of a planet."""
    with tempfile.TemporaryDirectory() as folder:
        file, picture = Path(folder) / "planet.glb", Path(folder) / "planet.png"
        file.write_bytes(glb)
        command = ["blender", "--background", "--python", str(_SCRIPT), "--", str(file), str(picture)]
        ran = subprocess.run(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=_SECONDS, text=True, errors="replace"
        )
        assert picture.exists(), ran.stdout[-2000:]
        with Image.open(picture) as opened:
            planet = opened.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", planet.size, "black"), planet).convert("RGB")
