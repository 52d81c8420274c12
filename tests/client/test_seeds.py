from __future__ import annotations

import enum

import numpy as np
import pytest

from client import InvalidRequest, PlanetClient
from client.seeds import HIGHEST_SEED, seed_text


class Place(str, enum.Enum):  # noqa: UP042 (of a StrEnum str() is the text)
    ORION = "orion/7/3"


class Number(enum.IntEnum):
    SEVEN = 7


@pytest.mark.parametrize(
    ("seed", "text"),
    [
        *(
            (42, "42"),
            ("42", "42"),
            (HIGHEST_SEED, str(HIGHEST_SEED)),
            (np.int32(42), "42"),
            (np.uint64(2**64 - 1), f"{2**64 - 1}"),
        ),
        *((np.array(7), "7"), (np.str_("orion"), "orion"), (Place.ORION, "orion/7/3"), (Number.SEVEN, "7")),
    ],
)
def test_whole_numbers_of_any_kind_and_text(seed, text: str) -> None:
    assert seed_text(seed) == text


@pytest.mark.parametrize(
    "seed",
    [
        *(42.0, 4.5, float("nan"), True, False, None, b"42", bytearray(b"42"), [42], (42,), {"seed": 42}, 1j, object()),
        *(np.float64(42), np.bool_(True), np.array([42]), -1, 2**64, np.int64(-1), "caf\udce9"),
    ],
)
def test_all_else_is_refused_before_it_is_sent(client: PlanetClient, stub, seed) -> None:
    for call in (client.planet, client.world, lambda one: client.sheet(one, 2), lambda one: client.morph(one, "a")):
        with pytest.raises(InvalidRequest, match=r"a seed|an address"):
            call(seed)
    with pytest.raises(InvalidRequest):
        client.planets(seeds=["fine", seed])
    assert [type(outcome.error) for outcome in client.generate_many([seed])] == [InvalidRequest]
    assert stub.requests == []


def test_kinds_with_the_signs_of_mixes_are_refused(client: PlanetClient, stub) -> None:
    for name in ("K2:18b", "gas, giant"):
        with pytest.raises(InvalidRequest, match="the signs of mixes"):
            client.planet(1, kind={name: 1.0})
    assert stub.requests == []


def test_text_that_is_not_utf8_is_refused(client: PlanetClient, stub) -> None:
    with pytest.raises(InvalidRequest, match="not UTF-8"):
        client.planet(1, model="caf\udce9")
    assert stub.requests == []
