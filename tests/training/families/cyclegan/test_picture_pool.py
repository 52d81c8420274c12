from __future__ import annotations

import keras
import numpy as np

from training.families.cyclegan.picture_pool import PicturePool


def numbered(*numbers: int) -> np.ndarray:
    """A picture per number, all of whose pixels are that number."""
    return np.ones((len(numbers), 2, 2, 3), np.float32) * np.reshape(numbers, (-1, 1, 1, 1)).astype(np.float32)


def traded(pool: PicturePool, seed: keras.random.SeedGenerator, *numbers: int) -> list[int]:
    return [int(picture.min()) for picture in keras.ops.convert_to_numpy(pool.trade(numbered(*numbers), seed))]


def test_a_pool_that_is_not_full_gives_back_what_it_got():
    pool, seed = PicturePool(4, (2, 2, 3)), keras.random.SeedGenerator(0)
    assert traded(pool, seed, 1, 2) == [1, 2]
    assert traded(pool, seed, 3, 4) == [3, 4]
    assert keras.ops.convert_to_numpy(pool.variables[0])[:, 0, 0, 0].tolist() == [1, 2, 3, 4]


def test_a_full_pool_gives_older_pictures_half_of_the_time_and_loses_none():
    pool, seed = PicturePool(4, (2, 2, 3)), keras.random.SeedGenerator(0)
    given = [number for start in range(1, 201, 2) for number in traded(pool, seed, start, start + 1)]
    same = np.mean([number == got for number, got in zip(range(5, 201), given[4:], strict=True)])
    assert 0.4 < same < 0.6
    kept = keras.ops.convert_to_numpy(pool.variables[0])[:, 0, 0, 0].astype(int).tolist()
    once = set(given[4:])  # the first four were given when they came, and are given again when they are traded
    assert len(kept) == len(set(kept))
    assert once | set(kept) >= set(range(5, 201))
    assert not set(kept) & (once - {1, 2, 3, 4})
