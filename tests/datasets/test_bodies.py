from __future__ import annotations

from datasets.bodies import ALIASES, BODIES, class_of_folder, class_order


def test_bodies_are_the_twelve_in_contract_order():
    contract = "ceres, earth, eris, haumea, jupiter, makemake, mars, mercury, moon, pluto, sun, venus"
    assert ", ".join(BODIES) == contract
    assert set(ALIASES.values()) <= set(BODIES)


def test_folders_map_to_bodies_and_unknown_ones_are_classes_of_their_own():
    assert [class_of_folder(name) for name in ("hamuea", "earth_moon", "Mars", "Triton")] == [
        "haumea",
        "moon",
        "mars",
        "Triton",
    ]


def test_class_order_is_bodies_first_then_the_alphabet():
    assert class_order(["triton", "sun", "europa", "earth", "sun"]) == ("earth", "sun", "europa", "triton")
