"""Where a planet comes from: text → seed → latent, the same in every process, release and language.

A seed is an integer of 0..2^64-1, written in ASCII digits. Any other text is an address, and its seed is the first
8 bytes, big-endian, of SHA-256("planet-generator/1\\0" + the text in UTF-8, exactly as given). Text that reads as a
whole number is never an address: `007` and `+7` are seed 7, while `-1` and `18446744073709551616` are errors.

A seed opens numbered streams of 64-bit words: Philox4x64-10 with the 128-bit key `stream << 64 | seed` and a counter
that stands at 1 for the first block of four words. Stream 0 gives the latent, stream 1 the kind of a planet nobody
chose a kind for, stream 2 the star system of the address, stream 3 the rings of a body there (`serving.systems`).
`tests/serving/golden_latents.json` holds vectors for anyone who writes this in another language.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

MAX_TEXT_LENGTH = 256  # Unicode code points

_MAX_SEED = 2**64 - 1
_DOMAIN = b"planet-generator/1\0"
_LATENT_STREAM = 0
_KIND_STREAM = 1
_WHOLE_NUMBER = re.compile(r"[+-]?[0-9]+")


def parse_seed(text: str) -> int:
    """Turns a seed or an address into its seed.

    Args:
        text: 1..256 code points without control characters.

    Returns:
        An integer of 0..2^64-1.

    Raises:
        ValueError: The text is empty, too long, not encodable, holds a control character, or is a number out of range.
    """
    if not text:
        raise ValueError("The seed is empty; give a whole number of 0..2^64-1 or an address such as orion/7/3.")
    if len(text) > MAX_TEXT_LENGTH:
        raise ValueError(f"The seed is {len(text)} characters long; at most {MAX_TEXT_LENGTH} are allowed.")
    if any(unicodedata.category(character) in ("Cc", "Cs") for character in text):
        raise ValueError("The seed holds a control character or half a surrogate pair; use printable text.")
    if is_address(text):
        return int.from_bytes(hashlib.sha256(_DOMAIN + text.encode()).digest()[:8], "big")
    seed = int(text)
    if not 0 <= seed <= _MAX_SEED:
        raise ValueError(f"The seed {text} is out of range 0..2^64-1.")
    return seed


def is_address(text: str) -> bool:
    """Whether the text is an address, that is, does not read as a whole number."""
    return _WHOLE_NUMBER.fullmatch(text) is None


def latents(seeds: Sequence[int], size: int) -> NDArray[np.float32]:
    """Standard normal latents of the seeds.

    Each word w of a seed's stream gives u = ((w >> 11) + 0.5) / 2^53. Each pair u1, u2 gives, in this order,
    r cos(2π u2) and r sin(2π u2) with r = sqrt(-2 ln u1), in float64. An odd size drops the last number.

    Args:
        seeds: B integers of 0..2^64-1.
        size: Z, length of a latent.

    Returns:
        float32 of shape (B, Z).
    """
    pairs = (size + 1) // 2
    rows = np.array([words(seed, _LATENT_STREAM, 2 * pairs) for seed in seeds], np.uint64)
    uniform = ((rows >> np.uint64(11)).astype(np.float64) + 0.5) / 2.0**53  # in (0, 1]
    uniform = uniform.reshape(len(seeds), pairs, 2)
    radius = np.sqrt(-2.0 * np.log(uniform[..., 0]))
    angle = 2.0 * np.pi * uniform[..., 1]
    normal = np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=-1)  # (B, pairs, 2)
    return normal.reshape(len(seeds), 2 * pairs)[:, :size].astype(np.float32)


def kind_index(seed: int, count: int) -> int:
    """The kind, of 0..count-1, of a planet nobody chose a kind for: the high word of w * count, w from stream 1."""
    return (int(words(seed, _KIND_STREAM, 1)[0]) * count) >> 64


def words(seed: int, stream: int, count: int) -> NDArray[np.uint64]:
    """The first `count` words of a stream of the seed."""
    return np.random.Philox(key=stream << 64 | seed).random_raw(count)
