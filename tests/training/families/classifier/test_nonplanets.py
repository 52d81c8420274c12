from __future__ import annotations

import numpy as np

from training.families.classifier.nonplanets import draw_nonplanets


def test_every_kind_is_drawn_differently_each_time_and_the_same_for_a_seed():
    drawn = draw_nonplanets(3, 16, seed=0)
    again = draw_nonplanets(3, 16, seed=0)
    assert len(drawn) >= 5
    for kind, pictures in drawn.items():
        assert (pictures.shape, pictures.dtype) == ((3, 16, 16, 3), np.uint8), kind
        assert len({picture.tobytes() for picture in pictures}) == 3, kind
        np.testing.assert_array_equal(pictures, again[kind])
