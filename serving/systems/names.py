"""Names that can be spoken."""

from __future__ import annotations

from serving.systems.draws import Draws
from serving.systems.rules import RULES

_TENS = ("", "X", "XX")
_ONES = ("", "I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX")


def name_of(draws: Draws) -> str:
    """Two or three syllables and an ending: 990,000 names."""
    count = 2 if draws.uniform() < 0.5 else 3
    syllables = [draws.choice(RULES["syllables"]) for _ in range(count)]
    # The third is drawn either way, so that what follows does not hang on how long a name is.
    if count == 2:
        draws.uniform()
    text = "".join(syllables) + draws.choice(RULES["endings"])
    return text[0].upper() + text[1:]


def roman(number: int) -> str:
    """Of 1..29."""
    return _TENS[number // 10] + _ONES[number % 10]
