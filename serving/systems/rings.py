"""What rings look like from their inner to their outer edge."""

from __future__ import annotations

from serving.latents import parse_seed
from serving.systems.draws import Draws

STREAM = 3  # of the seed of the body's address: see `serving.latents`

_STEPS = 64
_SCALES = (4, 8, 16, 32)  # ringlets across; each finer one counts 0.7 times as much
_GAPS = 3  # at most


def profile_of(address: str, opacity: float) -> list[float]:
    """Opacities at equal steps from the inner edge to the outer one, in 0..1; their mean is about `opacity`."""
    draws = Draws(parse_seed(address), STREAM)
    waves = [0.0] * _STEPS
    weight = 1.0
    for count in _SCALES:
        knots = [draws.uniform() for _ in range(count + 1)]
        for step in range(_STEPS):
            place = step / _STEPS * count
            left, share = int(place), place - int(place)
            waves[step] += weight * (knots[left] + (knots[left + 1] - knots[left]) * share)
        weight *= 0.7
    low, high = min(waves), max(waves)
    levels = [0.15 + 0.85 * (wave - low) / (high - low) for wave in waves]
    for _ in range(int(draws.uniform() * (_GAPS + 1))):
        start, width = int(draws.between(4, _STEPS - 8)), 1 + int(draws.uniform() * 4)
        levels[start : start + width] = [0.02] * width
    mean = sum(levels) / _STEPS
    return [round(min(level * opacity / mean, 1.0), 3) for level in levels]
