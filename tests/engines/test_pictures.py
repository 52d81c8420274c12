"""What tells a planet that is drawn right from one that isn't."""

from __future__ import annotations

import math

import numpy as np
import pytest
from PIL import Image

from tests.engines.pictures import RADIUS, SIDES, SIZE, compare, drift, flank_faults, flanks

_SUN = np.array([-4.0, 2.0, 2.0]) / math.sqrt(24.0)


def _globe(turned: float = 0.0, hill: float = 0.0, gain: float = 1.0) -> Image.Image:
    """A sphere with spots, lit as in the examples, seen from far away; turned by radians to the east."""
    step = (np.arange(SIZE) + 0.5) / SIZE * 2.0 - 1.0
    x, y = np.meshgrid(step / RADIUS, -step / RADIUS)
    z = np.sqrt(np.maximum(0.0, 1.0 - x * x - y * y))
    bump = hill / 0.15**2 * np.exp(-(x * x + y * y) / (2 * 0.15**2))
    normals = np.stack([x + bump * x, y + bump * y, z], axis=-1)
    light = np.maximum(0.0, normals @ _SUN / np.linalg.norm(normals, axis=-1)) + 0.02
    longitude = np.arctan2(x, z) - turned
    spots = 0.0 if hill else 0.3 * np.sin(7.0 * longitude + 2.0) * np.cos(9.0 * np.arcsin(np.clip(y, -1, 1)) + 1.0)
    shown = np.where(np.hypot(x, y) < 1.0, 255.0 * gain * light * (0.5 + spots), 0.0)
    return Image.fromarray(np.clip(shown, 0, 255).astype(np.uint8)).convert("RGB")


def test_the_same_planet_has_no_faults() -> None:
    assert compare(_globe(), _globe()).faults() == []


@pytest.mark.parametrize(
    ("fault", "wrong"),
    [
        ("correlation", _globe().transpose(Image.Transpose.FLIP_LEFT_RIGHT)),
        ("correlation", _globe().transpose(Image.Transpose.FLIP_TOP_BOTTOM)),
        ("correlation", _globe(turned=0.3)),
        ("brightness", _globe(gain=0.7)),
    ],
    ids=["mirrored", "upside down", "turned", "dark"],
)
def test_another_picture_is_told(fault: str, wrong: Image.Image) -> None:
    assert [one.partition(" ")[0] for one in compare(wrong, _globe()).faults()][:1] == [fault]


def test_a_planet_that_looks_alike_mirrored_proves_nothing() -> None:
    half = _globe()
    both = Image.blend(half, half.transpose(Image.Transpose.FLIP_LEFT_RIGHT), 0.5)
    assert any("mirrored" in fault for fault in compare(both, both).faults())


def test_a_hill_is_bright_towards_the_sun_and_a_hollow_away_from_it() -> None:
    bare = _globe(hill=1e-9)
    assert flank_faults(flanks(_globe(hill=0.08), bare, 0.15)) == []
    hollow = flanks(_globe(hill=-0.02), bare, 0.15)
    assert [fault.split()[0] for fault in flank_faults(hollow)] == list(SIDES)


@pytest.mark.parametrize("turned", [-0.2, 0.0, 0.2])
def test_drift_tells_where_a_planet_turns(turned: float) -> None:
    assert drift(_globe(), _globe(turned=turned)) == pytest.approx(math.sin(turned) * RADIUS * 128, abs=4)
