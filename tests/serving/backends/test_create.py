"""`create_backend`: what it refuses, and what it leaves unimported."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

from serving.backends import create_backend
from serving.backends.base import BackendMisconfigured

REPOSITORY = Path(__file__).parents[3]


def test_an_unknown_kind_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BackendMisconfigured, match="Unknown backend 'torch': use one of embedded, tfserving"):
        create_backend("torch", saved_models=tmp_path)


@pytest.mark.parametrize("kind", ["embedded", "tfserving"])
def test_a_missing_folder_is_refused(tmp_path: Path, kind: str) -> None:
    with pytest.raises(BackendMisconfigured, match="nowhere' does not exist"):
        create_backend(kind, saved_models=tmp_path / "nowhere", target="localhost:8500")


@pytest.mark.parametrize("kind", ["embedded", "tfserving"])
def test_an_empty_folder_is_served_and_reported(tmp_path: Path, kind: str, caplog: pytest.LogCaptureFixture) -> None:
    backend = create_backend(kind, saved_models=tmp_path, target="localhost:8500")

    assert backend.models() == []
    assert "holds no model" in caplog.text
    backend.close()


@pytest.mark.parametrize("target", [None, ""])
def test_tfserving_needs_a_target(tmp_path: Path, target: str | None) -> None:
    with pytest.raises(BackendMisconfigured, match="needs a target"):
        create_backend("tfserving", saved_models=tmp_path, target=target)


@pytest.mark.parametrize(
    "target",
    [
        "localhost",
        "localhost:",
        ":8500",
        "localhost:grpc",
        "localhost:0",
        "localhost:70000",
        "http://a:8500",
        "a:1,",
        "a:1;b:1",
    ],
)
def test_a_malformed_target_is_refused(tmp_path: Path, target: str) -> None:
    with pytest.raises(BackendMisconfigured, match="is not HOST:PORT"):
        create_backend("tfserving", saved_models=tmp_path, target=target)


@pytest.mark.parametrize("target", ["localhost:8500", "10.0.0.7:1", "[::1]:8500", "tf.models.svc:8500", "a:1,[::1]:2"])
def test_a_good_target_is_taken_with_no_server_there(tmp_path: Path, target: str) -> None:
    create_backend("tfserving", saved_models=tmp_path, target=target).close()


def test_embedded_without_tensorflow_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)

    with pytest.raises(BackendMisconfigured, match="needs TensorFlow, which is not installed"):
        create_backend("embedded", saved_models=tmp_path)


def test_tfserving_imports_no_tensorflow(tmp_path: Path) -> None:
    program = (
        "import sys; from serving.backends import create_backend\n"
        "backend = create_backend('tfserving', saved_models=sys.argv[1], target='localhost:1')\n"
        "assert backend.models() == []\n"
        "print('tensorflow' in sys.modules)"
    )
    result = subprocess.run(
        [sys.executable, "-c", program, tmp_path], cwd=REPOSITORY, capture_output=True, text=True, check=True
    )

    assert result.stdout.strip() == "False"


def test_a_broken_rollout_is_refused(tmp_path: Path) -> None:
    rollout = tmp_path / "rollout.toml"
    rollout.write_text("stable = 1\n")
    with pytest.raises(BackendMisconfigured, match=r"write \[MODEL\]"):
        create_backend("embedded", saved_models=tmp_path, rollout=rollout)
