"""Contract 4, checked against golden vectors and against a second implementation that uses no NumPy randomness."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterator
from itertools import count, islice
from pathlib import Path

import numpy as np
import pytest

from serving.latents import is_address, kind_index, latents, parse_seed

_GOLDEN = json.loads(Path(__file__).with_name("golden_latents.json").read_text(encoding="utf-8"))["vectors"]
_MASK = 2**64 - 1


def philox(seed: int, stream: int) -> Iterator[int]:
    """The words of a stream: Philox4x64-10 (Salmon et al. 2011) in integers only."""
    for block in count(1):
        counter = [block, 0, 0, 0]
        key = [seed, stream]
        for _ in range(10):
            high0, low0 = divmod(0xD2E7470EE14C6C93 * counter[0], 2**64)
            high1, low1 = divmod(0xCA5A826395121157 * counter[2], 2**64)
            counter = [high1 ^ counter[1] ^ key[0], low1, high0 ^ counter[3] ^ key[1], low0]
            key = [(key[0] + 0x9E3779B97F4A7C15) & _MASK, (key[1] + 0xBB67AE8584CAA73B) & _MASK]
        yield from counter


def normals(seed: int, size: int) -> list[float]:
    words = philox(seed, 0)
    numbers: list[float] = []
    while len(numbers) < size:
        u1, u2 = (((word >> 11) + 0.5) / 2**53 for word in islice(words, 2))
        radius = math.sqrt(-2.0 * math.log(u1))
        numbers += [radius * math.cos(2 * math.pi * u2), radius * math.sin(2 * math.pi * u2)]
    return numbers[:size]


@pytest.mark.parametrize("vector", _GOLDEN, ids=[ascii(vector["text"]) for vector in _GOLDEN])
def test_golden_vector(vector: dict) -> None:
    seed = parse_seed(vector["text"])
    assert str(seed) == vector["seed"]
    assert [str(word) for word in islice(philox(seed, 0), 4)] == vector["words"]
    np.testing.assert_array_max_ulp(latents([seed], 7)[0], np.float32(vector["latent_of_7"]), maxulp=1)
    assert kind_index(seed, 12) == vector["kind_of_12"]


@pytest.mark.parametrize("seed", [0, 7, 2**63, _MASK])
@pytest.mark.parametrize("size", [1, 8, 101])
def test_second_implementation_agrees(seed: int, size: int) -> None:
    drawn = latents([seed], size)
    assert drawn.dtype == np.float32
    assert drawn.shape == (1, size)
    np.testing.assert_allclose(drawn[0], np.float32(normals(seed, size)), rtol=3e-7, atol=1e-7)
    assert kind_index(seed, 5) == next(philox(seed, 1)) * 5 >> 64


def test_rows_do_not_depend_on_their_neighbors() -> None:
    np.testing.assert_array_equal(latents([5, 6, 7], 9)[1], latents([6], 9)[0])


def test_a_smaller_latent_is_the_beginning_of_a_larger_one() -> None:
    np.testing.assert_array_equal(latents([5], 101)[0, :64], latents([5], 64)[0])


def test_latents_are_standard_normal() -> None:
    drawn = latents(range(200), 100).astype(np.float64)
    assert abs(drawn.mean()) < 0.03
    assert abs(drawn.std() - 1.0) < 0.03


def test_every_kind_is_chosen_about_equally_often() -> None:
    counts = np.bincount([kind_index(seed, 4) for seed in range(1000)], minlength=4)
    assert counts.min() > 190


@pytest.mark.parametrize("text", ["orion/7/3", "0x10", "1.0", "4 2", " 42", "٤٢", "+", "--1", "a" * 256, "🪐" * 256])
def test_address(text: str) -> None:
    assert is_address(text)
    digest = hashlib.sha256(b"planet-generator/1\x00" + text.encode("utf-8")).hexdigest()
    assert parse_seed(text) == int(digest[:16], 16)


@pytest.mark.parametrize(("text", "seed"), [("0", 0), ("007", 7), ("+7", 7), ("-0", 0), (str(_MASK), _MASK)])
def test_number(text: str, seed: int) -> None:
    assert not is_address(text)
    assert parse_seed(text) == seed


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "is empty"),
        ("18446744073709551616", "out of range"),
        ("-1", "out of range"),
        ("9" * 256, "out of range"),
        ("a" * 257, "257 characters"),
        ("a\nb", "control character"),
        ("a\x00", "control character"),
        ("\x7f", "control character"),
        ("\ud800", "surrogate"),
    ],
)
def test_what_is_no_seed(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        parse_seed(text)
