"""The TensorFlow Serving backend: a server that is away, busy, slow or strange, and what it is sent."""

from __future__ import annotations

import concurrent.futures
import dataclasses
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import grpc
import numpy as np
import pytest

from serving.backends import tfserving
from serving.backends.base import BackendUnavailable, DeadlineExceeded, InvalidInput, ModelNotFound, Overloaded
from serving.backends.breaker import Breaker
from serving.backends.tfserving import TFServingBackend
from tests.serving.backends.test_breaker import Clock
from tests.serving.serving_double import QUEUE_FULL, THREADS_EXHAUSTED, ServingDouble
from tests.serving.tiny_model import LATENT_SIZE, tiny_card, write_card, write_tiny_generator

LATENT = {"latent": np.ones((1, LATENT_SIZE), np.float32)}
AWAY = (grpc.StatusCode.UNAVAILABLE, "Socket closed")


@dataclasses.dataclass(frozen=True)
class Pair:
    """Two servers, and a backend over both that leaves one alone for a second after two failures in a row."""

    backend: TFServingBackend
    first: ServingDouble
    second: ServingDouble
    clock: Clock


@pytest.fixture
def double(saved_models_dir: Path) -> Iterator[ServingDouble]:
    with ServingDouble(saved_models_dir) as server:
        yield server


@pytest.fixture
def make(request: pytest.FixtureRequest) -> Callable[..., TFServingBackend]:
    """Makes backends that are closed after the test."""

    def make(folder: Path, target: str, **options: Any) -> TFServingBackend:
        backend = TFServingBackend(folder, target, **options)
        request.addfinalizer(backend.close)
        return backend

    return make


@pytest.fixture
def backend(make: Callable[..., TFServingBackend], saved_models_dir: Path, double: ServingDouble) -> TFServingBackend:
    return make(saved_models_dir, double.target)


@pytest.fixture
def pair(make: Callable[..., TFServingBackend], saved_models_dir: Path) -> Iterator[Pair]:
    clock = Clock()
    with ServingDouble(saved_models_dir) as first, ServingDouble(saved_models_dir) as second:
        backend = make(
            saved_models_dir,
            f"{first.target},{second.target}",
            new_breaker=lambda: Breaker(failures=2, rest=1.0, clock=clock),
        )
        yield Pair(backend, first, second, clock)


def test_a_server_that_is_away_is_told(saved_models_dir: Path, make: Callable[..., TFServingBackend]) -> None:
    with ServingDouble(saved_models_dir) as gone:
        target = gone.target
    backend = make(saved_models_dir, target)

    models = backend.models()

    assert [(m.name, m.version) for m in models] == [("tiny_kinds", 1), ("tiny_planet", 2), ("tiny_planet", 1)]
    assert {m.state for m in models} == {"UNAVAILABLE"}
    assert all(f"{target} cannot be reached" in m.error for m in models)
    assert models[0].card["class_names"] == ["earth", "mars", "sun"]
    with pytest.raises(BackendUnavailable, match="cannot be reached"):
        backend.predict("tiny_planet", LATENT)


def test_a_server_that_comes_back_is_used_again(saved_models_dir: Path, make: Callable[..., TFServingBackend]) -> None:
    with ServingDouble(saved_models_dir) as first:
        backend = make(saved_models_dir, first.target)
        expected = backend.predict("tiny_planet", LATENT)["image"]
    with pytest.raises(BackendUnavailable):
        backend.predict("tiny_planet", LATENT)

    with ServingDouble(saved_models_dir, port=first.port):
        give_up = time.monotonic() + 30
        while {m.state for m in backend.models()} != {"AVAILABLE"} and time.monotonic() < give_up:
            time.sleep(0.05)
        np.testing.assert_array_equal(backend.predict("tiny_planet", LATENT)["image"], expected)


def test_a_server_that_hangs_costs_models_one_deadline_and_no_error(
    saved_models_dir: Path, double: ServingDouble, make: Callable[..., TFServingBackend]
) -> None:
    backend = make(saved_models_dir, double.target, status_deadline=0.1)
    double.gate.clear()

    models = backend.models()

    assert {m.state for m in models} == {"UNAVAILABLE"}
    assert all("did not answer" in m.error for m in models)


def test_a_half_written_version_leaves_the_others_serving(
    saved_models_dir: Path, tmp_path: Path, make: Callable[..., TFServingBackend]
) -> None:
    models = Path(shutil.copytree(saved_models_dir, tmp_path / "saved_models"))
    shutil.copytree(models / "tiny_planet" / "2", models / "tiny_planet" / ".3")
    (models / "tiny_planet" / ".3" / "saved_model.pb").unlink()  # the server cannot load it
    (models / "tiny_planet" / "2" / "assets.extra" / "card.json").unlink()  # the server does not mind
    (models / "tiny_planet" / ".tmp-4").mkdir()
    with ServingDouble(models) as double:
        (models / "tiny_planet" / ".3").rename(models / "tiny_planet" / "3")
        double.load_new()
        write_card(models / "tiny_planet" / "4", tiny_card("tiny_planet", 4))  # the server has not seen it
        write_card(models / "unlisted" / "1", tiny_card("unlisted", 1))
        found = {(m.name, m.version): m for m in make(models, double.target).models()}

    assert {key: m.state for key, m in found.items()} == {
        ("tiny_kinds", 1): "AVAILABLE",
        ("tiny_planet", 4): "UNAVAILABLE",
        ("tiny_planet", 3): "UNAVAILABLE",
        ("tiny_planet", 2): "UNAVAILABLE",
        ("tiny_planet", 1): "AVAILABLE",
        ("unlisted", 1): "UNAVAILABLE",
    }
    assert "does not serve version 4" in found["tiny_planet", 4].error
    assert "saved_model" in found["tiny_planet", 3].error
    assert "card.json is missing" in found["tiny_planet", 2].error
    assert "does not serve model 'unlisted'" in found["unlisted", 1].error
    assert found["tiny_planet", 1].error == ""


@pytest.mark.parametrize("busy", [QUEUE_FULL, THREADS_EXHAUSTED])
def test_a_busy_server_is_overload(
    backend: TFServingBackend, double: ServingDouble, busy: tuple[grpc.StatusCode, str]
) -> None:
    double.trouble = busy

    with pytest.raises(Overloaded, match="try again in a moment"):
        backend.predict("tiny_planet", LATENT)
    assert double.predicts == 1  # a busy server is not asked again


def test_a_short_trouble_is_not_noticed(backend: TFServingBackend, double: ServingDouble) -> None:
    double.trouble, double.trouble_left = AWAY, 2

    assert len(backend.predict("tiny_planet", LATENT, deadline=60.0)["image"]) == 1
    assert double.predicts == 3


def test_no_retry_begins_that_the_deadline_would_cut_short(
    backend: TFServingBackend, double: ServingDouble, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tfserving, "_BACKOFF_S", 3600.0)
    double.trouble = AWAY

    with pytest.raises(BackendUnavailable, match="cannot be reached"):
        backend.predict("tiny_planet", LATENT, deadline=60.0)
    assert double.predicts == 1


def test_close_ends_the_pause_before_a_retry(
    backend: TFServingBackend, double: ServingDouble, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tfserving, "_BACKOFF_S", 3600.0)
    double.trouble = AWAY

    with concurrent.futures.ThreadPoolExecutor(1) as thread:
        call = thread.submit(backend.predict, "tiny_planet", LATENT)
        assert double.called.wait(30)
        backend.close()
        with pytest.raises(BackendUnavailable, match="shutting down"):
            call.result()


def test_calls_take_turns_over_the_targets(pair: Pair) -> None:
    for _ in range(4):
        pair.backend.predict("tiny_planet", LATENT)

    assert (pair.first.predicts, pair.second.predicts) == (2, 2)


@pytest.mark.parametrize("is_stopped", [True, False])
def test_a_target_that_is_away_is_made_up_for_by_the_other(pair: Pair, is_stopped: bool) -> None:
    if is_stopped:
        pair.first.stop()
    pair.first.trouble = AWAY

    for _ in range(8):
        assert len(pair.backend.predict("tiny_planet", LATENT, deadline=60.0)["image"]) == 1
    assert pair.second.predicts == 8
    assert pair.first.predicts == (0 if is_stopped else 2)  # left alone after that many failures


def test_a_target_left_alone_is_tried_once_and_then_used_again(pair: Pair) -> None:
    pair.first.trouble, pair.first.trouble_left = AWAY, 3
    for _ in range(4):
        pair.backend.predict("tiny_planet", LATENT)
    assert pair.first.predicts == 2

    pair.clock.now += 1.0
    for _ in range(4):
        pair.backend.predict("tiny_planet", LATENT)
    assert pair.first.predicts == 3  # the trial failed

    pair.clock.now += 1.0
    for _ in range(4):
        pair.backend.predict("tiny_planet", LATENT)
    assert pair.first.predicts == 5


def test_a_target_that_hangs_is_left_alone(pair: Pair) -> None:
    for _ in range(2):
        pair.backend.predict("tiny_planet", LATENT)  # the first call is the slowest
    pair.first.gate.clear()

    for turn in range(8):
        if turn in (0, 2):
            with pytest.raises(DeadlineExceeded, match=pair.first.target):
                pair.backend.predict("tiny_planet", LATENT, deadline=1.0)
        else:
            pair.backend.predict("tiny_planet", LATENT, deadline=60.0)
    assert pair.first.predicts == 3


def test_with_all_targets_left_alone_calls_fail_unasked(pair: Pair, caplog: pytest.LogCaptureFixture) -> None:
    pair.first.trouble = pair.second.trouble = AWAY
    for _ in range(2):
        with pytest.raises(BackendUnavailable, match="cannot be reached"):
            pair.backend.predict("tiny_planet", LATENT)
    asked = pair.first.predicts + pair.second.predicts

    with pytest.raises(BackendUnavailable, match="has answered of late: try again in a moment"):
        pair.backend.predict("tiny_planet", LATENT)
    assert pair.first.predicts + pair.second.predicts == asked == 4
    assert len(caplog.records) == 2
    assert f"{pair.first.target} cannot be reached" in caplog.text


def test_an_answer_that_is_an_error_is_an_answer(backend: TFServingBackend, double: ServingDouble) -> None:
    for _ in range(8):
        with pytest.raises(ModelNotFound):
            backend.predict("no_such_model", LATENT)
    assert double.calls == 8


def test_a_version_is_available_once_every_target_that_answers_has_it(
    saved_models_dir: Path, tmp_path: Path, make: Callable[..., TFServingBackend]
) -> None:
    shutil.copytree(saved_models_dir / "tiny_planet" / "1", tmp_path / "tiny_planet" / "1")
    with ServingDouble(saved_models_dir) as new, ServingDouble(tmp_path) as old:
        backend = make(saved_models_dir, f"{new.target},{old.target}")
        with_old = {(m.name, m.version): m for m in backend.models()}
        old.stop()
        without_old = backend.models()

    assert [key for key, m in with_old.items() if m.state == "AVAILABLE"] == [("tiny_planet", 1)]
    assert f"{old.target} does not serve version 2" in with_old["tiny_planet", 2].error
    assert f"{old.target} does not serve model 'tiny_kinds'" in with_old["tiny_kinds", 1].error
    assert {m.state for m in without_old} == {"AVAILABLE"}


@pytest.mark.parametrize(
    ("trouble", "error", "sentence"),
    [
        ((grpc.StatusCode.UNAVAILABLE, "Socket closed"), BackendUnavailable, "cannot be reached"),
        ((grpc.StatusCode.INTERNAL, "it broke\nat line 3"), BackendUnavailable, "failed with INTERNAL: it broke\\.$"),
        ((grpc.StatusCode.UNIMPLEMENTED, ""), BackendUnavailable, "failed with UNIMPLEMENTED: no details\\.$"),
        ((grpc.StatusCode.FAILED_PRECONDITION, "Not initialized"), BackendUnavailable, "Not initialized"),
        ((grpc.StatusCode.DEADLINE_EXCEEDED, "late"), DeadlineExceeded, "deadline"),
        ((grpc.StatusCode.NOT_FOUND, "Servable not found"), ModelNotFound, "does not serve 'tiny_planet'"),
        ((grpc.StatusCode.INVALID_ARGUMENT, "bad.\n\t [[x]]"), InvalidInput, "'tiny_planet': bad\\.$"),
    ],
)
def test_a_status_becomes_a_typed_error(
    backend: TFServingBackend,
    double: ServingDouble,
    trouble: tuple[grpc.StatusCode, str],
    error: type[Exception],
    sentence: str,
) -> None:
    double.trouble = trouble

    with pytest.raises(error, match=sentence):
        backend.predict("tiny_planet", LATENT)


def test_a_slow_server_exceeds_the_deadline(backend: TFServingBackend, double: ServingDouble) -> None:
    double.gate.clear()

    with pytest.raises(DeadlineExceeded, match="did not answer within the deadline"):
        backend.predict("tiny_planet", LATENT, deadline=0.1)


@pytest.mark.parametrize("method", ["models", "predict"])
def test_calls_under_way_at_close_are_told(
    saved_models_dir: Path, double: ServingDouble, make: Callable[..., TFServingBackend], method: str
) -> None:
    backend = make(saved_models_dir, double.target, status_deadline=60.0)
    double.gate.clear()
    arguments = () if method == "models" else ("tiny_planet", LATENT)

    with concurrent.futures.ThreadPoolExecutor(1) as thread:
        call = thread.submit(getattr(backend, method), *arguments)
        assert double.called.wait(30)
        backend.close()
        with pytest.raises(BackendUnavailable, match="shutting down"):
            call.result()


def test_a_large_batch_is_cut_and_joined(
    saved_models_dir: Path, double: ServingDouble, make: Callable[..., TFServingBackend]
) -> None:
    latent = np.random.default_rng(0).standard_normal((10, LATENT_SIZE)).astype(np.float32)
    whole = make(saved_models_dir, double.target).predict("tiny_planet", {"latent": latent})["image"]
    cut = make(saved_models_dir, double.target, max_batch=4).predict("tiny_planet", {"latent": latent})["image"]

    assert double.batches == [10, 4, 4, 2]
    assert np.abs(cut.astype(int) - whole.astype(int)).max() <= 1


def test_a_batch_over_the_servers_limit_is_invalid(
    saved_models_dir: Path, make: Callable[..., TFServingBackend]
) -> None:
    with (
        ServingDouble(saved_models_dir, max_batch=4) as double,
        pytest.raises(InvalidInput, match=r"maximum .* size 4"),
    ):
        make(saved_models_dir, double.target).predict("tiny_planet", {"latent": np.ones((5, LATENT_SIZE), np.float32)})


def test_an_answer_above_grpcs_default_limit_arrives(tmp_path: Path, make: Callable[..., TFServingBackend]) -> None:
    write_tiny_generator(tmp_path, "large", 1, image_size=256)
    with ServingDouble(tmp_path) as double:
        image = make(tmp_path, double.target).predict("large", {"latent": np.ones((32, LATENT_SIZE), np.float32)})

    assert image["image"].nbytes > 4 * 1024 * 1024


def test_the_newest_version_is_the_servers_choice(backend: TFServingBackend) -> None:
    newest = backend.predict("tiny_planet", LATENT)["image"]

    np.testing.assert_array_equal(newest, backend.predict("tiny_planet", LATENT, version=2)["image"])
    assert (newest != backend.predict("tiny_planet", LATENT, version=1)["image"]).any()


def test_a_moved_label_is_borne_by_its_new_version_once_the_first_server_says_so(pair: Pair) -> None:
    def bearers() -> dict[str, int]:
        return {label: m.version for m in pair.backend.models() for label in m.labels if m.name == "tiny_planet"}

    assert bearers() == {}
    pair.second.labels = {"tiny_planet": {"stable": 1, "canary": 2}}
    assert bearers() == {"stable": 1, "canary": 2}
    pair.first.labels = {"tiny_planet": {"stable": 2}}
    assert bearers() == {"stable": 2, "canary": 2}
    pair.second.stop()
    assert bearers() == {"stable": 2}
