"""What is said of models by a server that is busy, and what is sent to it: nothing that its models do not take."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from serving.backends.base import InvalidInput, ModelNotFound, ModelVersion
from serving.backends.tfserving import TFServingBackend
from tests.serving.backends.test_tfserving import LATENT
from tests.serving.serving_double import ServingDouble
from tests.serving.tiny_model import LATENT_SIZE, write_tiny_discriminator, write_tiny_generator

_STATES = ("AVAILABLE", "UNAVAILABLE")
LABELS = {"tiny_planet": {"stable": 1, "canary": 2}}


@pytest.fixture
def double(saved_models_dir: Path) -> Iterator[ServingDouble]:
    with ServingDouble(saved_models_dir, labels=LABELS) as server:
        yield server


@pytest.fixture
def backend(saved_models_dir: Path, double: ServingDouble) -> Iterator[TFServingBackend]:
    backend = TFServingBackend(saved_models_dir, double.target)
    yield backend
    backend.close()


def _bearers(models: list[ModelVersion]) -> dict[str, int]:
    return {label: model.version for model in models for label in model.labels}


def test_a_busy_server_serves_what_it_did(backend: TFServingBackend, double: ServingDouble) -> None:
    before = backend.models()
    double.busy = True

    assert backend.models() == before
    assert {model.state for model in before} == {"AVAILABLE"}
    assert _bearers(before) == LABELS["tiny_planet"]
    assert 2 <= double.refused <= 3  # each model once, and one again, as it was not alone


def test_a_server_that_is_away_after_it_was_busy_is_away(backend: TFServingBackend, double: ServingDouble) -> None:
    backend.models()
    double.busy = True
    backend.models()
    double.stop()

    models = backend.models()
    assert {model.state for model in models} == {"UNAVAILABLE"}
    assert _bearers(models) == {}


def test_a_server_that_was_busy_from_the_start_is_asked_on(
    saved_models_dir: Path, double: ServingDouble, backend: TFServingBackend
) -> None:
    impatient = TFServingBackend(saved_models_dir, double.target, status_deadline=1.0)
    double.busy = True
    models = impatient.models()
    impatient.close()

    assert {model.state for model in models} == {"UNAVAILABLE"}
    assert all("out of threads" in model.error for model in models)
    assert double.refused > 2
    double.busy = False
    assert {model.state for model in backend.models()} == {"AVAILABLE"}


def test_states_are_asked_a_few_at_a_time(saved_models_dir: Path, tmp_path: Path) -> None:
    for name in "abcdefghijkl":
        (tmp_path / name).symlink_to(saved_models_dir / "tiny_kinds")
    with ServingDouble(tmp_path, labels={"a": {"stable": 1}}) as double:
        backend = TFServingBackend(tmp_path, double.target)
        models = backend.models()
        backend.close()

    assert {model.state for model in models} == {"AVAILABLE"}
    assert double.most <= 4
    assert double.calls == 12 + 1 + 11 * 2  # a version with one label bears no other


def test_a_label_that_has_gone_is_borne_no_longer(backend: TFServingBackend, double: ServingDouble) -> None:
    assert _bearers(backend.models()) == {"stable": 1, "canary": 2}
    double.labels = {"tiny_planet": {"stable": 2}}
    assert _bearers(backend.models()) == {"stable": 2}


@pytest.mark.parametrize("choice", [{}, {"version": 1}, {"label": "stable"}])
def test_what_a_version_takes_is_asked_once_and_again_before_a_refusal(
    backend: TFServingBackend, double: ServingDouble, choice: dict[str, int | str]
) -> None:
    for _ in range(3):
        backend.predict("tiny_planet", LATENT, **choice)
    assert (double.calls, double.predicts) == (4, 3)

    with pytest.raises(InvalidInput, match=r"has shape \[1, 5\], but the signature takes \[any, 8\]"):
        backend.predict("tiny_planet", {"latent": np.ones((1, 5), np.float32)}, **choice)
    with pytest.raises(ModelNotFound, match="no signature 'render': it has 'generate', 'serving_default'"):
        backend.predict("tiny_planet", LATENT, signature="render", **choice)
    assert (double.calls, double.predicts) == (6, 3)


def test_the_states_tell_what_labelled_versions_take(backend: TFServingBackend, double: ServingDouble) -> None:
    backend.models()
    asked = double.calls
    backend.predict("tiny_planet", LATENT, version=2)
    assert (double.calls, double.predicts) == (asked + 1, 1)


def test_a_version_that_takes_something_else_is_met_with_what_it_takes(tmp_path: Path) -> None:
    write_tiny_generator(tmp_path, "tiny", 1)
    with ServingDouble(tmp_path) as double:
        backend = TFServingBackend(tmp_path, double.target)
        backend.predict("tiny", LATENT)
        write_tiny_generator(tmp_path, "tiny", 2, ["earth", "mars"])
        double.load_new()
        both = {"latent": np.ones((1, LATENT_SIZE), np.float32), "kind": np.ones((1, 2), np.float32)}
        assert len(backend.predict("tiny", both)["image"]) == 1
        assert len(backend.predict("tiny", LATENT, version=1)["image"]) == 1
        with pytest.raises(InvalidInput, match="the signature takes 'latent'"):
            backend.predict("tiny", both, version=1)
        backend.close()


def test_no_picture_of_another_size_or_rank_reaches_a_server_that_does_not_look(tmp_path: Path) -> None:
    write_tiny_discriminator(tmp_path, "judge", 1)
    with ServingDouble(tmp_path) as double:
        backend = TFServingBackend(tmp_path, double.target)
        for shape in ((1, 15, 16, 3), (1, 32, 32, 3), (16, 16, 3), (1, 16, 16, 4), (1, 1, 16, 16, 3), (1,)):
            with pytest.raises(InvalidInput, match="the signature takes"):
                backend.predict("judge", {"image": np.zeros(shape, np.uint8)})
        assert double.predicts == 0
        assert double.ended == ""
        assert backend.predict("judge", {"image": np.zeros((1, 16, 16, 3), np.uint8)})["realness"] == [0.0]
        backend.close()


def test_a_call_waits_for_a_thread_only_until_its_deadline(saved_models_dir: Path) -> None:
    with ServingDouble(saved_models_dir, max_calls=1) as double:
        backend = TFServingBackend(saved_models_dir, double.target, status_deadline=0.5)
        backend.models()
        double.gate.clear()
        began = time.monotonic()
        models = backend.models()  # the call that has the thread hangs, the other is refused, and waits for a thread
        assert time.monotonic() - began < 5.0
        by_state = {state: {model.name for model in models if model.state == state} for state in _STATES}
        assert [len(names) for names in by_state.values()] == [1, 1]
        double.gate.set()
        backend.close()
