"""TensorFlow Serving's configuration: what is written of the stored models, and that it is what stands in the tree."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory, text_format, wrappers_pb2
from google.protobuf.message import Message

from serving.backends.cards import StoredVersion, scan
from serving.backends.rollout import RolloutError, read_choices
from serving.deploy.__main__ import main
from serving.deploy.files import differing, render, write
from serving.deploy.rollout import ServedModel, plan
from tests.serving.tiny_model import tiny_card, write_card

_ROOT = Path(__file__).resolve().parents[2]

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


def test_the_command_writes_checks_and_warns(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rollout = tmp_path / "rollout.toml"
    rollout.touch()
    command = ["--saved-models", str(tmp_path / "m"), "--rollout", str(rollout), "--out", str(tmp_path / "out")]
    write_card(tmp_path / "m" / "planet" / "1", tiny_card("planet", 1))

    assert main([*command, "--check"]) == 1
    assert capsys.readouterr().err.startswith("models.config and batching_parameters.txt and monitoring.config in ")
    assert main(command) == 0
    assert main([*command, "--check"]) == 0
    assert capsys.readouterr().err == ""

    write_card(tmp_path / "m" / "planet" / "2", tiny_card("planet", 2))
    assert main([*command, "--check"]) == 1
    assert capsys.readouterr().err.startswith("models.config in ")
    assert main(command) == 0
    assert "will not move stable of 'planet' from 1 to 2, which it has not loaded" in capsys.readouterr().err
    assert main(command) == 0
    assert capsys.readouterr().err == ""

    rollout.write_text("[planet]\nstable = 9\n")
    assert main(command) == 2
    assert capsys.readouterr().err == "The rollout makes version 9 of 'planet' stable, but stored are 1, 2.\n"
