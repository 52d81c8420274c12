"""What the recipe's options say of kinds."""

from __future__ import annotations

import pytest

from datasets.errors import RequestError
from training.families.world_v2.recipe import chances_of_kinds

NAMES = ("earth", "mars", "sun")


def test_kinds_have_the_chances_that_are_named_and_else_one():
    assert chances_of_kinds("sun=2.5,earth=0.5", NAMES) == [0.5, 1.0, 2.5]
    assert chances_of_kinds("", NAMES) == [1.0, 1.0, 1.0]


@pytest.mark.parametrize("told", ["krypton=2", "sun", "sun=", "sun=much", "sun=0", "sun=-1", "sun=nan", "sun=inf"])
def test_what_cannot_be_is_said(told):
    with pytest.raises(RequestError, match=r"--kind-chances (names 'krypton'|says 'sun)"):
        chances_of_kinds(told, NAMES)
