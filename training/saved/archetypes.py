"""The kinds of planets that games ask for, as mixes of the bodies that a model was trained on."""

from __future__ import annotations

from collections.abc import Sequence

# Chosen by eye from what planets between the bodies look like.
ARCHETYPES = {
    "desert": {"mars": 0.5, "sun": 0.5},
    "gas_giant": {"jupiter": 0.5, "venus": 0.5},
    "ice": {"eris": 0.6, "earth": 0.4},
    "lava": {"venus": 0.7, "sun": 0.3},
    "ocean": {"earth": 0.85, "jupiter": 0.15},
    "rocky": {"mercury": 0.4, "mars": 0.3, "moon": 0.3},
    "star": {"sun": 1.0},
}


def archetypes_of(kinds: Sequence[str]) -> dict[str, dict[str, float]]:
    """Those that can be mixed of these kinds and are none of them: shares by kind, summing to 1, by name."""
    return {name: mix for name, mix in ARCHETYPES.items() if name not in kinds and mix.keys() <= set(kinds)}
