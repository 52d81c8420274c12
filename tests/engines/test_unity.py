"""The example for Unity, which is not here: Mono compiles it against the signatures of Unity that it uses."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.docs.games import check_game

EXAMPLE = Path(__file__).parents[2] / "examples/unity"
SCRIPTS = sorted(EXAMPLE.glob("Assets/PlanetGenerator/*.cs"))
SIGNATURES = Path(__file__).with_name("unity_signatures.cs")


@pytest.fixture
def library(tmp_path: Path) -> Path:
    if shutil.which("mcs") is None:
        pytest.skip("Mono's mcs, which compiles C#, is not here")
    library = tmp_path / "unity.dll"
    subprocess.run(["mcs", "-target:library", f"-out:{library}", SIGNATURES], check=True)
    return library


def compiled(sources: list[Path], library: Path) -> subprocess.CompletedProcess[str]:
    out = f"-out:{library.with_name('example.dll')}"
    command = ["mcs", "-target:library", "-warnaserror", f"-r:{library}", out, *sources]
    return subprocess.run(command, capture_output=True, text=True)


def test_it_compiles(library: Path) -> None:
    done = compiled(SCRIPTS, library)
    assert done.returncode == 0, done.stderr


def test_what_unity_lacks_does_not_compile(library: Path, tmp_path: Path) -> None:
    broken = [tmp_path / script.name for script in SCRIPTS]
    for script, copy in zip(SCRIPTS, broken, strict=True):
        copy.write_text(script.read_text().replace("SendWebRequest", "Send"))
    assert "`Send'" in compiled(broken, library).stderr


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.stem)
def test_it_asks_for_what_the_gateway_has(script: Path) -> None:
    check_game(script.read_text())


def test_packages_are_pinned() -> None:
    packages = json.loads((EXAMPLE / "Packages/manifest.json").read_text())["dependencies"]
    assert "com.unity.cloud.gltfast" in packages
    assert all(re.fullmatch(r"\d+\.\d+\.\d+", version) for version in packages.values())
