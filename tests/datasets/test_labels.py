from __future__ import annotations

import os
from pathlib import Path

import pytest
from PIL import Image

from datasets.errors import RequestError
from datasets.labels import LabelFile, drop_small, read_labels
from datasets.manifest import Rejection


@pytest.fixture
def posters(tmp_path) -> Path:
    for name in ("a.png", "b.png", "old/c.png", "old/d.png"):
        path = tmp_path / "posters" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (32, 64)).save(path)
    return tmp_path / "posters"


@pytest.fixture
def table(tmp_path):
    """Writes a file of labels."""

    def write(*lines: str, encoding: str = "utf-8", **columns: str) -> LabelFile:
        path = tmp_path / "labels.csv"
        path.write_bytes("\r\n".join(lines).encode(encoding))
        return LabelFile(path, **columns)

    return write


def test_labels_come_in_their_order_without_blanks_and_repetitions(posters, table):
    rows = ("file,labels", "old/c.png,horror| Drama |horror|", "a.png,drama", '"./b.png","Sun|drama"')
    classes, rejected = read_labels(table(*rows), posters)
    assert classes == {"a.png": ("drama",), "b.png": ("sun", "drama"), "old/c.png": ("horror", "Drama")}
    assert list(classes) == sorted(classes)
    assert rejected == [Rejection("old/d.png", "No row of labels.csv names it.")]


def test_pictures_that_no_row_names_are_listed_and_nothing_else(posters, table):
    (posters / "old" / "d.png").rename(posters / "old" / "cafe\u0301 10.JPG")
    (posters / "old" / "c.png").rename(posters / "old" / "cafe\u0301 9.webp")
    for name in ("notes.txt", ".hidden.png", "Thumbs.db", ".git/x.png"):
        (posters / name).parent.mkdir(exist_ok=True)
        (posters / name).touch()
    (posters / "link.png").symlink_to("a.png")
    (posters / os.fsdecode(b"\xe9.png")).touch()
    classes, rejected = read_labels(table("file,labels", "a.png,drama", "b.png,"), posters)
    assert list(classes) == ["a.png"]
    assert [(one.source, one.reason) for one in rejected] == [
        ("labels.csv:3", "b.png has no label."),
        ("old/cafe\u0301 9.webp", "No row of labels.csv names it."),
        ("old/cafe\u0301 10.JPG", "No row of labels.csv names it."),
        ("\\xe9.png", "No row of labels.csv names it."),
    ]


def test_columns_can_be_named_and_excel_writes_a_byte_order_mark(posters, table):
    rows = ("Id,Genre,Poster", "7,drama|war,a.png")
    columns = {"file_column": "Poster", "labels_column": "Genre"}
    assert read_labels(table(*rows, encoding="utf-8-sig", **columns), posters)[0] == {"a.png": ("drama", "war")}
    rows = ("labels,file", "drama,a.png")
    assert read_labels(table(*rows, encoding="utf-8-sig"), posters)[0] == {"a.png": ("drama",)}


def test_each_row_that_cannot_be_used_is_named(posters, table):
    (posters.parent / "outside.png").touch()
    rows = {
        "a.png,drama": None,
        "gone.png,drama": "There is no file gone.png",
        "old,drama": "There is no file old",
        "b.png,": "b.png has no label",
        "b.png": "b.png has no label",
        "b.png, | ": "b.png has no label",
        ",drama": "It names no file",
        "./a.png,comedy": "a.png stands in line 2 already",
        "../outside.png,drama": "does not lead into",
        f"{posters.parent / 'outside.png'},drama": "does not lead into",
        "old/d.png,war": None,
    }
    classes, rejected = read_labels(table("file,labels", *rows), posters)
    assert classes == {"a.png": ("drama",), "old/d.png": ("war",)}
    expected = {f"labels.csv:{line}": reason for line, reason in enumerate(rows.values(), 2) if reason}
    expected["old/c.png"] = "No row of labels.csv names it."
    assert [rejection.source for rejection in rejected] == list(expected)
    for rejection in rejected:
        assert expected[rejection.source] in rejection.reason


@pytest.mark.parametrize(
    ("rows", "complaint"),
    [
        (("path,labels", "a.png,drama"), "no column 'file', only path, labels: name the right one with --file-column"),
        (("file,genre", "a.png,drama"), "no column 'labels', only file, genre.*--labels-column"),
        ((), "no column 'file', only none"),
        (("file,labels",), "it has none"),
        (("file;labels", "a.png;drama"), "is separated by ';': save it as CSV with commas"),
        (("file\tlabels", "a.png\tdrama"), r"is separated by '\\t': save it as CSV with commas"),
        (("file,labels", "x.png,drama", "y.png,war"), "the first because: There is no file x.png"),
        (("file,labels", "a.png," + "x" * 200_000), "can't be read as CSV"),
    ],
)
def test_a_useless_file_is_refused_in_one_sentence(posters, table, rows, complaint):
    with pytest.raises(RequestError, match=complaint):
        read_labels(table(*rows), posters)


def test_a_file_that_is_missing_or_no_text_is_refused(posters, table):
    with pytest.raises(RequestError, match=r"missing\.csv can't be read: No such file"):
        read_labels(LabelFile(posters / "missing.csv"), posters)
    for encoding in ("utf-16", "utf-16-le"):
        with pytest.raises(RequestError, match="not a text in UTF-8"):
            read_labels(table("file,labels", "a.png,drama", encoding=encoding), posters)
    with pytest.raises(RequestError, match="not a text in UTF-8"):
        read_labels(table("file,labels", "a.png,comédie", encoding="latin-1"), posters)


def test_small_labels_are_dropped_and_pictures_of_no_other_rejected():
    classes = {"a": ("drama", "noir"), "b": ("noir", "drama"), "c": ("noir",), "d": ("drama",), "e": ("war", "noir")}
    kept, rejected = drop_small(classes, 3)
    assert kept == {**classes, "e": ("noir",)}
    assert not rejected
    del classes["b"], classes["e"]
    kept, rejected = drop_small(classes, 2)
    assert (kept, rejected) == (classes, [])
    classes["c"] = ("war", "western")
    kept, rejected = drop_small(classes, 2)
    assert kept == {"a": ("drama",), "d": ("drama",)}
    assert rejected == [Rejection("c", "None of its labels has at least 2 pictures: war (1), western (1).")]
    with pytest.raises(RequestError, match="lower --fewest"):
        drop_small(classes, 3)
