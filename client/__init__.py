"""Planets over HTTP: `PlanetClient` for programs, `planets` (or `python -m client`) for the command line.

Example:
    >>> from client import PlanetClient
    >>> with PlanetClient("http://127.0.0.1:8000") as planets:
    ...     planets.planet("orion/7/3").save("planet.png")
"""

from client.answers import Health, Model, Realness, Recognition
from client.api import PlanetClient
from client.assets import Asset
from client.errors import (
    AccessDenied,
    DeadlineExceeded,
    InvalidAnswer,
    InvalidRequest,
    NotFound,
    Overloaded,
    PlanetError,
    ServerError,
    ServerUnreachable,
    TimedOut,
)
from client.packs import Pack
from client.results import Morph, Outcome, Planet, Sheet, Translation
from client.worlds import World

__all__ = [
    "AccessDenied",
    "Asset",
    "DeadlineExceeded",
    "Health",
    "InvalidAnswer",
    "InvalidRequest",
    "Model",
    "Morph",
    "NotFound",
    "Outcome",
    "Overloaded",
    "Pack",
    "Planet",
    "PlanetClient",
    "PlanetError",
    "Realness",
    "Recognition",
    "ServerError",
    "ServerUnreachable",
    "Sheet",
    "TimedOut",
    "Translation",
    "World",
]
