from __future__ import annotations

import pytest

from training.contract.config import TrainingConfig
from training.families.command import train_arguments


def config_of(**options) -> TrainingConfig:
    return TrainingConfig(data="data", out="run", **options)


@pytest.mark.parametrize(
    ("given", "size"), [(64, 64), ("64", 64), ("64x64", 64), ("64x128", "64x128"), (" 64x128 ", "64x128")]
)
def test_square_sizes_are_numbers_and_others_text(given, size):
    assert config_of(size=given).size == size


def test_families_of_square_pictures_refuse_others():
    assert config_of(size="32x32").side == 32
    with pytest.raises(ValueError, match="--size 64x128 is not square, and dcgan takes square pictures only"):
        _ = config_of(size="64x128").side


def test_size_and_balance_survive_the_command_line():
    options = "--size 64x128 --balance cap --cap 30"
    assert " ".join(train_arguments(config_of(size="64x128", balance="cap", cap=30))).endswith(options)


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        ({"size": "64x"}, "'64x' is not a size"),
        ({"size": 4}, "'4' is not a size"),
        ({"balance": "evenly"}, "--balance evenly is unknown: choose none, cap, weights"),
        ({"balance": "cap"}, "go together"),
        ({"cap": 5}, "go together"),
        ({"balance": "cap", "cap": 0}, "--cap is 0: it must be at least 1"),
        ({"epochs": 0}, "--epochs is 0"),
        ({"minutes": -1.0}, "--minutes is -1.0"),
        ({"minutes": float("nan")}, "--minutes is nan"),
    ],
)
def test_what_cannot_be_is_named(options, complaint):
    with pytest.raises(ValueError, match=complaint):
        config_of(**options)
