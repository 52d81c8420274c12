"""Pictures that show no planet, drawn by kind: what a classifier should refuse to name. NumPy and Pillow only."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageDraw


def draw_nonplanets(count: int, size: int, seed: int) -> dict[str, np.ndarray]:
    """Pictures by kind: noise, plain colors, gradients, stripes, checkers, pages of text, faces, streets.

    None of these kinds is drawn by `training.families.classifier.augment.no_planets` in the same way; it knows
    nothing like faces, streets, stripes and checkers.

    Args:
        count: Pictures per kind.
        size: Side in pixels, at least 16.
        seed: Of all colors and places.

    Returns:
        By kind, uint8 `(count, size, size, 3)`.
    """
    random = np.random.default_rng(seed)
    return {name: np.stack([draw(size, random) for _ in range(count)]) for name, draw in _KINDS.items()}


def _noise(size, random):
    return random.integers(0, 256, (size, size, 3), dtype=np.uint8)


def _plain(size, random):
    return np.broadcast_to(_color(random), (size, size, 3))


def _gradient(size, random):
    return _blend(_along(size, random), random)


def _stripes(size, random):
    return _blend((_along(size, random) * random.integers(3, 12) % 1 > 0.5).astype(float), random)


def _checkers(size, random):
    cells = np.indices((size, size)) // random.integers(3, max(4, size // 4) + 1)
    return _blend((cells.sum(axis=0) % 2).astype(float), random)


def _page(size, random):
    """Dark words in lines on light paper."""
    page = Image.new("RGB", (size, size), tuple(random.integers(200, 256, 3)))
    draw = ImageDraw.Draw(page)
    ink, line, margin = tuple(random.integers(0, 90, 3)), random.integers(3, 7), size // 10
    for top in range(margin, size - margin, 2 * line):
        left = margin
        while left < size - margin:
            right = left + random.integers(line, 5 * line)
            draw.rectangle((left, top, min(right, size - margin), top + line - 1), fill=ink)
            left = right + line
    return np.asarray(page)


def _face(size, random):
    """A head with eyes and a mouth, in front of a wall."""
    face = Image.new("RGB", (size, size), tuple(random.integers(60, 256, 3)))
    draw = ImageDraw.Draw(face)
    width, height = size * random.uniform(0.4, 0.6), size * random.uniform(0.6, 0.8)
    left, top = (size - width) / 2, (size - height) / 2
    draw.rectangle((0, top + height * 0.9, size, size), fill=tuple(random.integers(0, 256, 3)))
    draw.ellipse((left, top, left + width, top + height), fill=tuple(random.integers((140, 90, 60), (240, 200, 110))))
    for eye in (0.25, 0.6):
        x, y = left + width * eye, top + height * 0.4
        draw.ellipse((x, y, x + width * 0.15, y + height * 0.07), fill=(20, 20, 30))
    mouth = (left + width * 0.3, top + height * 0.7, left + width * 0.7, top + height * 0.77)
    draw.ellipse(mouth, fill=(150, 40, 50))
    return np.asarray(face)


def _street(size, random):
    """Houses with windows, some lit, under a sky."""
    street = Image.fromarray(_blend(np.linspace(0, 1, size)[:, None] * np.ones(size), random))
    draw = ImageDraw.Draw(street)
    pane = max(1, size // 24)
    left = 0
    while left < size:
        right, top = left + random.integers(4, 9) * 2 * pane, int(size * random.uniform(0.2, 0.7))
        draw.rectangle((left, top, right - 1, size), fill=tuple(random.integers(30, 200, 3)))
        light, dark = tuple(random.integers(180, 256, 3)), tuple(random.integers(0, 60, 3))
        for x in range(left + pane, right - pane, 2 * pane):
            for y in range(top + pane, size - pane, 3 * pane):
                draw.rectangle((x, y, x + pane - 1, y + 2 * pane - 1), fill=light if random.random() < 0.3 else dark)
        left = right
    return np.asarray(street)


def _along(size, random):
    """How far each pixel lies along a random direction, float `(size, size)` in 0..1."""
    y, x = np.mgrid[:size, :size]
    angle = random.uniform(0, 2 * np.pi)
    along = x * np.cos(angle) + y * np.sin(angle)
    return (along - along.min()) / (along.max() - along.min() + 1e-6)


def _blend(share, random):
    """Two random colors mixed by `share`."""
    first, second = _color(random), _color(random)
    return np.rint(first + share[..., None] * (second.astype(float) - first)).astype(np.uint8)


def _color(random):
    return random.integers(0, 256, 3).astype(np.uint8)


_KINDS = {
    "noise": _noise,
    "plain": _plain,
    "gradient": _gradient,
    "stripes": _stripes,
    "checkers": _checkers,
    "page": _page,
    "face": _face,
    "street": _street,
}
