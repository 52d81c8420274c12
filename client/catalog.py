"""Calls about the server itself: which models it has, and whether it is ready."""

from __future__ import annotations

from client.answers import Health, Model
from client.calls import Calls
from client.errors import Overloaded


class CatalogCalls(Calls):
    """`models` and `health`."""

    def models(self) -> list[Model]:
        """Returns every version of every model that the server knows, ready or not."""
        response = self._http.request("GET", "/v1/models")
        with self._reading(response):
            answer = response.json()
            return [
                Model(
                    name=model["name"],
                    version=int(model["version"]),
                    state=model["state"],
                    card=model["card"],
                    default=model["name"] == answer["default"],
                )
                for model in answer["models"]
            ]

    def health(self) -> Health:
        """Returns whether the server can make planets now; asks once.

        Raises:
            PlanetError: No planet server answers at the URL.
        """
        try:
            response = self._http.request("GET", "/health/ready", retries=0)
        except Overloaded as error:
            return Health(False, reason=str(error))
        with self._reading(response):
            answer = response.json()
            return Health(True, answer["model"], int(answer["version"]))
