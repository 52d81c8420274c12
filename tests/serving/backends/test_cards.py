"""Reading names, versions and cards from a folder of SavedModels."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from serving.backends.cards import scan
from tests.serving.tiny_model import tiny_card, write_card


def test_versions_are_sorted_by_name_then_newest_first(tmp_path: Path) -> None:
    for name, version in [("b", 2), ("a", 9), ("a", 10), ("b", 1)]:
        write_card(tmp_path / name / str(version), tiny_card(name, version))

    found = scan(tmp_path)

    assert [(stored.name, stored.version) for stored in found] == [("a", 10), ("a", 9), ("b", 2), ("b", 1)]
    assert found[0].card == tiny_card("a", 10)
    assert found[0].folder == tmp_path / "a" / "10"
    assert {stored.error for stored in found} == {""}


@pytest.mark.parametrize(
    "folder", [".tmp-2", "two", "2.bak", "-1", "0", "²", "9223372036854775808", "9" * 200, ".hidden/1"]
)
def test_folders_that_are_no_version_are_passed_over(
    tmp_path: Path, folder: str, caplog: pytest.LogCaptureFixture
) -> None:
    write_card(tmp_path / "planet" / "1", tiny_card("planet", 1))
    write_card(tmp_path / "planet" / folder, tiny_card("planet", 2))
    write_card(tmp_path / ".tmp-planet" / "1", tiny_card("planet", 1))
    (tmp_path / "README.md").touch()
    (tmp_path / "planet" / "3").touch()  # a file, not a folder

    for _ in range(2):
        assert [(stored.name, stored.version) for stored in scan(tmp_path)] == [("planet", 1)]
    passed_over = [] if folder.startswith(".") else [tmp_path / "planet" / folder]
    assert caplog.messages == [
        f"Passing over '{one}': its name is not a version number such as 1." for one in passed_over
    ]


def test_leading_zeros_are_read_as_the_model_server_reads_them(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    for folder in ("1", "002", "03", "3", "09223372036854775807"):
        write_card(tmp_path / "planet" / folder, tiny_card("planet", int(folder)))

    found = {stored.version: stored.folder.name for stored in scan(tmp_path)}

    assert found == {2**63 - 1: "09223372036854775807", 3: "3", 2: "002", 1: "1"}
    assert caplog.messages == [f"Passing over '{tmp_path / 'planet' / '03'}': '3' beside it is version 3."]


def test_an_empty_or_missing_folder_has_no_versions(tmp_path: Path) -> None:
    assert scan(tmp_path) == []
    assert scan(tmp_path / "missing") == []


def test_a_missing_card_is_told(tmp_path: Path) -> None:
    (tmp_path / "planet" / "1").mkdir(parents=True)

    (stored,) = scan(tmp_path)

    assert stored.card == {}
    assert stored.error == "Its card planet/1/assets.extra/card.json is missing: export the model again."


@pytest.mark.parametrize(
    ("sums", "fault"),
    [
        (f"{'0' * 64}  assets.extra/card.json\n", "card.json is not what was exported, by assets.extra/SHA256SUMS"),
        ("", "card.json is not what was exported, by assets.extra/SHA256SUMS"),
        (b"\xff", "SHA256SUMS cannot be read"),
    ],
)
def test_a_card_that_is_not_the_exported_one_is_told(tmp_path: Path, sums: str | bytes, fault: str) -> None:
    write_card(tmp_path / "planet" / "1", tiny_card("planet", 1))
    path = tmp_path / "planet" / "1" / "assets.extra" / "SHA256SUMS"
    path.write_bytes(sums if isinstance(sums, bytes) else sums.encode())

    (stored,) = scan(tmp_path)

    assert stored.card == {}
    assert stored.error == f"Its card planet/1/assets.extra/{fault}: export the model again."


@pytest.mark.parametrize("content", [b"", b'{"task": "generate"', b"\xff\xfe\x00"])
def test_an_unreadable_card_is_told(tmp_path: Path, content: bytes) -> None:
    write_card(tmp_path / "planet" / "1", {})
    (tmp_path / "planet" / "1" / "assets.extra" / "card.json").write_bytes(content)

    (stored,) = scan(tmp_path)

    assert stored.card == {}
    assert "planet/1/assets.extra/card.json cannot be read" in stored.error


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"task": None}, "'task'"),
        ({"latent_size": 0}, "'latent_size'"),
        ({"latent_size": "100"}, "'latent_size'"),
        ({"latent_size": True}, "'latent_size'"),
        ({"image_size": 64}, "'image_size'"),
        ({"image_size": {"width": 64}}, "'image_size'"),
        ({"class_names": None}, "'class_names'"),
        ({"class_names": ["earth", 3]}, "'class_names'"),
    ],
)
def test_a_card_that_would_mislead_is_told(tmp_path: Path, changes: dict[str, Any], fault: str) -> None:
    write_card(tmp_path / "planet" / "1", {**tiny_card("planet", 1), **changes})

    (stored,) = scan(tmp_path)

    assert stored.card == {}
    assert fault in stored.error


@pytest.mark.parametrize("content", [[], "card", None, 1])
def test_a_card_that_is_no_object_is_told(tmp_path: Path, content: Any) -> None:
    write_card(tmp_path / "planet" / "1", content)

    assert "is not a JSON object" in scan(tmp_path)[0].error


_SIZE = {"image_size": {"width": 64, "height": 32}}
_NEEDS = {
    "classify": {**_SIZE, "class_names": ["earth", "mars"]},
    "discriminate": _SIZE,
    "translate": {**_SIZE, "source": "mars", "target": "earth"},
    "something_new": {},
}


@pytest.mark.parametrize("task", list(_NEEDS))
def test_what_each_task_needs(tmp_path: Path, task: str) -> None:
    card = {"task": task, **_NEEDS[task]}
    write_card(tmp_path / "model" / "1", card)
    assert (scan(tmp_path)[0].card, scan(tmp_path)[0].error) == (card, "")

    for missing in _NEEDS[task]:
        write_card(tmp_path / "model" / "1", {key: value for key, value in card.items() if key != missing})
        assert f"'{missing}'" in scan(tmp_path)[0].error


@pytest.mark.parametrize(("limit", "fits"), [(0, True), (0.4, True), (None, True), ("0.4", False), (1.5, False)])
def test_a_classifiers_limit_is_a_probability(tmp_path: Path, limit: Any, fits: bool) -> None:
    write_card(tmp_path / "model" / "1", {"task": "classify", **_NEEDS["classify"], "unknown_below": limit})

    assert (scan(tmp_path)[0].error == "") == fits


@pytest.mark.parametrize(
    ("archetypes", "fits"),
    [
        ({}, True),
        ({"desert": {"earth": 0.25, "mars": 0.75}}, True),
        ({"desert": {"earth": 0.25, "mars": 0.25}}, False),
        ({"desert": {"earth": 1.25, "mars": -0.25}}, False),
        ({"desert": {"pluto": 1.0}}, False),
        ({"mars": {"mars": 1.0}}, False),
        ({"desert": "mars"}, False),
        (["desert"], False),
    ],
)
def test_archetypes_are_mixes_of_a_models_kinds(tmp_path: Path, archetypes: Any, fits: bool) -> None:
    card = {"task": "generate", **_SIZE, "latent_size": 8, "class_names": ["earth", "mars"], "archetypes": archetypes}
    write_card(tmp_path / "model" / "1", card)

    assert (scan(tmp_path)[0].error == "") == fits


@pytest.mark.parametrize(
    ("world", "fits"),
    [
        ({"sizes": [16, 32], "map": [32, 64]}, True),
        ({"sizes": [32, 16], "map": [32, 64]}, False),
        ({"sizes": [], "map": [32, 64]}, False),
        ({"sizes": [0, 16], "map": [32, 64]}, False),
        ({"sizes": [16], "map": [32]}, False),
        ({"sizes": 16, "map": [32, 64]}, False),
        ({"sizes": [16]}, False),
        ({"sizes": [16], "map": [32, 64], "heights": True, "sights": True}, True),
        ({"sizes": [16], "map": [32, 64], "heights": "yes"}, False),
        ({"sizes": [16], "map": [32, 64], "sights": 1}, False),
        ({"sizes": [16, 32], "map": [32, 64], "spins": {"sizes": [16], "views": 12}}, True),
        ({"sizes": [16, 32], "map": [32, 64], "spins": {"sizes": [8], "views": 12}}, False),
        ({"sizes": [16, 32], "map": [32, 64], "spins": {"sizes": [16]}}, False),
        ({"sizes": [16], "map": [32, 64], "spins": True}, False),
        ([16], False),
        (None, False),
    ],
)
def test_a_worlds_sizes(tmp_path: Path, world: Any, fits: bool) -> None:
    card = {"task": "generate", **_SIZE, "latent_size": 8, "class_names": ["earth", "mars"], "world": world}
    write_card(tmp_path / "model" / "1", card)

    assert (scan(tmp_path)[0].error == "") == fits


@pytest.mark.parametrize(
    ("change", "fits"),
    [
        ({}, True),
        ({"radius": None}, False),
        ({"radius": 0}, False),
        ({"radius": 1.1}, False),
        ({"steepest": 0}, False),
        ({"glsl": 7}, False),
        ({"textures": None}, False),
        ({"textures": {"field": [264, 396]}}, False),
        ({"textures": {"field": [264], "details": [260, 780]}}, False),
        ({"textures": {"field": 264, "details": [260, 780]}}, False),
        ({"textures": ["field", "details"]}, False),
        ("void surface() {}", False),
    ],
)
def test_a_worlds_shader(tmp_path: Path, change: Any, fits: bool) -> None:
    textures = {"field": [264, 396], "details": [260, 780]}
    shader = {"glsl": "void surface() {}", "radius": 0.9, "steepest": 0.4, "textures": textures}
    shader = {**shader, **change} if isinstance(change, dict) else change
    card = {"task": "generate", **_SIZE, "latent_size": 8, "class_names": [], "shader": shader}
    write_card(tmp_path / "model" / "1", card)

    assert (scan(tmp_path)[0].error == "") == fits
