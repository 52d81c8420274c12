"""Shared by the tests of `serving`: a folder of tiny SavedModels, and the embedded backend over it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from serving.backends import create_backend
from serving.backends.base import Backend
from tests.serving.tiny_model import (
    write_tiny_classifier,
    write_tiny_discriminator,
    write_tiny_generator,
    write_tiny_translator,
)


@pytest.fixture(scope="session")
def saved_models_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with `tiny_planet` versions 1 and 2 and the conditional `tiny_kinds` version 1. Not to be written to."""
    folder = tmp_path_factory.mktemp("saved_models")
    write_tiny_generator(folder, "tiny_planet", 1)
    write_tiny_generator(folder, "tiny_planet", 2)
    write_tiny_generator(folder, "tiny_kinds", 1, ["earth", "mars", "sun"])
    return folder


@pytest.fixture(scope="session")
def every_task_dir(saved_models_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The models of `saved_models_dir` with `tiny_classifier`, `tiny_discriminator` and `tiny_mars2earth`, version 1.
    Not to be written to."""
    folder = tmp_path_factory.mktemp("every_task")
    shutil.copytree(saved_models_dir, folder, dirs_exist_ok=True)
    write_tiny_classifier(folder, "tiny_classifier", 1)
    write_tiny_discriminator(folder, "tiny_discriminator", 1)
    write_tiny_translator(folder, "tiny_mars2earth", 1)
    return folder


@pytest.fixture(scope="session")
def embedded_backend(saved_models_dir: Path) -> Iterator[Backend]:
    """The embedded backend over `saved_models_dir`, shared by all tests: not to be closed by them."""
    backend = create_backend("embedded", saved_models=saved_models_dir)
    yield backend
    backend.close()
