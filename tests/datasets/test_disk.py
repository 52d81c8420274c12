from __future__ import annotations

import pytest

from datasets.disk.files import replacing
from datasets.disk.journal import Journal

RECORDS = [["a/ü.png", 1], {"b": None}, "c\nd", 2.5]


def _written(path, records=RECORDS) -> Journal:
    journal = Journal(path)
    for record in records:
        journal.append(record)
    journal.close()
    return journal


def test_records_are_read_as_they_were_written(tmp_path):
    path = tmp_path / "folder" / "journal"
    assert list(Journal(path).records()) == []
    journal = _written(path)
    assert list(journal.records()) == RECORDS
    journal.append("more")
    assert list(Journal(path).records()) == [*RECORDS, "more"]
    journal.clear()
    assert list(journal.records()) == []
    journal.clear()


def test_a_line_that_was_written_in_half_is_no_record_wherever_it_ends(tmp_path):
    path = tmp_path / "journal"
    _written(path)
    whole = path.read_bytes()
    last = whole.rstrip(b"\n").rindex(b"\n") + 1
    for length in range(last, len(whole) - 1):
        path.write_bytes(whole[:length])
        assert list(_written(path, ["new"]).records()) == [*RECORDS[:-1], "new"]


def test_a_flipped_bit_costs_its_record_alone(tmp_path):
    path = tmp_path / "journal"
    _written(path)
    whole = path.read_bytes()
    for place in range(len(whole)):
        for bit in range(8):
            path.write_bytes(whole[:place] + bytes([whole[place] ^ 1 << bit]) + whole[place + 1 :])
            found = list(Journal(path).records())
            assert len(found) >= len(RECORDS) - 2  # two if the line between them is lost
            assert all(record in RECORDS for record in found)


def _interrupted(path, folder):
    with replacing(path, folder) as part:
        part.write_text("tw")
        raise KeyboardInterrupt


@pytest.mark.parametrize("beside", [None, "tries"])
def test_files_appear_whole_or_not_at_all(tmp_path, beside):
    (tmp_path / "tries").mkdir()
    path, folder = tmp_path / "file", beside and tmp_path / beside
    with replacing(path, folder) as part:
        part.write_text("one")
        assert not path.exists()
    with pytest.raises(KeyboardInterrupt):
        _interrupted(path, folder)
    assert path.read_text() == "one"
    assert sorted(one.name for one in tmp_path.rglob("*")) == ["file", "tries"]


def test_two_tries_of_one_file_do_not_mix(tmp_path):
    with replacing(tmp_path / "file", tmp_path) as first:
        first.write_text("fir")
        with replacing(tmp_path / "file", tmp_path) as second:
            second.write_text("second")
        assert first.read_text() == "fir"
