"""Screenshots of planets, drawn instead of captured, with everything that makes real ones hard."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

WIDTH, HEIGHT = 320, 180


def draw(
    center: tuple[float, float] = (160, 90),
    axes: tuple[float, float] = (80, 80),
    *,
    angle: float = 0.0,
    brightness: int = 200,
    icon: bool = True,
    noise: int = 0,
    seed: int = 0,
) -> Image.Image:
    """A planet with half axes `axes` in pixels, turned by `angle` degrees, textured and darker towards its limb."""
    random = np.random.default_rng(seed)
    y, x = np.mgrid[:HEIGHT, :WIDTH] + 0.5
    x, y = x - center[0], y - center[1]
    cosine, sine = np.cos(np.radians(angle)), np.sin(np.radians(angle))
    radius = np.hypot((x * cosine + y * sine) / axes[0], (y * cosine - x * sine) / axes[1])
    texture = brightness * (1 - 0.5 * radius**2) * random.uniform(0.8, 1.0, radius.shape)
    pixels = np.where(radius <= 1, texture, random.integers(0, noise + 1, radius.shape))
    image = Image.fromarray(np.repeat(pixels[..., None], 3, axis=2).astype(np.uint8))
    if icon:
        pen = ImageDraw.Draw(image)
        pen.line((308, 4, 308, 14), fill=(230, 230, 230), width=2)
        pen.line((303, 9, 313, 9), fill=(230, 230, 230), width=2)
    return image


@pytest.fixture(name="draw")
def draw_fixture() -> Callable[..., Image.Image]:
    return draw


@pytest.fixture
def raw(tmp_path: Path) -> Path:
    """Ten views of Earth, of the Moon and of Haumea under their raw folder names: JPEGs, off-center and with icons."""
    root = tmp_path / "raw"
    for index in range(10):
        views = {
            "earth": draw((150 + 2 * index, 92), (80, 80), seed=index),
            "earth_moon": draw((160, 90), (80, 80), brightness=30, seed=index),
            "hamuea": draw((160, 90), (80, 40), angle=18 * index, seed=index),
        }
        for folder, image in views.items():
            path = root / folder / f"2023-01-21-20-28-{index:02d}.jpg"
            path.parent.mkdir(parents=True, exist_ok=True)
            image.save(path, quality=92)
    return root
