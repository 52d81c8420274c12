"""TensorFlow Serving's configuration: what is written of the stored models, and that it is what stands in the tree."""

from __future__ import annotations

import dataclasses
import shutil
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory, text_format, wrappers_pb2
from google.protobuf.message import Message

from serving.backends.cards import StoredVersion, scan
from serving.backends.rollout import RolloutError, read_choices
from serving.deploy.__main__ import main
from serving.deploy.files import differing, render, write
from serving.deploy.rollout import ServedModel, plan
from serving.deploy.warmup import WARMUP_FILE
from tests.serving.tiny_model import LATENT_SIZE
from training.saved.warmup import write_warmup_records

_ROOT = Path(__file__).resolve().parents[3]

# Of tensorflow/serving: model_server_config.proto, file_system_storage_path_source.proto, session_bundle_config.proto,
# monitoring_config.proto. A map is written as the repeated entries that it is in protobuf.
_MESSAGES = {
    "ModelServerConfig": ["1 ModelConfigList model_config_list"],
    "ModelConfigList": ["1 repeated ModelConfig config"],
    "ModelConfig": [
        "1 string name",
        "2 string base_path",
        "4 string model_platform",
        "7 ServableVersionPolicy model_version_policy",
        "8 repeated VersionLabel version_labels",
    ],
    "VersionLabel": ["1 string key", "2 int64 value"],
    "ServableVersionPolicy": ["102 Specific specific"],
    "Specific": ["1 repeated int64 versions"],
    "BatchingParameters": [
        "1 .google.protobuf.Int64Value max_batch_size",
        "2 .google.protobuf.Int64Value batch_timeout_micros",
        "3 .google.protobuf.Int64Value max_enqueued_batches",
        "4 .google.protobuf.Int64Value num_batch_threads",
        "6 repeated int64 allowed_batch_sizes",
    ],
    "MonitoringConfig": ["1 PrometheusConfig prometheus_config"],
    "PrometheusConfig": ["1 bool enable", "2 string path"],
}


def _parse(message: str, text: str) -> Message:
    pool = descriptor_pool.DescriptorPool()
    pool.AddSerializedFile(wrappers_pb2.DESCRIPTOR.serialized_pb)
    file = descriptor_pb2.FileDescriptorProto(
        name="serving.proto", package="serving", syntax="proto3", dependency=[wrappers_pb2.DESCRIPTOR.name]
    )
    for name, fields in _MESSAGES.items():
        described = file.message_type.add(name=name)
        for field in fields:
            number, *repeated, kind, field_name = field.split()
            added = described.field.add(name=field_name, number=int(number), label=3 if repeated else 1)
            if kind[0].islower():
                added.type = descriptor_pb2.FieldDescriptorProto.Type.Value(f"TYPE_{kind.upper()}")
            else:
                added.type = descriptor_pb2.FieldDescriptorProto.TYPE_MESSAGE
                added.type_name = kind if kind.startswith(".") else f".serving.{kind}"
    pool.AddSerializedFile(file.SerializeToString())
    empty = message_factory.GetMessageClass(pool.FindMessageTypeByName(f"serving.{message}"))()
    return text_format.Parse(text, empty)


def _stored(**versions: list[int]) -> list[StoredVersion]:
    return [StoredVersion(name, version, Path(), {}) for name, found in versions.items() for version in found]


def _planned(choices: dict[str, dict[str, int]], *versions: int) -> tuple[tuple[int, ...], dict[str, int]]:
    [model] = plan(_stored(planet=list(versions)), choices)
    return model.versions, dict(model.labels)


def test_the_committed_files_are_what_the_stored_models_ask_for() -> None:
    assert main(["--saved-models", str(_ROOT / "saved_models"), "--check"]) == 0


@pytest.mark.parametrize(
    ("stored", "choice", "versions", "labels"),
    [
        ([3], {}, (3,), {"stable": 3}),
        ([1, 2, 4], {}, (2, 4), {"stable": 4}),
        ([1, 2], {"stable": 1}, (1,), {"stable": 1}),
        ([1, 2], {"stable": 1, "canary": 2}, (1, 2), {"stable": 1, "canary": 2}),
        ([1, 2, 3, 4], {"stable": 3, "canary": 1}, (1, 2, 3), {"stable": 3, "canary": 1}),
    ],
)
def test_stable_the_one_before_it_and_the_canary_are_loaded(
    stored: list[int], choice: dict[str, int], versions: tuple[int, ...], labels: dict[str, int]
) -> None:
    assert _planned({"planet": choice}, *stored) == (versions, labels)


def test_a_rollout_and_its_roll_back_move_labels_only_to_versions_that_are_loaded() -> None:
    steps = [{"stable": 1}, {"stable": 1, "canary": 2}, {"stable": 2}, {"stable": 1}]
    loaded: tuple[int, ...] = (1,)
    for before, choice in pairwise(steps):
        versions, labels = _planned({"planet": choice}, 1, 2)
        assert all(version in loaded for label, version in labels.items() if label in before)
        loaded = versions
    assert loaded == (1,)


@pytest.mark.parametrize(
    ("stored", "choices", "sentence"),
    [
        ([], {}, "There are no models to serve"),
        (_stored(planet=[1]), {"moon": {"stable": 1}}, "names model 'moon', which is not stored; stored are planet."),
        (_stored(planet=[1, 2]), {"planet": {"stable": 3}}, "makes version 3 of 'planet' stable, but stored are 1, 2."),
        (_stored(planet=[1, 2]), {"planet": {"canary": 2}}, "write beside it another version as stable"),
        (_stored(planet=[1, 2]), {"planet": {"stable": 2, "canary": 2}}, "write beside it another version as stable"),
        (
            [StoredVersion("planet", 1, Path(), {}, "Its card is missing.")],
            {},
            "cannot be served. Its card is missing.",
        ),
        ([StoredVersion('a"b', 1, Path(), {})], {}, "rename its folder"),
    ],
)
def test_what_cannot_be_served_is_told_in_a_sentence(
    stored: list[StoredVersion], choices: dict[str, dict[str, int]], sentence: str
) -> None:
    with pytest.raises(RolloutError, match=sentence.replace("(", r"\(")):
        plan(stored, choices)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("planet = [", "cannot be read"),
        ("stable = 1", r"write \[MODEL\]"),
        ("[planet]\nbeta = 1", "write stable or canary"),
        ("[planet]\nstable = true", "write stable or canary"),
    ],
)
def test_a_broken_rollout_is_told_in_a_sentence(tmp_path: Path, text: str, sentence: str) -> None:
    path = tmp_path / "rollout.toml"
    path.write_text(text)
    with pytest.raises(RolloutError, match=sentence):
        read_choices(path)


def test_the_files_are_text_of_tensorflow_servings_messages() -> None:
    files = render([ServedModel("planet", (1, 2), {"stable": 1, "canary": 2})])

    [planet] = _parse("ModelServerConfig", files["models.config"]).model_config_list.config
    assert (planet.name, planet.base_path, planet.model_platform) == ("planet", "/models/planet", "tensorflow")
    assert list(planet.model_version_policy.specific.versions) == [1, 2]
    assert {label.key: label.value for label in planet.version_labels} == {"stable": 1, "canary": 2}
    assert _parse("MonitoringConfig", files["monitoring.config"]).prometheus_config.enable
    batching = _parse("BatchingParameters", files["batching_parameters.txt"])
    sizes = list(batching.allowed_batch_sizes)
    assert sizes == sorted(set(sizes))
    assert sizes[-1] == batching.max_batch_size.value
    assert min(batching.max_enqueued_batches.value, batching.num_batch_threads.value) >= 1


def test_every_stored_model_is_in_the_committed_file() -> None:
    text = (_ROOT / "serving" / "deploy" / "config" / "models.config").read_text(encoding="utf-8")
    served = {model.name for model in _parse("ModelServerConfig", text).model_config_list.config}
    assert served == {version.name for version in scan(_ROOT / "saved_models")}


def test_files_written_are_whole_and_no_longer_differ(tmp_path: Path) -> None:
    files = render([ServedModel("planet", (1,), {"stable": 1})])
    assert differing(tmp_path, files) == list(files)
    write(tmp_path, files)
    assert differing(tmp_path, files) == []
    assert {path.name for path in tmp_path.iterdir()} == set(files)


def test_a_version_that_cannot_be_loaded_is_left_out_unless_it_is_asked_for() -> None:
    broken = StoredVersion("planet", 2, Path(), {}, "Its file is missing.")
    stored = [*_stored(planet=[1, 3]), broken]

    assert plan(stored, {}) == [ServedModel("planet", (1, 3), {"stable": 3})]
    for choice, label in (({"stable": 2}, "stable"), ({"stable": 3, "canary": 2}, "canary")):
        with pytest.raises(RolloutError, match=f"Version 2 of 'planet', which is {label}, cannot be served. Its file"):
            plan(stored, {"planet": choice})


@dataclasses.dataclass(frozen=True)
class Deployment:
    """Models in a folder, and the command over them."""

    saved_models: Path
    rollout: Path
    out: Path
    sound: Path

    def main(self, *options: str) -> int:
        folders = ("--saved-models", str(self.saved_models), "--rollout", str(self.rollout), "--out", str(self.out))
        return main([*folders, *options])

    def add(self, version: int, largest: int = 32) -> Path:
        """A sound version of `planet`, with warm-up records up to a batch."""
        folder = self.saved_models / "planet" / str(version)
        shutil.copytree(self.sound, folder)
        requests = [("generate", {"latent": np.zeros((rows, LATENT_SIZE), np.float32)}) for rows in (1, largest)]
        write_warmup_records(folder, requests)
        return folder

    def models_config(self) -> str:
        return (self.out / "models.config").read_text(encoding="utf-8")


@pytest.fixture
def deployment(saved_models_dir: Path, tmp_path: Path) -> Deployment:
    (tmp_path / "rollout.toml").touch()
    return Deployment(
        tmp_path / "m", tmp_path / "rollout.toml", tmp_path / "out", saved_models_dir / "tiny_planet" / "1"
    )


def test_the_command_writes_checks_and_refuses(deployment: Deployment, capsys: pytest.CaptureFixture[str]) -> None:
    deployment.add(1)
    assert deployment.main("--check") == 1
    assert capsys.readouterr().err.startswith("models.config and batching_parameters.txt and monitoring.config in ")
    assert deployment.main() == 0
    assert deployment.main("--check") == 0
    assert capsys.readouterr().err == ""

    deployment.add(2)
    assert deployment.main("--check") == 1
    assert capsys.readouterr().err.startswith("models.config in ")
    before = deployment.models_config()
    for _ in range(2):  # what was refused is refused again: no server took it
        assert deployment.main() == 2
        refusal = capsys.readouterr().err
        assert "will not move stable of 'planet' from 1 to 2, which it has not loaded" in refusal
        assert refusal.startswith("Nothing was written")
        assert deployment.models_config() == before
    deployment.rollout.write_text("[planet]\nstable = 1\ncanary = 2\n")
    assert deployment.main() == 0
    deployment.rollout.write_text("[planet]\nstable = 2\n")
    assert deployment.main() == 0
    assert capsys.readouterr().err == ""

    deployment.rollout.write_text("[planet]\nstable = 9\n")
    assert deployment.main() == 2
    assert capsys.readouterr().err == "The rollout makes version 9 of 'planet' stable, but stored are 1, 2.\n"


def test_servers_that_start_anew_take_any_move(deployment: Deployment, capsys: pytest.CaptureFixture[str]) -> None:
    deployment.add(1)
    assert deployment.main() == 0
    deployment.add(2)
    assert deployment.main("--restart") == 0
    assert 'key: "stable" value: 2' in deployment.models_config()
    assert deployment.main() == 0
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    ("damage", "sentence"),
    [
        (lambda folder: (folder / "saved_model.pb").unlink(), "planet/2/saved_model.pb is missing or empty"),
        (lambda folder: (folder / "saved_model.pb").write_bytes(b""), "planet/2/saved_model.pb is missing or empty"),
        (lambda folder: shutil.rmtree(folder / "variables"), "planet/2/variables/variables.index is missing or empty"),
        (
            lambda folder: (folder / "variables" / "variables.data-00000-of-00001").unlink(),
            "planet/2/variables/variables.data-00000-of-00001 is missing or empty",
        ),
        (lambda folder: _cut(folder / "variables" / "variables.index"), "variables.index is cut off or damaged"),
        (
            lambda folder: _cut(folder / "variables" / "variables.data-00000-of-00001"),
            "planet/2/variables/variables.data-00000-of-00001 is cut off",
        ),
        (lambda folder: _cut(folder / "assets.extra" / "card.json"), "card.json cannot be read"),
        (lambda folder: _cut(folder / WARMUP_FILE), "tf_serving_warmup_requests are cut off or damaged"),
    ],
)
def test_a_canary_that_would_end_servers_is_refused(
    deployment: Deployment, capsys: pytest.CaptureFixture[str], damage: Callable[[Path], None], sentence: str
) -> None:
    deployment.add(1)
    damage(deployment.add(2))
    deployment.rollout.write_text("[planet]\nstable = 1\ncanary = 2\n")
    assert deployment.main() == 2
    told = capsys.readouterr().err
    assert told.startswith("Version 2 of 'planet', which is canary, cannot be served. Its ")
    assert sentence in told
    assert not deployment.out.exists()

    deployment.rollout.write_text("[planet]\nstable = 1\n")
    assert deployment.main() == 0
    assert capsys.readouterr().err.startswith("Version 2 of 'planet' is left out. Its ")


def test_warm_up_records_above_the_largest_batch_are_told(
    deployment: Deployment, capsys: pytest.CaptureFixture[str]
) -> None:
    deployment.add(1, largest=64)
    assert deployment.main() == 2
    assert "go to batches of 64, but max_batch_size is 32" in capsys.readouterr().err


def test_a_version_without_warm_up_records_is_told(deployment: Deployment, capsys: pytest.CaptureFixture[str]) -> None:
    (deployment.add(1) / WARMUP_FILE).unlink()
    assert deployment.main() == 0
    assert "Version 1 of 'planet' brings no warm-up records" in capsys.readouterr().err


def _cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-9])
