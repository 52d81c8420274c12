from __future__ import annotations

import csv
from collections import Counter

import numpy as np
from PIL import Image

from datasets.manifest import Size
from tests.training.posters import GENRES, draw_poster, write_posters

SIZE = Size(32, 64)


def test_posters_and_labels_are_written_and_more_begin_with_the_same(tmp_path):
    few, many = write_posters(tmp_path / "few", 4, SIZE), write_posters(tmp_path / "many", 300, Size(8, 16))
    with many.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    labels = [row["labels"].split("|") for row in rows]
    assert few.read_text().splitlines() == many.read_text().splitlines()[:5]
    assert {len(names) for names in labels} == {1, 2, 3}
    assert all(len(set(names)) == len(names) for names in labels)
    counts = Counter(name for names in labels for name in names)
    assert set(counts) == set(GENRES)
    assert counts["drama"] > 2 * counts["western"]
    for row in rows[:4]:
        assert Image.open(tmp_path / "few" / "pictures" / row["file"]).size == SIZE


def test_a_genre_can_be_told_from_all_others_by_its_looks():
    """The nearest of the genres' mean pictures is the right one far more often than by chance."""
    random = np.random.default_rng(0)
    drawn = np.stack([[_pixels(draw_poster([name], SIZE, random)) for _ in range(6)] for name in GENRES])
    means, unseen = drawn[:, :4].mean(axis=1), drawn[:, 4:]
    distances = np.abs(unseen[:, :, None] - means).mean(axis=(3, 4, 5))
    right = distances.argmin(axis=2) == np.arange(len(GENRES))[:, None]
    assert right.mean() > 0.9


def _pixels(poster: Image.Image) -> np.ndarray:
    return np.asarray(poster, np.float32)
