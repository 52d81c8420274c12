"""The embedded backend: broken folders, loading on demand, deadlines and overload."""

from __future__ import annotations

import concurrent.futures
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from serving.backends import loading
from serving.backends.base import Backend, BackendUnavailable, DeadlineExceeded, ModelNotFound, Overloaded
from serving.backends.embedded import EmbeddedBackend
from tests.serving.tiny_model import LATENT_SIZE, tiny_card, write_card, write_tiny_generator

LATENT = {"latent": np.ones((1, LATENT_SIZE), np.float32)}


@pytest.fixture
def models(saved_models_dir: Path, tmp_path: Path) -> Path:
    """A copy of the tiny models that a test may break."""
    return Path(shutil.copytree(saved_models_dir, tmp_path / "saved_models"))


@pytest.fixture
def make(request: pytest.FixtureRequest) -> Callable[..., EmbeddedBackend]:
    """Makes backends that are closed after the test."""

    def make(folder: Path, *rollout: Path, **options: int) -> EmbeddedBackend:
        backend = EmbeddedBackend(folder, *rollout, **options)
        request.addfinalizer(backend.close)
        return backend

    return make


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """While cleared, predictions hang before they run, and set `entered`."""
    event = threading.Event()
    event.entered = threading.Event()
    event.set()
    call = loading.LoadedVersion.call

    def call_behind_gate(*args):
        event.entered.set()
        event.wait()
        return call(*args)

    monkeypatch.setattr(loading.LoadedVersion, "call", call_behind_gate)
    yield event
    event.set()


def _half_written(folder: Path) -> None:
    (folder / "assets.extra" / "card.json").rename(folder / "card.json")
    shutil.rmtree(folder / "variables")


BREAKAGES = {
    "no saved_model.pb": lambda folder: (folder / "saved_model.pb").unlink(),
    "empty saved_model.pb": lambda folder: (folder / "saved_model.pb").write_bytes(b""),
    "unreadable saved_model.pb": lambda folder: (folder / "saved_model.pb").write_bytes(b"not a protobuf"),
    "no variables": lambda folder: shutil.rmtree(folder / "variables"),
    "cut variables": lambda folder: (folder / "variables" / "variables.data-00000-of-00001").write_bytes(b"1234"),
    "cut index": lambda folder: (folder / "variables" / "variables.index").write_bytes(b"1234"),
    "no card": lambda folder: (folder / "assets.extra" / "card.json").unlink(),
    "cut card": lambda folder: (folder / "assets.extra" / "card.json").write_text('{"name": "tiny'),
    "half-written": _half_written,
}


@pytest.mark.parametrize("breakage", BREAKAGES)
def test_a_broken_newest_version_leaves_the_others_serving(
    models: Path, make: Callable[..., EmbeddedBackend], breakage: str
) -> None:
    BREAKAGES[breakage](models / "tiny_planet" / "2")

    backend = make(models)

    states = {(m.name, m.version): m for m in backend.models()}
    broken = states.pop(("tiny_planet", 2))
    assert broken.state == "UNAVAILABLE"
    assert broken.error.endswith("export the model again.")
    assert "\n" not in broken.error
    assert str(models) not in broken.error
    assert {m.state for m in states.values()} == {"AVAILABLE"}
    newest = backend.predict("tiny_planet", LATENT)["image"]
    np.testing.assert_array_equal(newest, backend.predict("tiny_planet", LATENT, version=1)["image"])
    with pytest.raises(ModelNotFound, match=r"Version 2 of model 'tiny_planet' cannot be served: .*export"):
        backend.predict("tiny_planet", LATENT, version=2)


@pytest.mark.parametrize("breakage", BREAKAGES)
def test_a_broken_older_version_is_told_when_it_is_called(
    models: Path, make: Callable[..., EmbeddedBackend], breakage: str
) -> None:
    BREAKAGES[breakage](models / "tiny_planet" / "1")
    backend = make(models)

    with pytest.raises(ModelNotFound, match="Version 1 of model 'tiny_planet' cannot be served"):
        backend.predict("tiny_planet", LATENT, version=1)

    (state,) = (m.state for m in backend.models() if (m.name, m.version) == ("tiny_planet", 1))
    assert state == "UNAVAILABLE"
    assert backend.predict("tiny_planet", LATENT)["image"].shape[0] == 1


def test_a_model_without_a_good_version_is_not_found(models: Path, make: Callable[..., EmbeddedBackend]) -> None:
    for version in ("1", "2"):
        (models / "tiny_planet" / version / "saved_model.pb").unlink()
    backend = make(models)

    with pytest.raises(ModelNotFound, match="Version 2 of model 'tiny_planet' cannot be served"):
        backend.predict("tiny_planet", LATENT)


def test_only_the_newest_version_is_loaded_before_it_is_asked_for(
    saved_models_dir: Path, make: Callable[..., EmbeddedBackend], monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded = []
    load = loading.tf.saved_model.load
    monkeypatch.setattr(loading.tf.saved_model, "load", lambda path: loaded.append(path) or load(path))

    backend = make(saved_models_dir)
    assert sorted(Path(path).parts[-2:] for path in loaded) == [("tiny_kinds", "1"), ("tiny_planet", "2")]

    first, again = (backend.predict("tiny_planet", LATENT, version=1)["image"] for _ in range(2))
    assert len(loaded) == 3
    np.testing.assert_array_equal(first, again)
    assert (first != backend.predict("tiny_planet", LATENT, version=2)["image"]).any()


def test_threads_that_ask_for_an_older_version_at_once_load_it_once(
    saved_models_dir: Path, make: Callable[..., EmbeddedBackend], monkeypatch: pytest.MonkeyPatch
) -> None:
    backend = make(saved_models_dir)
    loaded = []
    load = loading.tf.saved_model.load
    monkeypatch.setattr(loading.tf.saved_model, "load", lambda path: loaded.append(path) or load(path))

    threads = [
        threading.Thread(target=backend.predict, args=("tiny_planet", LATENT), kwargs={"version": 1}) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(loaded) == 1


def test_a_kind_changes_the_picture(embedded_backend: Backend) -> None:
    earth, mars = np.eye(3, dtype=np.float32)[:2]
    pictures = embedded_backend.predict(
        "tiny_kinds", {"latent": np.ones((2, LATENT_SIZE), np.float32), "kind": np.stack([earth, mars])}
    )["image"]

    assert (pictures[0] != pictures[1]).any()


def test_a_slow_model_exceeds_the_deadline(
    saved_models_dir: Path, make: Callable[..., EmbeddedBackend], gate: threading.Event
) -> None:
    backend = make(saved_models_dir)
    gate.clear()

    with pytest.raises(DeadlineExceeded, match="'tiny_planet' did not answer within the deadline"):
        backend.predict("tiny_planet", LATENT, deadline=0.05)

    gate.set()
    assert backend.predict("tiny_planet", LATENT)["image"].shape[0] == 1


def test_more_calls_than_may_wait_are_refused(
    saved_models_dir: Path, make: Callable[..., EmbeddedBackend], gate: threading.Event
) -> None:
    backend = make(saved_models_dir, max_pending=1)
    gate.clear()
    with pytest.raises(DeadlineExceeded):  # it still runs, and so holds the only place
        backend.predict("tiny_planet", LATENT, deadline=0.05)

    with pytest.raises(Overloaded, match="Too many predictions"):
        backend.predict("tiny_planet", LATENT)


def test_calls_that_wait_at_close_are_told(saved_models_dir: Path, gate: threading.Event) -> None:
    backend = EmbeddedBackend(saved_models_dir)
    gate.clear()
    outcomes: list[object] = []

    def call() -> None:
        try:
            outcomes.append(backend.predict("tiny_planet", LATENT))
        except BackendUnavailable as error:
            outcomes.append(error)

    callers = [threading.Thread(target=call) for _ in range(64)]
    for thread in callers:
        thread.start()
    closer = threading.Thread(target=backend.close)
    closer.start()
    while not any(isinstance(outcome, BackendUnavailable) for outcome in outcomes):
        callers[-1].join(0.01)
    gate.set()
    for thread in [*callers, closer]:
        thread.join()

    assert len(outcomes) == 64


def test_a_warm_up_that_fails_is_a_version_that_fails(tmp_path: Path, make: Callable[..., EmbeddedBackend]) -> None:
    import tensorflow as tf

    folder = write_tiny_generator(tmp_path, "tiny", 1)
    module = tf.Module()

    @tf.function(input_signature=[tf.TensorSpec([None, LATENT_SIZE], tf.float32, name="latent")])
    def fail(latent: tf.Tensor) -> dict[str, tf.Tensor]:
        return {"image": tf.debugging.check_numerics(latent / 0.0, "broken weights")}

    tf.saved_model.save(module, folder, signatures=fail)

    (model,) = make(tmp_path).models()

    assert model.state == "UNAVAILABLE"
    assert "broken weights" in model.error


def _states(backend: EmbeddedBackend) -> dict[int, str]:
    return {m.version: m.state for m in backend.models() if m.name == "tiny_planet"}


def _await_states(backend: EmbeddedBackend, wanted: dict[int, str]) -> None:
    """Asks for the models, as a gateway does, until those of `tiny_planet` are as wanted."""
    give_up = time.monotonic() + 60
    while (states := _states(backend)) != wanted:
        assert time.monotonic() < give_up, states
        time.sleep(0.01)


def test_a_new_version_is_loaded_in_the_background_and_then_called(
    models: Path, tmp_path: Path, make: Callable[..., EmbeddedBackend], monkeypatch: pytest.MonkeyPatch
) -> None:
    new = (models / "tiny_planet" / "2").rename(tmp_path / "new")
    backend = make(models)
    old = backend.predict("tiny_planet", LATENT)["image"]
    gate = threading.Event()
    load = loading.tf.saved_model.load
    monkeypatch.setattr(loading.tf.saved_model, "load", lambda path: (gate.wait(), load(path))[1])

    new.rename(models / "tiny_planet" / "2")
    assert _states(backend) == {2: "LOADING", 1: "AVAILABLE"}
    np.testing.assert_array_equal(backend.predict("tiny_planet", LATENT)["image"], old)
    assert {m.version for m in backend.models() if "stable" in m.labels and m.name == "tiny_planet"} == {1}
    gate.set()

    _await_states(backend, {2: "AVAILABLE", 1: "AVAILABLE"})
    assert {m.version for m in backend.models() if "stable" in m.labels and m.name == "tiny_planet"} == {2}
    assert (backend.predict("tiny_planet", LATENT)["image"] != old).any()


def test_a_version_that_has_gone_ends_with_its_calls(
    models: Path, make: Callable[..., EmbeddedBackend], gate: threading.Event
) -> None:
    backend = make(models)
    gate.clear()
    with concurrent.futures.ThreadPoolExecutor(1) as caller:
        call = caller.submit(backend.predict, "tiny_planet", LATENT, version=2)
        assert gate.entered.wait(30)
        shutil.rmtree(models / "tiny_planet" / "2")
        assert _states(backend) == {1: "AVAILABLE"}
        gate.set()
        assert len(call.result()["image"]) == 1

    with pytest.raises(ModelNotFound, match="has no version 2"):
        backend.predict("tiny_planet", LATENT, version=2)
    shutil.rmtree(models / "tiny_planet")
    assert {m.name for m in backend.models()} == {"tiny_kinds"}
    with pytest.raises(ModelNotFound, match="no model 'tiny_planet'"):
        backend.predict("tiny_planet", LATENT)


def test_no_call_fails_while_a_version_is_swapped_for_another(
    models: Path, tmp_path: Path, make: Callable[..., EmbeddedBackend]
) -> None:
    new = (models / "tiny_planet" / "2").rename(tmp_path / "new")
    backend = make(models)
    old_picture = backend.predict("tiny_planet", LATENT)["image"]
    done = threading.Event()

    def call_on_and_on() -> list[np.ndarray]:
        pictures = []
        while not done.is_set():
            pictures.append(backend.predict("tiny_planet", LATENT)["image"])
        return pictures

    with concurrent.futures.ThreadPoolExecutor(4) as callers:
        calls = [callers.submit(call_on_and_on) for _ in range(4)]
        try:
            shutil.rmtree(models / "tiny_planet" / "1")
            new.rename(models / "tiny_planet" / "2")
            _await_states(backend, {2: "AVAILABLE"})
            new_picture = backend.predict("tiny_planet", LATENT)["image"]
        finally:
            done.set()
        pictures = [picture for call in calls for picture in call.result()]

    for picture in pictures:
        is_old, is_new = (np.abs(picture.astype(int) - one).max() <= 1 for one in (old_picture, new_picture))
        assert is_old != is_new


def test_a_broken_new_version_is_told_and_tried_again_when_its_files_change(
    models: Path, tmp_path: Path, make: Callable[..., EmbeddedBackend]
) -> None:
    graph = (models / "tiny_planet" / "2" / "saved_model.pb").read_bytes()
    new = (models / "tiny_planet" / "2").rename(tmp_path / "new")
    (new / "saved_model.pb").write_bytes(b"not a protobuf")
    backend = make(models)
    old = backend.predict("tiny_planet", LATENT)["image"]

    new.rename(models / "tiny_planet" / "2")
    _await_states(backend, {2: "UNAVAILABLE", 1: "AVAILABLE"})
    (broken,) = (m for m in backend.models() if m.error)
    assert broken.error.endswith("export the model again.")
    np.testing.assert_array_equal(backend.predict("tiny_planet", LATENT)["image"], old)

    shutil.rmtree(models / "tiny_planet" / "1")  # no other can be called: it goes on
    assert _states(backend) == {2: "UNAVAILABLE", 1: "AVAILABLE"}
    np.testing.assert_array_equal(backend.predict("tiny_planet", LATENT)["image"], old)

    (models / "tiny_planet" / "2" / "saved_model.pb").write_bytes(graph)
    _await_states(backend, {2: "AVAILABLE"})
    assert (backend.predict("tiny_planet", LATENT)["image"] != old).any()


def test_an_edit_of_the_rollout_moves_the_labels(
    models: Path, tmp_path: Path, make: Callable[..., EmbeddedBackend], caplog: pytest.LogCaptureFixture
) -> None:
    rollout = tmp_path / "rollout.toml"
    rollout.write_text("[tiny_planet]\nstable = 1\ncanary = 2\n")
    backend = make(models, rollout)

    def bearers() -> dict[str, int]:
        return {label: m.version for m in backend.models() for label in m.labels if m.name == "tiny_planet"}

    assert bearers() == {"stable": 1, "canary": 2}
    rollout.write_text("[tiny_planet]\nstable = 2\n[another]\nstable = 7\n")
    assert bearers() == {"stable": 2}
    with pytest.raises(ModelNotFound, match="'tiny_planet' has no label 'canary'"):
        backend.predict("tiny_planet", LATENT, label="canary")
    rollout.write_text("stable of tiny_planet shall be 1")
    assert bearers() == {"stable": 2}
    rollout.unlink()
    assert bearers() == {"stable": 2}
    assert caplog.text.count("The labels stay as they were.") == 2
    rollout.write_text("[tiny_planet]\nstable = 1\ncanary = 9\n")
    assert bearers() == {"stable": 1}


def test_a_card_that_changes_is_told(models: Path, make: Callable[..., EmbeddedBackend]) -> None:
    backend = make(models)
    folder = models / "tiny_kinds" / "1"
    write_card(folder, {**tiny_card("tiny_kinds", 1, ["earth", "mars", "sun"]), "metrics": {"kid": 0.1}})
    assert [m.card["metrics"] for m in backend.models() if m.name == "tiny_kinds"] == [{"kid": 0.1}]
    (folder / "assets.extra" / "card.json").write_text("{")
    assert [(m.state, m.card["metrics"]) for m in backend.models() if m.name == "tiny_kinds"] == [
        ("AVAILABLE", {"kid": 0.1})
    ]
