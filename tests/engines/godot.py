"""Godot: its example's project in a copy of its own, on a screen that nobody sees."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

from PIL import Image

from tests.engines.pictures import SIZE

_PROJECT = Path(__file__).resolve().parents[2] / "examples/godot"
_CAMERA = Path(__file__).with_name("godot_camera.gd")
_SECONDS = 180
_TRIES = 5


def missing() -> str | None:
    """Why Godot can't draw here."""
    return None if shutil.which("godot3") and shutil.which("xvfb-run") else "apt-get install godot3 xvfb xauth"


def draw(glb: bytes, seconds: float = 0.0) -> Image.Image:
    """What the example shows of a planet, after so many seconds of turning, in frames of a tenth."""
    with tempfile.TemporaryDirectory() as folder:
        project = Path(folder) / "project"
        shutil.copytree(_PROJECT, project, ignore=shutil.ignore_patterns("planet.glb*", ".*"))
        (project / "planet.glb").write_bytes(glb)
        shutil.copy(_CAMERA, project / "camera.gd")
        with (project / "project.godot").open("a") as settings:
            settings.write('\n[autoload]\n\nCameraman="*res://camera.gd"\n')
        for _ in range(_TRIES):  # on a busy machine its editor quits before it has found all files
            imported = _run(project, ["--editor", "--quit"], folder)
            if any(project.glob(".import/planet.glb-*.scn")):
                break
        else:
            raise AssertionError(imported)
        size = f"{SIZE}x{SIZE}"
        frames = round(10 * seconds)
        told = _run(project, ["--resolution", size, "--fixed-fps", "10", f"--frames={frames}"], folder)
        assert (project / "shown.png").exists(), told
        with Image.open(project / "shown.png") as opened:
            return opened.convert("RGB")


def _run(project: Path, arguments: Sequence[str], home: str) -> str:
    """Runs Godot, which may hang when it is done; gives what it says."""
    screen = ["xvfb-run", "--auto-servernum", "--server-args", "-screen 0 1024x1024x24"]
    command = [*screen, "godot3", "--path", str(project), "--audio-driver", "Dummy", *arguments]
    environment = os.environ | {"HOME": home, "XDG_CACHE_HOME": home, "XDG_CONFIG_HOME": home, "XDG_DATA_HOME": home}
    with subprocess.Popen(
        command,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        start_new_session=True,
    ) as process:
        try:
            return process.communicate(timeout=_SECONDS)[0]
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            return process.communicate()[0] + f"ended after {_SECONDS} s"
