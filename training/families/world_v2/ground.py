"""Kinds of ground, the same for all worlds: craters and their rays, ridges, seas, and fractal ones for all else.

Convolutions of noise learned one kind of ground, worms, and few circles. A network that is shown grounds by rule only
has to learn whose they are, how deep, of what color, and in what light.
"""

from __future__ import annotations

import functools
import math

import numpy as np

from training.families.world_v2.chances import normals, uniforms
from training.families.world_v2.cube import FACES, directions, middles

FRACTAL = ("rough land", "wisps", "creases")  # alike at every scale: of one scale, there would be dots of one size

GROUNDS = ("large craters", "small craters", "ridges", "rays", "seas", *FRACTAL)

LARGE = ("seas",)  # those that are so large that pixels of any picture show them

_RADII = ((0.06, 0.25), (0.016, 0.07))  # of craters, in radii of the globe
_SHARES = (0.7, 0.9)  # of the ground that they would cover, if none overlapped
_RIM = 0.3  # its height over the bowl's depth
_EDGE = 0.1  # width of the rim's inner half, over the crater's radius
_APRON = 0.25  # of the outer one
_UNROUND = 0.07  # of a rim: twice how far it deviates from a circle, over the crater's radius
_COMPLEX = 0.1  # radius from which on craters have a flat floor and a peak

_RAYS = 50  # craters that have them
_RAYED = (0.01, 0.035)  # radii of these
_REACH = 9.0  # of rays, over the crater's radius
_STREAKS = np.arange(3, 24)  # how many times around a crater each wave goes that makes its rays

_SEAS = 0.25  # share of a world that they cover
_BASINS = (26, 0.08, 0.4)  # how many, and radii of these
_COASTS = (2.0, 6)  # of what frays their coasts, the first octave in radians per radius, and how many there are
_SMOOTHER = 0.75  # share of the small craters that lie drowned in them

_FINE = (16.0, 4)  # the same of ridges
_ROUGH = (24.0, 4)  # of rough land
_WISPS = (12.0, 5)  # of wisps
_CURLS = (4.0, 4)  # of what bends these
_BENT = 0.11  # radii, by which the first does, about
_CREASES = (32.0, 4)  # of creases
_EXTREME = 1.2  # deviations of fractal grounds from which on they hardly go farther
_WAVES = 96  # of an octave
_ALIKE = np.full(_WAVES, math.sqrt(2.0 / _WAVES), np.float32)
_AT_ONCE = 4096  # places, whose waves a processor's cache holds

_BLOCK = 8  # cells along the side of blocks, by which those near a place are found

_STREAM = 200  # the first of their random numbers


@functools.cache
def grounds(n: int) -> np.ndarray:
    """What they are in the cells of a cube's faces (`training.families.world_v2.cube`), each of mean 0 and deviation 1,
    float32 `(1, 6, n, n, len(GROUNDS))`; n a multiple of 8."""
    along = middles(n).astype(np.float32)
    face, b, a = np.meshgrid(range(FACES), -along, along, indexing="ij")
    places = directions(face, a, b, np).astype(np.float32)
    blocks = _Blocks(places)
    heights = [
        _craters(blocks, _STREAM + 100 * (i + 1), share, *radii)
        for i, (share, radii) in enumerate(zip(_SHARES, _RADII, strict=True))
    ]
    seas = _seas(blocks, _STREAM + 400)
    heights[1] = heights[1] * (1.0 - _SMOOTHER * seas)
    heights.append(_ridges(blocks.places, _STREAM + 20, _FINE, 0.5))
    heights += [_rays(blocks, _STREAM + 30), seas]
    heights.append(_even(_summed(_octaves(blocks.places, _STREAM + 10, _ROUGH), 0.9)))
    heights.append(_even(_wisps(blocks.places, _STREAM + 500)))
    heights.append(_even(_ridges(blocks.places, _STREAM + 12, _CREASES, 0.8)))
    heights = np.stack(heights, axis=-1)
    heights = (heights - heights.mean(axis=0)) / heights.std(axis=0)
    return blocks.back(heights.astype(np.float32))[None]


class _Blocks:
    """Places on faces `(6, n, n, 3)`, reordered as blocks, so that those near one can be found soon."""

    def __init__(self, places: np.ndarray):
        self._shape = (FACES, places.shape[1] // _BLOCK, _BLOCK, places.shape[2] // _BLOCK, _BLOCK)
        blocks = places.reshape(*self._shape, 3).transpose(0, 1, 3, 2, 4, 5).reshape(-1, _BLOCK * _BLOCK, 3)
        middles = blocks.mean(axis=1)
        self._middles = middles / np.linalg.norm(middles, axis=1, keepdims=True)
        self._reach = np.arccos(np.einsum("bpi,bi->bp", blocks, self._middles).clip(-1, 1).min(axis=1))
        self.places = blocks.reshape(-1, 3)

    def around(self, center: np.ndarray, angle: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Numbers of those places that lie not much farther than an angle from a center, how far each of them lies from
        it in radians, and in which direction."""
        apart = np.arccos((self._middles @ center).clip(-1, 1))
        found = np.flatnonzero(apart < angle + self._reach)
        near = (found[:, None] * (_BLOCK * _BLOCK) + np.arange(_BLOCK * _BLOCK)).ravel()
        east = np.cross(center, np.roll(center, 1))
        east = east / np.linalg.norm(east)
        right, up = self.places[near] @ east, self.places[near] @ np.cross(center, east)
        return near, np.arccos((self.places[near] @ center).clip(-1, 1)), np.arctan2(right, up)

    def back(self, values: np.ndarray) -> np.ndarray:
        """Values of all places `(P, C)` as they lie on the faces, `(6, n, n, C)`."""
        faces, rows, side, columns, _ = self._shape
        values = values.reshape(faces, rows, columns, side, side, -1).transpose(0, 1, 3, 2, 4, 5)
        return values.reshape(faces, rows * side, columns * side, -1)


def _craters(blocks: _Blocks, stream: int, share: float, smallest: float, largest: float) -> np.ndarray:
    """Bowls with raised rims, each on those before it. There are as many of a size as its square allows, as on old
    ground: Neukum 2001, "Cratering Records in the Inner Solar System". Most are worn."""
    few, many = largest**-2, smallest**-2
    count = round(2 * share / math.log(largest / smallest) * (many - few))
    centers = _units(stream, count)
    radii = (few + uniforms(stream + 1, count) * (many - few)) ** -0.5
    fresh = 0.15 + 0.85 * uniforms(stream + 4, count) ** 1.8
    waves, turned = normals(stream + 2, count, 4), 2 * np.pi * uniforms(stream + 3, 4 * count).reshape(count, 4)
    heights = np.zeros(len(blocks.places))
    for i, (center, radius) in enumerate(zip(centers, radii, strict=True)):
        near, distance, angle = blocks.around(center, (1 + 3 * _APRON) * radius)
        outline = sum(waves[i, k] * np.cos((k + 2) * angle + turned[i, k]) / (k + 2) for k in range(4))
        distance = distance / (radius * (1.0 + _UNROUND * outline))
        left = 1.0 - fresh[i] * (1.0 - np.clip((distance - 0.8) / 0.4, 0.0, 1.0))  # of what was there
        heights[near] = heights[near] * left + fresh[i] * radius**0.9 * _profile(distance, radius)
    return heights


def _profile(distance: np.ndarray, radius: float) -> np.ndarray:
    """Height of a crater over its depth, by distance from the middle over its radius."""
    large = min(radius / _COMPLEX, 1.0)
    floor = 0.2 + 0.45 * large
    wall = np.clip((distance - floor) / (1.0 - floor), 0.0, 1.0) ** 2 - 1.0
    width = np.where(distance < 1.0, _EDGE, _APRON)
    peak = 0.5 * max(large - 0.5, 0.0) * np.exp(-((distance / 0.14) ** 2))
    return wall + _RIM * np.exp(-(((distance - 1.0) / width) ** 2)) + peak


def _rays(blocks: _Blocks, stream: int) -> np.ndarray:
    """What young craters threw out: the brighter, the nearer, and along rays brightest."""
    brightness = np.zeros(len(blocks.places))
    sizes = _RAYED[0] * (_RAYED[1] / _RAYED[0]) ** uniforms(stream, _RAYS)
    centers = _units(stream + 1, _RAYS)
    for i, (center, size) in enumerate(zip(centers, sizes, strict=True)):
        near, distance, angle = blocks.around(center, 2.0 * _REACH * size)
        distance = distance / size
        turned = 2 * np.pi * uniforms(stream + 2 + i, len(_STREAKS))
        bent = 0.15 * distance[:, None] * np.sin(_STREAKS)
        waves = np.cos(angle[:, None] * _STREAKS + turned + bent).sum(axis=1) / math.sqrt(len(_STREAKS) / 2)
        streaks = np.clip(waves - 0.3, 0.0, None) * np.exp(-distance / (0.4 * _REACH))
        brightness[near] += size**0.3 * (np.exp(-0.5 * distance) + 0.8 * streaks * (1.0 - np.exp(-(distance**2))))
    return brightness


def _seas(blocks: _Blocks, stream: int) -> np.ndarray:
    """Plains of lava in 0..1, as on the Moon: basins, most on one side, filled up to a level, with frayed coasts."""
    count, smallest, largest = _BASINS
    centers = _units(stream, count) + 0.55 * _units(stream + 1, 1)
    centers = centers / np.linalg.norm(centers, axis=1, keepdims=True)
    radii = smallest * (largest / smallest) ** uniforms(stream + 2, count)
    depth = _summed(_octaves(blocks.places, stream + 10, _COASTS), 0.7) * 0.5
    for center, radius in zip(centers, radii, strict=True):
        near, distance, _ = blocks.around(center, 1.5 * radius)  # beyond it, basins end
        depth[near] += 1.1 / (1.0 + np.exp((distance / radius - 1.0) / 0.08))
    level = np.quantile(depth, 1.0 - _SEAS)
    return 1.0 / (1.0 + np.exp((level - depth) / 0.1))


def _wisps(places: np.ndarray, stream: int) -> np.ndarray:
    """Bright threads, bent and split: ridges of places that a field has moved. Perlin 1985, "An Image Synthesizer"."""
    moves = _octaves(places, stream, _CURLS, ways=math.sqrt(2.0 / _WAVES) * _units(stream + 100, _WAVES))
    return _ridges(places + _BENT * _summed(moves, 0.6), stream + 200, _WISPS, 0.75)


def _ridges(places: np.ndarray, stream: int, octaves: tuple[float, int], share: float) -> np.ndarray:
    """Sharp crests that meet, where random fields change their sign."""
    return _summed([-np.abs(octave) for octave in _octaves(places, stream, octaves)], share)


def _octaves(
    places: np.ndarray, stream: int, octaves: tuple[float, int], ways: np.ndarray = _ALIKE
) -> list[np.ndarray]:
    """Gaussian fields of random waves, each twice as fine as the one before: float32 `(P,)`, of deviation 1, or of
    vectors `(P, C)` if waves go each its own way, `(_WAVES, C)`."""
    first, count = octaves
    vectors = _units(stream, _WAVES) * first * 2.0 ** np.linspace(-0.5, 0.5, _WAVES)[:, None]
    phases = 2 * np.pi * uniforms(stream + 1, _WAVES)
    vectors, phases = vectors.T.astype(np.float32), phases.astype(np.float32)
    fields = [np.empty((len(places), *ways.shape[1:]), np.float32) for _ in range(count)]
    for start in range(0, len(places), _AT_ONCE):
        some = slice(start, start + _AT_ONCE)
        waves = np.cos(places[some] @ vectors + phases)
        for i, field in enumerate(fields):
            if i:  # cos 2x = 2 cos² x - 1, which takes far less time than another cosine
                waves = 2.0 * waves * waves - 1.0
            field[some] = waves @ ways
    return fields


def _even(heights: np.ndarray) -> np.ndarray:
    """Without extremes: beyond a threshold of the network these would be dots."""
    return np.tanh((heights - heights.mean()) / (_EXTREME * heights.std()))


def _summed(octaves: list[np.ndarray], share: float) -> np.ndarray:
    """The finer, the lower: each this share of the one before. Mandelbrot 1982, "The Fractal Geometry of Nature"."""
    return sum(share**i * octave for i, octave in enumerate(octaves))


def _units(stream: int, count: int) -> np.ndarray:
    """Directions, all equally likely, float32 `(count, 3)`."""
    vectors = normals(stream, count, 3)
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
