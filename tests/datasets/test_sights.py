"""What is known of how pictures were taken."""

from __future__ import annotations

import numpy as np
import pytest

from datasets.errors import RequestError
from datasets.manifest import load_manifest
from datasets.pictures import load_pictures
from datasets.prepare import main, prepare
from datasets.sights import read_sights, write_sights
from datasets.windows import Windows, load_sizes, window_batches


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("picture,latitude\na.png,1\n", "no column 'light'"),
        ("picture,latitude,light\na.png,north,1\n", "line 2: latitude and light must be numbers"),
        ("picture,latitude,light\na.png,1\n", "line 2: latitude and light must be numbers"),
        ("picture,latitude,light\na.png,0,1\nb.png,91,1\n", "line 3: latitude must be in -90..90"),
        ("picture,latitude,light\na.png,0,nan\n", "line 2: latitude must be in -90..90 degrees, light above 0"),
        ("", "no column 'picture'"),
    ],
)
def test_what_is_wrong_is_said(tmp_path, text, message):
    path = tmp_path / "sights.csv"
    path.write_text(text)
    with pytest.raises(RequestError, match=message):
        read_sights(path)


def test_no_file_is_said(tmp_path, raw, capsys):
    assert main([str(raw), str(tmp_path / "data"), "--sights", str(tmp_path / "none.csv")]) == 2
    assert "none.csv can't be read as CSV: No such file" in capsys.readouterr().err


def test_sights_reach_batches_and_new_ones_draw_nothing_anew(raw, tmp_path):
    data, table = tmp_path / "data", tmp_path / "sights.csv"
    pictures = prepare(raw, data, sizes=[16, 32], holdout=0, workers=1).manifest.pictures
    assert np.isnan(load_pictures(data, 16).sights).all()
    # From the south, else half of those from the north would be shown mirrored.
    write_sights(table, {p.source: (-float(i), 0.5) for i, p in enumerate(pictures[:-1])})

    report = prepare(raw, data, sizes=[16, 32], holdout=0, sights=table, workers=1)
    assert (report.written, report.removed) == (0, 0)
    assert report.manifest == load_manifest(data)
    assert report.manifest.pictures[3].sight == (-3.0, 0.5)
    assert report.manifest.pictures[-1].sight is None
    batch = next(window_batches(load_sizes(data, (16, 32)), 3, 4, lambda step: 0.5, seed=0))
    assert set(batch.sights[np.isfinite(batch.sights[:, 1]), 1]) == {0.5}
    latitudes = -batch.sights[:, 0]
    kinds = batch.labels.argmax(axis=1)
    firsts = [load_pictures(data, 16).kinds.tolist().index(kind) for kind in kinds]
    counts = [load_pictures(data, 16).kinds.tolist().count(kind) for kind in kinds]
    known = np.isfinite(latitudes)
    assert known.any()
    assert ((latitudes - firsts >= 0) & (latitudes - firsts < counts))[known].all()


def test_a_picture_of_unknown_sight_has_that_of_another_of_its_kind(raw, tmp_path):
    table = tmp_path / "sights.csv"
    pictures = prepare(raw, tmp_path / "data", sizes=[16], holdout=0, workers=1).manifest.pictures
    numbers = {kind: number for number, kind in enumerate(sorted({p.classes[0] for p in pictures}), 1)}
    last = max(numbers)
    known = [p for i, p in enumerate(pictures) if p.classes[0] != last and i % 2]
    write_sights(table, {p.source: (float(numbers[p.classes[0]]), 0.5) for p in known})
    prepare(raw, tmp_path / "data", sizes=[16], holdout=0, sights=table, workers=1)
    batches = window_batches(load_sizes(tmp_path / "data", (16,)), 3, 4, lambda step: 0.0, seed=0)
    batch = Windows(*(np.concatenate(parts) for parts in zip(*(next(batches) for _ in range(5)), strict=True)))
    kinds = batch.labels.argmax(axis=1) + 1
    has_others = kinds != numbers[last]
    was_known = np.isfinite(batch.sights[:, 0])
    assert was_known.any()
    assert (has_others & ~was_known).any()
    np.testing.assert_array_equal(batch.likely[has_others], np.stack([kinds, np.full(len(kinds), 0.5)], 1)[has_others])
    assert np.isnan(batch.likely[~has_others]).all()
