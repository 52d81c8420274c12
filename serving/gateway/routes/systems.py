"""`/v1/systems/{seed or address}.json`: the star system there, with links to what the models draw of it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlencode

from flask import Flask, Response, request

from serving.gateway.asked.catalog import Catalog
from serving.gateway.asked.options import MAX_VERSION, OPTIONS
from serving.gateway.asked.orders import to_seed
from serving.gateway.asked.parameters import Parameter, check_ending, read_query, whole
from serving.gateway.config import GatewayConfig
from serving.gateway.problems import Problem
from serving.gateway.routes.answering import FOREVER, audience
from serving.latents import MAX_TEXT_LENGTH, is_address
from serving.systems.system import system_of

LONGEST = MAX_TEXT_LENGTH - len("/99/9")
PARAMETERS = [
    Parameter("model", OPTIONS["model"].domain, "Model that the links name; none if left out.", "world_v2"),
    Parameter("version", whole(1, MAX_VERSION), "Version of the model that the links name.", 1),
]
_FILES = {
    "picture": ".webp",
    "map": "/map.png",
    "normal": "/normal.png",
    "height": "/height.png",
    "roughness": "/roughness.png",
    "emissive": "/emissive.png",
    "clouds": "/clouds.png",
    "glb": ".glb",
    "facts": ".json",
}


def add_system_routes(app: Flask, catalog: Catalog, config: GatewayConfig) -> None:
    """Adds `GET /v1/systems/{seed or address}.json`."""

    @app.get("/v1/systems/<anything:file>")
    def system(file: str) -> Response:
        text, dot, extension = file.rpartition(".")
        check_ending(extension if dot else "", ("json",))
        asked = read_query(request.args, PARAMETERS)
        drawn_by = {}
        if asked["model"] is not None or asked["version"] is not None:
            model = catalog.find(asked["model"], asked["version"], task="world")
            drawn_by = {"model": model.name, "version": str(model.version)}
        if len(text) > LONGEST:
            detail = f"A system's address has at most {LONGEST} characters, so that its moons can have one, too."
            raise Problem(422, detail, parameter="seed")
        seed = to_seed(text)
        found = system_of(seed, text if is_address(text) else str(seed))
        response = Response(
            json.dumps(with_links(found, drawn_by), ensure_ascii=False), content_type="application/json"
        )
        pinned = asked["model"] is not None and asked["version"] is not None
        response.headers["Cache-Control"] = f"{audience(config)}, {FOREVER}" if pinned or not drawn_by else "no-cache"
        response.add_etag(weak=True)
        return response.make_conditional(request)


def with_links(system: dict[str, Any], drawn_by: dict[str, str]) -> dict[str, Any]:
    """A system whose planets and moons tell where their pictures and maps are; `drawn_by` names model and version."""

    of_system = quote(system["address"], safe="/")

    def linked(body: dict[str, Any]) -> dict[str, Any]:
        links = links_of(body["address"], body["kind"], drawn_by)
        return {**body, "links": {**links, "facts": f"{links['facts']}&system={of_system}"}}

    planets = [{**linked(planet), "moons": [linked(moon) for moon in planet["moons"]]} for planet in system["planets"]]
    return {**system, "planets": planets}


def links_of(address: str, kind: str | None, drawn_by: Mapping[str, Any]) -> dict[str, str]:
    """Where a world's picture, maps and files are; `drawn_by` names model and version."""
    world = f"/v1/worlds/{quote(address, safe='/')}"
    query = urlencode(drawn_by if kind is None else {**drawn_by, "kind": kind}, safe=":,")
    return {name: f"{world}{file}?{query}" for name, file in _FILES.items()}
