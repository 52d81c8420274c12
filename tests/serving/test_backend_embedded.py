"""The embedded backend: broken folders, loading on demand, deadlines and overload."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from serving.backends import embedded
from serving.backends.base import Backend, BackendUnavailable, DeadlineExceeded, ModelNotFound, Overloaded
from serving.backends.embedded import EmbeddedBackend
from tests.serving.tiny_model import LATENT_SIZE, write_tiny_generator

LATENT = {"latent": np.ones((1, LATENT_SIZE), np.float32)}


@pytest.fixture
def models(saved_models_dir: Path, tmp_path: Path) -> Path:
    """A copy of the tiny models that a test may break."""
    return Path(shutil.copytree(saved_models_dir, tmp_path / "saved_models"))


@pytest.fixture
def make(request: pytest.FixtureRequest) -> Callable[..., EmbeddedBackend]:
    """Makes backends that are closed after the test."""

    def make(folder: Path, **options: int) -> EmbeddedBackend:
        backend = EmbeddedBackend(folder, **options)
        request.addfinalizer(backend.close)
        return backend

    return make


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """While cleared, predictions hang before they run."""
    event = threading.Event()
    event.set()
    call = embedded._Version.call

    def call_behind_gate(*args):
        event.wait()
        return call(*args)

    monkeypatch.setattr(embedded._Version, "call", call_behind_gate)
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
    load = embedded.tf.saved_model.load
    monkeypatch.setattr(embedded.tf.saved_model, "load", lambda path: loaded.append(path) or load(path))

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
    load = embedded.tf.saved_model.load
    monkeypatch.setattr(embedded.tf.saved_model, "load", lambda path: loaded.append(path) or load(path))

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
