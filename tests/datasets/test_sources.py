from __future__ import annotations

import pytest

from datasets.sources import held_out_indices


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
