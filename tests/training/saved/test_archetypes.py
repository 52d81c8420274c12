"""The kinds that games ask for, of a model's own."""

from training.saved.archetypes import ARCHETYPES, archetypes_of

TWELVE = ["ceres", "earth", "eris", "haumea", "jupiter", "makemake", "mars", "mercury", "moon", "pluto", "sun", "venus"]


def test_all_can_be_mixed_of_the_twelve_bodies():
    assert archetypes_of(TWELVE) == ARCHETYPES


def test_shares_sum_to_1():
    for mix in ARCHETYPES.values():
        assert abs(sum(mix.values()) - 1.0) < 1e-6


def test_only_those_whose_bodies_a_model_draws():
    assert archetypes_of(["mars", "sun", "earth"]).keys() == {"desert", "star"}


def test_a_kind_of_that_name_is_not_hidden():
    assert archetypes_of(["mars", "sun", "desert"]).keys() == {"star"}
