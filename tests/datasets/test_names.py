from __future__ import annotations

import os
import subprocess
import sys

import pytest
from PIL import Image

from datasets.errors import RequestError
from datasets.labels import LabelFile, read_labels
from datasets.manifest import load_manifest
from datasets.names import class_objection, file_key, folder_name, natural, printable
from datasets.prepare import main, prepare
from datasets.sources import arrange, in_folders


@pytest.fixture
def raw(tmp_path):
    """Makes a folder of class folders of pictures."""

    def make(*paths: str | bytes):
        for path in paths:
            path = os.path.join(os.fsencode(tmp_path / "raw"), os.fsencode(path))
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "wb") as file:
                Image.new("RGB", (16, 16), (200, 100, 50)).save(file, "PNG")
        return tmp_path / "raw"

    return make


@pytest.mark.parametrize(
    "name",
    [
        "gas, giant",
        "K2:18b",
        "K2:18b:1",
        "",
        " ice",
        "ice ",
        "a\nb",
        "a\tb",
        "a\x00",
        "a\u2028b",
        "x" * 201,
        "é" * 101,
        "\udce9",
    ],
)
def test_names_that_no_kind_can_have(name):
    assert class_objection(name).count(". ") == 0
    assert class_objection(name).endswith("it.")


@pytest.mark.parametrize("name", ["earth", "Gas giant", "a|b", "a/b", "हिन्दी", "ไทย", "🪐", "0.5", "100%", "x" * 200])
def test_names_that_kinds_can_have(name):
    assert class_objection(name) is None


def test_folders_with_signs_of_the_mix_are_left_out_and_named(raw, capsys):
    folder = raw("gas, giant/0.png", "K2:18b/0.png", "ice/0.png", "lava/0.png")
    out = folder.parent / "data"
    assert main([str(folder), str(out), "--sizes", "16", "--workers", "1"]) == 1
    told = capsys.readouterr().err
    assert "K2:18b: The class 'K2:18b' holds ':', a sign of mixes" in told
    assert "gas, giant: The class 'gas, giant' holds ',', a sign of mixes" in told
    assert load_manifest(out).class_names == ("ice", "lava")


def test_only_such_folders_are_refused(raw, capsys):
    folder = raw("K2:18b/0.png")
    assert main([str(folder), str(folder.parent / "data"), "--workers", "1"]) == 2
    assert "no pictures in them that can be used: K2:18b: The class" in capsys.readouterr().err


def test_labels_with_signs_of_the_mix_reject_their_rows(raw, tmp_path):
    folder = raw("a.png", "b.png", "c.png")
    rows = ['a.png,"ice"', 'b.png,"ice|gas, giant"', "c.png,K2:18b", f"c.png,{'x' * 300}"]
    (tmp_path / "labels.csv").write_text("\n".join(["file,labels", *rows]))
    classes, rejected = read_labels(LabelFile(tmp_path / "labels.csv"), folder)
    assert classes == {"a.png": ("ice",)}
    assert [rejection.source for rejection in rejected] == ["labels.csv:3", "labels.csv:4", "labels.csv:5"]


def test_a_manifest_with_such_a_class_is_refused(raw):
    folder = raw("ice/0.png")
    out = folder.parent / "data"
    prepare(folder, out, sizes=[16], workers=1)
    text = (out / "manifest.json").read_text().replace('"ice"', '"K2:18b"')
    (out / "manifest.json").write_text("\n".join(line for line in text.splitlines() if '"checksum"' not in line))
    (out / "manifest.json").write_text(
        (out / "manifest.json").read_text().replace('"format_version": 1,', '"format_version": 1')
    )
    with pytest.raises(RequestError, match="holds ':', a sign of mixes"):
        load_manifest(out)


def test_names_that_are_not_utf8_are_rejected_and_the_rest_done(raw):
    folder = raw("ice/0.png", b"ice/caf\xe9.png", b"l\xe4va/0.png", "ice/a\nb.png")
    out = folder.parent / "data"
    command = [sys.executable, "-m", "datasets.prepare", str(folder), str(out), "--sizes", "16", "--workers", "1"]
    environment = {**os.environ, "PYTHONIOENCODING": "utf-8:strict"}
    done = subprocess.run(command, capture_output=True, text=True, env=environment)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert r"ice/caf\xe9.png: Its name is not UTF-8: rename it." in done.stderr
    assert r"l\xe4va: Its name is not UTF-8: rename it." in done.stderr
    assert r"ice/a\x0ab.png: Its name holds a line break" in done.stderr
    assert [picture.source for picture in load_manifest(out).pictures] == ["ice/0.png"]


def test_loose_pictures_and_empty_folders_are_named(raw):
    folder = raw("lava/0.png", "1.png", "2.JPG")
    (folder / "ice").mkdir()
    (folder / "LICENSE.txt").touch()
    rejected = {rejection.source: rejection.reason for rejection in in_folders(folder)[1]}
    assert rejected == {
        "1.png": "It lies beside the class folders: put it into one.",
        "2.JPG": "It lies beside the class folders: put it into one.",
        "ice": "It holds no pictures.",
    }


def test_pictures_come_as_people_count(raw):
    folder = raw(*(f"ice/frame{number}.png" for number in (100, 10, 9, 1, 2)))
    assert [path.rpartition("frame")[2] for path in in_folders(folder)[0]] == [
        "1.png",
        "2.png",
        "9.png",
        "10.png",
        "100.png",
    ]
    (folder.parent / "labels.csv").write_text("file,labels\nice/frame10.png,x\nice/frame9.png,x\n")
    assert list(read_labels(LabelFile(folder.parent / "labels.csv"), folder)[0]) == [
        "ice/frame9.png",
        "ice/frame10.png",
    ]
    assert sorted(["a10b2", "a2", "a10b10", "b", "a"], key=natural) == ["a", "a2", "a10b2", "a10b10", "b"]


def test_output_folders_are_legal_and_distinct_on_any_disk():
    names = ["CON", "aux", "nul.txt", "a?", "a*", "end.", "Ice", "ice", ".hidden", "com1", "lpt9", "console"]
    sources = arrange({str(i): (name,) for i, name in enumerate(names)}, holdout=0)
    assert len({file_key(source.file) for source in sources}) == len(names)
    assert {folder_name(name) for name in names} == {
        "_CON", "_aux", "_nul.txt", "a_", "end_", "Ice", "ice", "_hidden", "_com1", "_lpt9", "console",
    }  # fmt: skip


def test_accents_are_one_class_however_the_disk_spells_them(raw):
    folder = raw("e\u0301ris/0.png", "\u00e9ris/1.png")
    assert set(in_folders(folder)[0].values()) == {("\u00e9ris",)}


def test_printable():
    assert printable("caf\udce9\n") == r"caf\xe9\x0a"


@pytest.mark.parametrize(
    ("lines", "complaint"),
    [
        (['a.png,"ice', "b.png,ice", "c.png,ice"], "line 4: unexpected end of data"),
        (["a.png,ice", 'b.png,"ice', 'c.png,"lava'], "quote"),
        (['a.png,"ice" and', "b.png,ice"], "line 2"),
        (['"a.png,ice', 'b.png",ice'], "quote in or before line 3"),
    ],
)
def test_a_table_with_an_open_quote_is_refused_whole(raw, lines, complaint):
    folder = raw("a.png", "b.png", "c.png")
    (folder.parent / "labels.csv").write_text("\n".join(["file,labels", *lines]))
    with pytest.raises(RequestError, match=complaint):
        read_labels(LabelFile(folder.parent / "labels.csv"), folder)


def test_blanks_around_headings_and_quotes_do_not_matter(raw):
    folder = raw("a.png")
    (folder.parent / "labels.csv").write_text(' file , labels \na.png, "ice|lava"\n')
    assert read_labels(LabelFile(folder.parent / "labels.csv"), folder)[0] == {"a.png": ("ice", "lava")}


def test_rows_with_more_fields_than_headings_and_impossible_paths_are_rejected(raw):
    folder = raw("a.png", "b.png")
    rows = ["a.png,ice", "b.png,gas, giant", f"{'x' * 3000}.png,ice"]
    (folder.parent / "labels.csv").write_text("\n".join(["file,labels", *rows]))
    classes, rejected = read_labels(LabelFile(folder.parent / "labels.csv"), folder)
    assert list(classes) == ["a.png"]
    assert "more fields than there are headings, such as 'giant'" in rejected[0].reason
    assert rejected[1].source == "labels.csv:4"
    (folder.parent / "labels.csv").write_text("file,labels,file\na.png,ice,b.png\n")
    with pytest.raises(RequestError, match="several columns 'file'"):
        read_labels(LabelFile(folder.parent / "labels.csv"), folder)
