"""How animations run."""

from __future__ import annotations

from serving.gateway.asked.parameters import Parameter, whole

MAX_FRAMES = 96

FPS = Parameter("fps", whole(1, 30), "Frames a second.", 12, default=12)


def frames(usual: int, description: str) -> Parameter:
    """How many frames there are; `usual` if left out."""
    return Parameter("frames", whole(2, MAX_FRAMES), description, usual, default=usual)
