from __future__ import annotations

import pytest

from datasets.sources import arrange, held_out_indices


def _blocks(indices: set[int]) -> list[list[int]]:
    blocks: list[list[int]] = []
    for index in sorted(indices):
        if blocks and index == blocks[-1][-1] + 1:
            blocks[-1].append(index)
        else:
            blocks.append([index])
    return blocks


def test_a_block_of_each_region_is_held_out():
    equator, north, south = _blocks(held_out_indices(80, 0.15))
    assert (len(equator), len(north), len(south)) == (4, 4, 4)
    assert max(equator) < 40
    assert min(north) >= 44
    assert max(north) < 60
    assert min(south) >= 65


@pytest.mark.parametrize("share", [0.0, 0.1, 0.15, 0.3, 0.5])
@pytest.mark.parametrize("count", [1, 2, 3, 4, 7, 10, 33, 80, 1000])
def test_the_share_is_kept_for_any_count(count, share):
    held_out = held_out_indices(count, share)
    assert len(held_out) == min(round(count * share), count - 1)
    assert held_out <= set(range(count))
    assert len(_blocks(held_out)) <= 3


def test_pictures_are_named_by_their_first_label_whatever_it_is_called():
    classes = {"a": ("war",), "b": ("a/b", "war"), "c": ("a_b",), "d": ("../x",), "e": ("sun",), "f": ("war", "a_b")}
    sources = arrange(classes, holdout=0)
    assert {source.path: source.file for source in sources} == {
        "a": "war/war_000.png",
        "b": "a_b/a_b_000.png",
        "c": "a_b/a_b_001.png",
        "d": "_._x/_._x_000.png",
        "e": "sun/sun_000.png",
        "f": "war/war_001.png",
    }
    assert [source.classes for source in sources] == [
        ("sun",), ("../x",), ("a/b", "war"), ("a_b",), ("war",), ("war", "a_b"),
    ]  # fmt: skip


def test_each_first_label_is_held_out_for_itself():
    classes = {f"{index:02d}": ("war" if index % 2 else "drama", "epic") for index in range(40)}
    splits = [source.split for source in arrange(classes, holdout=0.2)]
    assert (splits[:20].count("holdout"), splits[20:].count("holdout")) == (4, 4)
