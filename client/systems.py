"""The call for a star system, and its table."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping
from typing import Any

from client.calls import Calls
from client.options import given
from client.seeds import seed_text, url_path

_ROW = "{:<18} {:<11} {:<30} {:>12} {:>11} {:>9} {:>7} {:>7}  {}"


class SystemCalls(Calls):
    """`system`."""

    def system(
        self, seed_or_address: int | str, *, model: str | None = None, version: int | None = None
    ) -> dict[str, Any]:
        """Tells the star system at an address: star, zones, belts, planets and moons, as the server's JSON has it
        (docs/systems.md).

        Args:
            seed_or_address: As for `planet`.
            model: Model that the links to pictures and maps shall name; none if None.
            version: Version of the model.

        Raises:
            PlanetError: Its kind and text say what went wrong.
        """
        path = f"{seed_text(seed_or_address)}.json"
        parameters = given(model=model, version=version)
        response = self._http.request("GET", f"/v1/systems/{url_path(path, path)}", params=parameters)
        with self._reading(response):
            found = response.json()
            if not isinstance(found, dict) or not isinstance(found["planets"], list):
                raise ValueError("no system")
            return found


def add_system_arguments(command: argparse.ArgumentParser) -> None:
    """Tells a parser what `system` understands."""
    command.add_argument("seed", metavar="SEED", help="seed or address of the system")


def table(system: Mapping[str, Any]) -> Iterator[str]:
    """Lines that show a system on a terminal."""
    star, zones = system["star"], system["zones"]
    yield (
        f"{system['name']}, {star['class']}: {star['temperature_k']:.0f} K, {star['mass']:g} suns' mass, "
        f"{star['luminosity']:g} suns' light, {star['age_gyr']:g} Gyr"
    )
    low, high = zones["habitable_au"]
    yield f"habitable from {low:g} to {high:g} au, frost from {zones['frost_au']:g} au on"
    yield _ROW.format("name", "class", "kind", "orbit", "period", "radius", "gravity", "K", "address")
    for planet in system["planets"]:
        yield _row(planet, f"{planet['orbit']['a_au']:g} au")
        for moon in planet["moons"]:
            yield _row(moon, f"{moon['orbit']['a_km']:.0f} km")
    for belt in system["belts"]:
        yield f"belt from {belt['inner_au']:g} to {belt['outer_au']:g} au"


def _row(body: Mapping[str, Any], distance: str) -> str:
    period, radius = f"{body['orbit']['period_d']:.1f} d", f"{body['radius_km']:.0f} km"
    gravity, temperature = f"{body['gravity_g']:.2f} g", f"{body['temperature_k']:.0f}"
    cells = (body["name"], body["class"], body["kind"], distance, period, radius, gravity, temperature)
    return _ROW.format(*cells, body["address"])
