"""`/v1/worlds/{seed or address}.json`: a world as data, for an engine's units, atmosphere, rings and light."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from typing import Any

import numpy as np
from flask import Flask, Response, request
from numpy.typing import NDArray

from serving.gateway.asked.catalog import Catalog
from serving.gateway.asked.kinds import mix_text
from serving.gateway.asked.options import OF_SURFACE
from serving.gateway.asked.orders import SEED, PlanetOrder
from serving.gateway.asked.parameters import Parameter, read_query
from serving.gateway.assets.surfaces import emissive_strength, glow_of
from serving.gateway.problems import Problem
from serving.gateway.routes.answering import Answers
from serving.gateway.routes.maps import DrawnMaps
from serving.gateway.routes.systems import links_of
from serving.gateway.routes.worlds import world_order
from serving.systems.worlds import is_star, world_of

PARAMETERS = [
    *OF_SURFACE,
    Parameter(
        "system", SEED, "Address of the star system whose body it is; found by its own address if left out.", "orion/7"
    ),
]

_TALLEST_KM = 20.0  # from the deepest sea to the highest mountain where gravity is the earth's
_TALLEST = 0.05  # of the radius, of the smallest bodies


@dataclasses.dataclass(frozen=True)
class OfSystem:
    """A file about a world as the body of a system.

    Attributes:
        name: Of the file.
        system: Address of the system; None for that of the world's own address.
    """

    name: str
    system: str | None


def add_facts_route(app: Flask, maps: DrawnMaps, catalog: Catalog, answers: Answers) -> None:
    """Adds `GET /v1/worlds/{seed or address}.json`."""

    @app.get("/v1/worlds/<anything:text>.json")
    def facts(text: str) -> Response:
        asked = read_query(request.args, PARAMETERS)
        order = world_order(text, asked, catalog)
        maps.check(order, "data for engines")
        return answers.planet(order, OfSystem("facts", asked["system"]), "application/json", make_facts)

    def make_facts(order: PlanetOrder, form: OfSystem, expires: float) -> bytes:
        return json.dumps(facts_of(order, form.system, maps, expires), ensure_ascii=False).encode()


def facts_of(order: PlanetOrder, system: str | None, maps: DrawnMaps, expires: float) -> dict[str, Any]:
    """What is known of an order's only world, as docs/worlds.md tells it.

    Args:
        order: The world.
        system: Address of the star system that it is a body of; found by its own if None.
        maps: Tell its form.
        expires: `time.monotonic()` at which the answer is too late.

    Raises:
        Problem: 422, it is no body of that system.
        BackendError: As `Backend.predict`.
    """
    told = body_of(order, system)
    return _document(order, told, maps.of(order, expires))


def body_of(order: PlanetOrder, system: str | None) -> dict[str, Any]:
    """The same as far as it is known without drawing the world, as `serving.systems.worlds` tells it."""
    [entry] = order.entries
    try:
        return world_of(entry["address"] or entry["seed"], entry["kind"] or {}, system)
    except ValueError as error:
        raise Problem(422, f"{error} GET /v1/systems lists its bodies.", parameter="system") from None


def heights_m(heights: NDArray[np.float32], radius_km: float) -> tuple[float, float]:
    """The lowest and the highest place of a world in meters, from both in radii; 0 is the unit sphere."""
    low, high = (float(one) * 1000.0 * radius_km for one in heights)
    return low, high


def _document(order: PlanetOrder, told: Mapping[str, Any], drawn: Mapping[str, np.ndarray]) -> dict[str, Any]:
    [entry] = order.entries
    named = {"model": order.model.name, "version": order.model.version}
    kind = None if entry["kind"] is None else mix_text(entry["kind"])
    return {
        **entry,
        **named,
        "license": order.model.card.get("output_license"),
        **told,
        "axes": [float(f"{axis:.6g}") for axis in drawn["axes"][0]],
        "relief": _relief(told, entry["kind"] or {}, drawn),
        "emissive_strength": round(emissive_strength(glow_of(entry["kind"])), 4),
        "links": links_of(entry["address"] or entry["seed"], kind, named),
    }


def _relief(told: Mapping[str, Any], kind: Mapping[str, float], drawn: Mapping[str, np.ndarray]) -> dict[str, Any]:
    """Lowest and highest place, and how many times taller that is than rock bears: that goes by gravity (Weisskopf
    1975, Science 187:605). Of what has no ground it is no matter."""
    low, high = heights_m(drawn["heights"][0], told["radius_km"])
    bears = 1000.0 * min(_TALLEST_KM / told["gravity_g"], _TALLEST * told["radius_km"])
    ground = not is_star(kind) and not told["class"].startswith("gas") and told["class"] != "ice giant"
    return {
        "lowest_m": round(low, 1),
        "highest_m": round(high, 1),
        "exaggeration": float(f"{(high - low) / bears:.3g}") if ground else None,
    }
