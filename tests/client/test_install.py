"""`pip install ./client` gives the package and the command `planets`, far from this repository."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("setuptools", minversion="77", reason="needs the setuptools of requirements.txt")

CLIENT = Path(__file__).resolve().parents[2] / "client"


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that the client is installed in; its requirements are those of this process."""
    work = tmp_path_factory.mktemp("install")
    source = shutil.copytree(CLIENT, work / "source", ignore=shutil.ignore_patterns("web", "__pycache__", "build"))
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-build-isolation", "--no-index"]
    subprocess.run(
        [*pip, "--disable-pip-version-check", "--target", work / "target", source], check=True, capture_output=True
    )
    return work / "target"


def run(*command: object, folder: Path) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(folder)}
    return subprocess.run([*map(str, command)], env=environment, cwd=folder, capture_output=True, text=True)


def test_the_command_and_its_exit_codes(installed: Path, stub_url: str, nobody_url: str) -> None:
    planets = installed / "bin" / "planets"
    ready = run(planets, "health", "--url", stub_url, folder=installed)
    assert (ready.returncode, ready.stdout, ready.stderr) == (0, "ready\n", "")
    away = run(planets, "paint", folder=installed)
    assert (away.returncode, away.stdout) == (2, "")
    assert away.stderr.startswith("planets: ")


def test_the_package_is_whole_and_alone(installed: Path) -> None:
    known = run(sys.executable, "-c", "import client; print(client.__file__)", folder=installed)
    assert known.stdout.strip() == str(installed / "client" / "__init__.py")
    sources = {path.name for path in CLIENT.glob("*.py")}
    assert {path.name for path in (installed / "client").glob("*.py")} == sources
    assert (installed / "client" / "py.typed").is_file()
    assert not (installed / "client" / "web").exists()
