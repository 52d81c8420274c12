"""The engines that draw the examples, by name."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable

from PIL import Image

from tests.engines import blender, godot, web

REFERENCE = "three.js"


@dataclasses.dataclass(frozen=True)
class Engine:
    """What draws a planet.

    Attributes:
        missing: Tells how to install it, or None where it is here.
        draw: A picture of a GLB.
    """

    missing: Callable[[], str | None]
    draw: Callable[[bytes], Image.Image]


ENGINES = {
    REFERENCE: Engine(functools.partial(web.missing, "threejs"), functools.partial(web.draw, "threejs")),
    "Babylon.js": Engine(functools.partial(web.missing, "babylon"), functools.partial(web.draw, "babylon")),
    "Blender": Engine(blender.missing, blender.draw),
    "Godot 3": Engine(godot.missing, godot.draw),
}
