"""The planet server's REST API as Python calls."""

from __future__ import annotations

import time
from collections.abc import Callable

from client.assets import AssetCalls
from client.catalog import CatalogCalls
from client.morphs import MorphCalls
from client.planets import PlanetCalls
from client.systems import SystemCalls
from client.transport import Transport
from client.vision import VisionCalls
from client.worlds import WorldCalls

DEFAULT_URL = "http://127.0.0.1:8000"


class PlanetClient(PlanetCalls, MorphCalls, WorldCalls, AssetCalls, SystemCalls, VisionCalls, CatalogCalls):
    """Talks to one planet server. Close it, or use it in a `with`, to release its connections.

    Several threads may share one.

    Args:
        base_url: Where the server is, such as `http://127.0.0.1:8000`.
        timeout: Seconds to wait for a connection, and then for each piece of the answer.
        api_key: The key that the server asks for, if it does; that of the environment variable `PLANETS_API_KEY` if
            None.
        sleep: Waits a number of seconds between two tries.

    Every call is tried again, twice at most, if the connection fails, the server is silent or overloaded, or a proxy
    finds no server (502), after the pause that the server asks for (`Retry-After`) and some jitter. Everything else
    that goes wrong is raised at once. All errors are kinds of `PlanetError`.
    """

    def __init__(
        self,
        base_url: str = DEFAULT_URL,
        timeout: float = 30.0,
        *,
        api_key: str | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._http = Transport(base_url, timeout, api_key, sleep)

    def __enter__(self) -> PlanetClient:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Releases the connections."""
        self._http.close()
