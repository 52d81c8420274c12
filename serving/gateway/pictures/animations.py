"""Frames to animated files: WebP and GIF."""

from __future__ import annotations

import io
import itertools
from collections.abc import Sequence

from PIL import Image

from serving.gateway.problems import Problem

MEDIA_TYPES = {"webp": "image/webp", "gif": "image/gif"}
_TICKS_PER_S = {"webp": 1000, "gif": 100}


def check_background(background: str, animation_format: str) -> None:
    """Raises a 400 `Problem` for a background that the format cannot show."""
    if background == "transparent" and animation_format == "gif":
        detail = "GIF has no partly transparent pixels for the limb; choose the format webp, or a black background."
        raise Problem(400, detail, parameter="background")


def encode_animation(
    frames: Sequence[Image.Image], animation_format: str, fps: int, loop: bool, *, back: bool = True
) -> bytes:
    """The file of an animation.

    Args:
        frames: At least two RGB pictures of one size, or RGBA but for GIF.
        animation_format: A key of `MEDIA_TYPES`.
        fps: Frames a second.
        loop: Whether it goes on for ever; else it is shown once.
        back: Whether a loop goes back to the first frame the way it came; else it begins anew.
    """
    shown = [*frames, *frames[-2:0:-1]] if loop and back else list(frames)
    ticks = _TICKS_PER_S[animation_format]
    # The ends are rounded, not the durations, so that 96 frames take as long as they should.
    ends = [round(index * ticks / fps) for index in range(len(shown) + 1)]
    durations_ms = [(end - start) * 1000 // ticks for start, end in itertools.pairwise(ends)]
    file = io.BytesIO()
    options = {"save_all": True, "append_images": shown[1:], "duration": durations_ms}
    if animation_format == "webp":
        # Quality as of single planets; a slower method pays even less on frames that are told by their differences.
        shown[0].save(file, "WEBP", quality=90, method=0, loop=0 if loop else 1, **options)
    else:
        shown[0].save(file, "GIF", **options, **({"loop": 0} if loop else {}))
    return file.getvalue()
