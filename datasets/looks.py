"""What was seen in each source, in 57 bytes a source: as objects, a million of them would take a gigabyte."""

from __future__ import annotations

import dataclasses

import numpy as np

from datasets.manifest import Box

_ROW = np.dtype(
    [
        ("sha256", np.uint8, 32),
        ("size", np.int32, 2),
        ("planet", np.int32, 4),
        ("seen", np.bool_),
        ("plain", np.bool_),
    ]
)


@dataclasses.dataclass(frozen=True, slots=True)
class Inspection:
    """What a source holds.

    Attributes:
        sha256: Hexadecimal SHA-256 of the file.
        size: Width and height in pixels.
        planet: The box of its planet, if any.
        plain: Whether none was looked for.
    """

    sha256: str
    size: tuple[int, int]
    planet: Box | None
    plain: bool


class Looks:
    """Like a list of `Inspection | None`, all None at first.

    Args:
        count: Its length.
    """

    def __init__(self, count: int) -> None:
        self._rows = np.zeros(count, _ROW)

    def __getitem__(self, index: int) -> Inspection | None:
        sha256, size, planet, seen, plain = self._rows[index]
        if not seen:
            return None
        box = tuple(planet.tolist())
        return Inspection(sha256.tobytes().hex(), tuple(size.tolist()), box if any(box) else None, bool(plain))

    def __setitem__(self, index: int, look: Inspection | None) -> None:
        if look is None:
            self._rows[index] = np.zeros((), _ROW)
            return
        sha256 = np.frombuffer(bytes.fromhex(look.sha256), np.uint8)
        self._rows[index] = (sha256, look.size, look.planet or (0, 0, 0, 0), True, look.plain)
