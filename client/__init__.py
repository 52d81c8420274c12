"""Planets over HTTP: `PlanetClient` for programs, `python -m client` for the command line.

Example:
    >>> from client import PlanetClient
    >>> with PlanetClient("http://127.0.0.1:8000") as planets:
    ...     planets.planet("orion/7/3").save("planet.png")
"""

from client.api import PlanetClient
from client.errors import (
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
from client.results import Model, Planet, Realness, Recognition, Translation

__all__ = [
    "DeadlineExceeded",
    "InvalidAnswer",
    "InvalidRequest",
    "Model",
    "NotFound",
    "Overloaded",
    "Planet",
    "PlanetClient",
    "PlanetError",
    "Realness",
    "Recognition",
    "ServerError",
    "ServerUnreachable",
    "TimedOut",
    "Translation",
]
