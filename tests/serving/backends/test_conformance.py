"""What every backend must do, asked of each in turn: embedded, TensorFlow Serving's double, a real TensorFlow Serving.

The real one is the server at `TF_SERVING_GRPC=host:port`, which serves the repository's own `saved_models`, else a
`tensorflow_model_server` on the PATH, started here; without either it is skipped.
"""

from __future__ import annotations

import concurrent.futures
import contextlib
import dataclasses
import os
import shutil
import socket
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import grpc
import numpy as np
import pytest

from serving.backends import create_backend
from serving.backends.base import (
    Backend,
    BackendUnavailable,
    DeadlineExceeded,
    InvalidInput,
    ModelNotFound,
    ModelVersion,
)
from tests.serving.serving_double import ServingDouble

LABELS = {"tiny_planet": {"stable": 1, "canary": 2}}
REPOSITORY = Path(__file__).parents[3]


@dataclasses.dataclass(frozen=True)
class Subject:
    """A backend, one generator that it serves, and a way to make the same backend again."""

    backend: Backend
    model: ModelVersion
    saved_models: Path
    kind: str
    target: str | None
    rollout: Path

    def inputs(self, batch: int) -> dict[str, np.ndarray]:
        """Latents of shape [batch, Z] and, for a conditional generator, kinds [batch, C]; the same at every call."""
        card, rng = self.model.card, np.random.default_rng(7)
        inputs = {"latent": rng.standard_normal((batch, card["latent_size"])).astype(np.float32)}
        if card["class_names"]:
            count = len(card["class_names"])
            inputs["kind"] = np.eye(count, dtype=np.float32)[np.arange(batch) % count]
        return inputs

    def predict(self, inputs: Mapping[str, Any], **options: Any) -> dict[str, np.ndarray]:
        return self.backend.predict(self.model.name, inputs, **{"version": self.model.version, **options})


@pytest.fixture(scope="module", params=["embedded", "double", "double, typed fields", "real"])
def subject(
    request: pytest.FixtureRequest, every_task_dir: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Subject]:
    with contextlib.ExitStack() as stack:
        kind, target, saved_models = "tfserving", None, every_task_dir
        rollout = tmp_path_factory.mktemp("rollout") / "rollout.toml"
        rollout.write_text("[tiny_planet]\nstable = 1\ncanary = 2\n")
        if request.param == "embedded":
            kind = "embedded"
        elif request.param == "real":
            target, saved_models = stack.enter_context(_real_server(every_task_dir, tmp_path_factory.mktemp("config")))
        else:
            double = ServingDouble(saved_models, tensor_content=request.param == "double", labels=LABELS)
            target = stack.enter_context(double).target
        backend = create_backend(kind, saved_models=saved_models, target=target, rollout=rollout)
        stack.callback(backend.close)
        generators = [m for m in backend.models() if m.state == "AVAILABLE" and m.card["task"] == "generate"]
        assert generators, [m.error for m in backend.models()]
        yield Subject(backend, generators[0], saved_models, kind, target, rollout)


def test_models_are_listed_newest_first_with_their_cards(subject: Subject) -> None:
    models = subject.backend.models()

    assert [(m.name, m.version) for m in models] == sorted(
        ((m.name, m.version) for m in models), key=lambda key: (key[0], -key[1])
    )
    assert subject.model.state == "AVAILABLE"
    assert subject.model.error == ""
    assert subject.model.card["name"] == subject.model.name


@pytest.mark.parametrize("signature", ["serving_default", "generate"])
def test_pictures_have_the_cards_size(subject: Subject, signature: str) -> None:
    image = subject.predict(subject.inputs(3), signature=signature)["image"]

    size = subject.model.card["image_size"]
    assert image.shape == (3, size["height"], size["width"], 3)
    assert image.dtype == np.uint8


def test_pictures_are_those_of_the_embedded_backend(subject: Subject) -> None:
    reference = create_backend("embedded", saved_models=subject.saved_models)
    try:
        inputs = subject.inputs(4)
        expected = reference.predict(subject.model.name, inputs, version=subject.model.version)["image"]
    finally:
        reference.close()

    _assert_same_picture(subject.predict(inputs)["image"], expected)
    assert expected.std() > 0  # a constant picture would agree with anything


def test_the_same_call_gives_the_same_bytes(subject: Subject) -> None:
    inputs = subject.inputs(1)

    assert subject.predict(inputs)["image"].tobytes() == subject.predict(inputs)["image"].tobytes()


def test_a_row_does_not_depend_on_its_batch(subject: Subject) -> None:
    inputs = subject.inputs(5)
    batch = subject.predict(inputs)["image"]

    for row in range(5):
        alone = subject.predict({name: array[row : row + 1] for name, array in inputs.items()})["image"]
        _assert_same_picture(alone[0], batch[row])


def test_no_version_means_the_newest(subject: Subject) -> None:
    newest = max(m.version for m in subject.backend.models() if m.name == subject.model.name)

    expected = subject.predict(subject.inputs(1), version=newest)["image"]
    _assert_same_picture(subject.predict(subject.inputs(1), version=None)["image"], expected)


def test_a_label_means_its_version(subject: Subject) -> None:
    borne = {(m.name, label): m for m in subject.backend.models() for label in m.labels}
    if subject.saved_models != REPOSITORY / "saved_models":
        assert borne["tiny_planet", "stable"].version == 1
        assert borne["tiny_planet", "canary"].version == 2

    for (name, label), model in borne.items():
        if model.card["task"] == "generate":
            inputs = dataclasses.replace(subject, model=model).inputs(2)
            image = subject.backend.predict(name, inputs, label=label)["image"]
            expected = subject.backend.predict(name, inputs, version=model.version)["image"]
            _assert_same_picture(image, expected)


def test_an_unknown_label_is_not_found(subject: Subject) -> None:
    with pytest.raises(ModelNotFound, match=f"'{subject.model.name}' has no label 'nope'"):
        subject.predict(subject.inputs(1), version=None, label="nope")


def test_a_version_and_a_label_are_not_asked_for_together(subject: Subject) -> None:
    with pytest.raises(InvalidInput, match="one of them"):
        subject.predict(subject.inputs(1), label="stable")


def test_a_batch_above_the_servers_limit_is_served(subject: Subject) -> None:
    inputs = subject.inputs(70)
    image = subject.predict(inputs)["image"]

    assert len(image) == 70
    last = subject.predict({name: array[69:] for name, array in inputs.items()})["image"]
    _assert_same_picture(image[69:], last)


@pytest.mark.parametrize(
    ("task", "output"), [("classify", "probabilities"), ("discriminate", "realness"), ("translate", "image")]
)
def test_models_that_see_pictures(subject: Subject, task: str, output: str) -> None:
    models = [m for m in subject.backend.models() if m.state == "AVAILABLE" and m.card["task"] == task]
    if not models:
        pytest.skip(f"The server has no model to {task}.")
    model = models[0]
    size = model.card["image_size"]
    image = np.random.default_rng(7).integers(0, 256, (3, size["height"], size["width"], 3), dtype=np.uint8)
    reference = create_backend("embedded", saved_models=subject.saved_models)
    try:
        expected = reference.predict(model.name, {"image": image}, version=model.version)[output]
    finally:
        reference.close()
    assert expected.std() > 0  # a constant answer would agree with anything

    for signature in ("serving_default", task):
        found = subject.backend.predict(model.name, {"image": image}, signature=signature, version=model.version)[
            output
        ]
        if task == "translate":
            assert found.shape == image.shape
            assert found.dtype == np.uint8
            _assert_same_picture(found, expected)
        else:
            assert found.shape == ((3, len(model.card["class_names"])) if task == "classify" else (3,))
            assert found.dtype == np.float32
            np.testing.assert_allclose(found, expected, atol=1e-5)
            assert (found >= 0).all()
            assert (found <= 1).all()
    if task == "classify":
        np.testing.assert_allclose(expected.sum(axis=1), 1, atol=1e-5)

    for wrong in (image.astype(np.float32), image[:, 1:], np.repeat(image, 2, axis=1), image[..., :1], image[0]):
        with pytest.raises(InvalidInput):
            subject.backend.predict(model.name, {"image": wrong}, signature=task)


def test_an_unknown_model_is_not_found(subject: Subject) -> None:
    with pytest.raises(ModelNotFound, match="no_such_model"):
        subject.backend.predict("no_such_model", subject.inputs(1))


@pytest.mark.parametrize("version", [987654, 0, -1, 2**63, 10**30])
def test_an_unknown_version_is_not_found(subject: Subject, version: int) -> None:
    with pytest.raises(ModelNotFound, match=str(version)):
        subject.predict(subject.inputs(1), version=version)


def test_an_unknown_signature_is_not_found(subject: Subject) -> None:
    with pytest.raises(ModelNotFound, match="no_such_signature"):
        subject.predict(subject.inputs(1), signature="no_such_signature")


def test_bad_inputs_are_refused_in_one_sentence(subject: Subject) -> None:
    good = subject.inputs(2)
    latent = good["latent"]
    bad_inputs = {
        "wrong name": {**{k: v for k, v in good.items() if k != "latent"}, "latents": latent},
        "extra input": {**good, "extra": latent},
        "missing input": {k: v for k, v in good.items() if k != "latent"},
        "too wide": {**good, "latent": np.concatenate([latent, latent], axis=1)},
        "wrong dtype": {**good, "latent": latent.astype(np.float64)},
        "text": {**good, "latent": latent.astype(str)},
        "scalar": {**good, "latent": np.float32(0)},
        "empty batch": {k: v[:0] for k, v in good.items()},
        "different batches": {**good, "latent": latent[:1], "kind": np.ones((2, 3), np.float32)},
    }
    for what, inputs in bad_inputs.items():
        with pytest.raises(InvalidInput) as caught:
            subject.predict(inputs)
        sentence = str(caught.value)
        assert sentence.endswith("."), what
        assert "\n" not in sentence, what


@pytest.mark.parametrize("deadline", [1e-9, 0.0, -1.0])
def test_a_deadline_too_short_is_told(subject: Subject, deadline: float) -> None:
    with pytest.raises(DeadlineExceeded, match="deadline"):
        subject.predict(subject.inputs(1), deadline=deadline)
    assert subject.predict(subject.inputs(1), deadline=60.0)["image"].shape[0] == 1


def test_many_threads_may_call_at_once(subject: Subject) -> None:
    inputs = subject.inputs(8)
    expected = subject.predict(inputs)["image"]

    def call(row: int) -> np.ndarray:
        return subject.predict({name: array[row : row + 1] for name, array in inputs.items()})["image"]

    with concurrent.futures.ThreadPoolExecutor(8) as threads:
        images = list(threads.map(call, [row % 8 for row in range(64)]))
    for turn, image in enumerate(images):
        _assert_same_picture(image[0], expected[turn % 8])


def test_after_close_nothing_is_served(subject: Subject) -> None:
    backend = create_backend(subject.kind, saved_models=subject.saved_models, target=subject.target)
    backend.close()

    with pytest.raises(BackendUnavailable):
        backend.predict(subject.model.name, subject.inputs(1))
    with pytest.raises(BackendUnavailable):
        backend.models()
    backend.close()


def _assert_same_picture(image: np.ndarray, expected: np.ndarray) -> None:
    """Equal up to one rounding step of 255."""
    assert image.shape == expected.shape
    assert np.abs(image.astype(int) - expected.astype(int)).max() <= 1


@contextlib.contextmanager
def _real_server(saved_models: Path, scratch: Path) -> Iterator[tuple[str, Path]]:
    """Target of a TensorFlow Serving, and the folder of models that it serves."""
    if target := os.environ.get("TF_SERVING_GRPC"):
        if not list(REPOSITORY.glob("saved_models/*/*/assets.extra/card.json")):
            pytest.skip("TF_SERVING_GRPC is set, but the repository's saved_models folder holds no model.")
        yield target, REPOSITORY / "saved_models"
        return
    binary = shutil.which("tensorflow_model_server")
    if binary is None:
        pytest.skip("No TensorFlow Serving: set TF_SERVING_GRPC=host:port or put tensorflow_model_server on the PATH.")
    config = scratch / "models.config"
    config.write_text(f"model_config_list {{{' '.join(_model_config(path) for path in saved_models.glob('*/'))}}}")
    port = _free_port()
    server = subprocess.Popen(
        [
            binary,
            f"--port={port}",
            f"--model_config_file={config}",
            "--enable_serialization_as_tensor_content=true",
            "--grpc_max_threads=256",
            "--allow_version_labels_for_unavailable_models=true",
        ]
    )
    try:
        with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
            grpc.channel_ready_future(channel).result(timeout=60)
        yield f"127.0.0.1:{port}", saved_models
    finally:
        server.terminate()
        server.wait()


def _model_config(folder: Path) -> str:
    labels = LABELS.get(folder.name, {}).items()
    return (
        f'config {{ name: "{folder.name}" base_path: "{folder}" model_platform: "tensorflow" '
        "model_version_policy { all {} } "
        + "".join(f'version_labels {{ key: "{label}" value: {version} }} ' for label, version in labels)
        + "} "
    )


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
