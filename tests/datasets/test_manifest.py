from __future__ import annotations

import dataclasses
import json

import pytest

from datasets.errors import RequestError
from datasets.manifest import Manifest, Picture, Rejection, Size, Treatment, load_manifest

MANIFEST = Manifest(
    sizes=("64", "64x128"),
    class_names=("earth", "büro"),
    pictures=(
        Picture(
            file="earth/earth_000.png",
            source="earth/a.jpg",
            sha256="00" * 32,
            classes=("earth",),
            split="train",
            treatment=Treatment("planet", (1280, 720), (300, 20, 980, 700), 755.56),
        ),
        Picture("büro/büro_000.png", "büro/b.jpg", "11" * 32, ("büro",), "holdout", Treatment("center_crop", (40, 30))),
    ),
    rejected=(Rejection("earth/c.jpg", "It is empty."),),
)


def test_a_manifest_survives_saving_and_loading(tmp_path):
    MANIFEST.save(tmp_path)
    assert load_manifest(tmp_path) == MANIFEST
    assert [path.name for path in tmp_path.iterdir()] == ["manifest.json"]


def test_a_folder_without_manifest_is_refused(tmp_path):
    with pytest.raises(RequestError, match=r"not a prepared data set.*datasets\.prepare"):
        load_manifest(tmp_path)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"format_version": 2}', '{"format_version": 1}'])
def test_a_file_that_is_no_manifest_is_refused(tmp_path, text):
    (tmp_path / "manifest.json").write_text(text)
    with pytest.raises(RequestError, match=r"manifest\.json"):
        load_manifest(tmp_path)


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"split": "test"}, "split"),
        ({"classes": ["mars"]}, "class_names"),
        ({"file": "../earth_000.png"}, "leads out"),
        ({"file": "büro/büro_000.png"}, "twice"),
        ({"treatment": {"method": "magic", "source_size": [1, 1], "planet": None}}, "method"),
        ({"mood": "fine"}, "mood"),
    ],
)
def test_a_wrong_entry_is_named(tmp_path, change, complaint):
    data = dataclasses.asdict(MANIFEST)
    data["pictures"][0].update(change)
    (tmp_path / "manifest.json").write_text(json.dumps(data))
    with pytest.raises(RequestError, match=complaint):
        load_manifest(tmp_path)


def test_sizes_are_read_and_written():
    assert Size.of("64x128") == (64, 128)
    assert [str(Size.of(size)) for size in (64, "128", "64x128", "64x64", Size(8, 9))] == [
        "64",
        "128",
        "64x128",
        "64",
        "8x9",
    ]


@pytest.mark.parametrize("size", ["", "big", "0", "-64", "64x", "64x0", "5000", "7", "64.0", "64x64x3", "٦٤", 0])
def test_what_is_no_size_is_refused(size):
    with pytest.raises(RequestError, match="is not a size: expected"):
        Size.of(size)
