"""Calls for planets: one, many at once, and many as they come."""

from __future__ import annotations

import base64
import functools
from collections.abc import Generator, Iterable
from typing import Any, Unpack
from urllib.parse import quote, unquote

import requests

from client.calls import Calls, model_of, picture_size
from client.concurrency import in_order
from client.errors import InvalidRequest, PlanetError
from client.options import PlanetOptions, check_format, to_parameters
from client.results import Outcome, Planet
from client.seeds import address_of, addresses, seed_text, survives_a_path

PLANETS_PER_REQUEST = {256: 64, 512: 36, 1024: 9}  # the most of up to so many pixels that any model makes at once


class PlanetCalls(Calls):
    """`planet`, `planets` and `generate_many`."""

    def planet(self, seed_or_address: int | str, *, format: str = "png", **options: Unpack[PlanetOptions]) -> Planet:
        """Makes one planet: the same one for ever, if `model` and `version` are named.

        Args:
            seed_or_address: A seed, 0 to 2^64 - 1, as an integer or in decimal digits; or any other text, an address.
            format: `"png"`, `"webp"` or `"jpg"`.
            options: model, version, label, kind, size, background, temperature, extra_query: see `PlanetOptions`.

        Raises:
            PlanetError: Its kind and text say what went wrong.
        """
        text = seed_text(seed_or_address)
        check_format(format)
        parameters = to_parameters(options)
        if not survives_a_path(text):
            return self._post({"seeds": [text], "format": format, **parameters})[0]
        response = self._http.request("GET", f"/v1/planets/{quote(text, safe='/')}.{format}", params=parameters)
        with self._reading(response):
            return Planet(**picture_facts(response, text, format))

    def planets(
        self,
        *,
        seeds: Iterable[int | str] | None = None,
        count: int | None = None,
        seed: int | str | None = None,
        format: str = "png",
        **options: Unpack[PlanetOptions],
    ) -> list[Planet]:
        """Makes many planets, 64 per request, or fewer of more than 256 pixels.

        Args:
            seeds: The seeds or addresses to make; give these or `count`.
            count: How many to make: those at the addresses `{seed}/0`, `{seed}/1`, … if there is a `seed`, else any.
            seed: A seed or address to make `count` planets of.
            format: `"png"`, `"webp"` or `"jpg"`.
            options: As for `planet`.

        Returns:
            The planets, in the order asked for.

        Raises:
            PlanetError: Its kind and text say what went wrong; none of the planets is then returned.
        """
        if (seeds is None) == (count is None) or (seed is not None and count is None):
            raise InvalidRequest("Ask for either `seeds` or a `count`; only with a count goes a `seed`.")
        if count is not None and count < 1:
            raise InvalidRequest(f"A count of {count} makes no planet; it must be at least 1.")
        check_format(format)
        parameters = to_parameters(options)
        most = next((many for px, many in PLANETS_PER_REQUEST.items() if (options.get("size") or 0) <= px), 1)
        bodies: list[dict[str, Any]]
        if count is not None and seed is None:
            bodies = [{"count": min(most, count - i)} for i in range(0, count, most)]
        else:
            texts = addresses(seed, count) if seed is not None and count is not None else map(seed_text, seeds or ())
            bodies = [{"seeds": chunk} for chunk in _chunks(list(texts), most)]
        return [planet for body in bodies for planet in self._post({**body, "format": format, **parameters})]

    def generate_many(
        self, seeds: Iterable[int | str], *, at_once: int = 4, format: str = "png", **options: Unpack[PlanetOptions]
    ) -> Generator[Outcome]:
        """Makes planets one by one, several at the same time, and gives each once its turn comes.

        A planet that fails costs no other: its outcome holds the error. Seeds are taken as outcomes are, so that there
        may be any number of them; whoever has enough just stops, or closes the iterator.

        Args:
            seeds: Seeds and addresses.
            at_once: Most requests at the same time, 1 to 32.
            format: `"png"`, `"webp"` or `"jpg"`.
            options: As for `planet`.

        Returns:
            A generator of outcomes in the order of `seeds`.

        Raises:
            InvalidRequest: An option cannot be; this is raised at once.
        """
        if not 1 <= at_once <= 32:
            raise InvalidRequest(f"{at_once} requests at once are too few or too many: choose 1 to 32.")
        check_format(format)
        to_parameters(options)
        return in_order(functools.partial(self._outcome, format=format, options=options), seeds, at_once)

    def _outcome(self, seed_or_address: int | str, format: str, options: PlanetOptions) -> Outcome:
        try:
            return Outcome(str(seed_or_address), self.planet(seed_or_address, format=format, **options))
        except PlanetError as error:
            return Outcome(str(seed_or_address), error=error)

    def _post(self, body: dict[str, Any]) -> list[Planet]:
        response = self._http.request("POST", "/v1/planets", json=body)
        with self._reading(response):
            answer = response.json()
            return [
                Planet(
                    bytes=base64.b64decode(planet["image"], validate=True),
                    seed=int(planet["seed"]),
                    address=planet["address"],
                    model=answer["model"],
                    version=int(planet.get("version", answer["version"])),
                    format=answer["format"],
                    width=int(planet["width"]),
                    height=int(planet["height"]),
                    kind=planet.get("kind"),
                )
                for planet in answer["planets"]
            ]


def _chunks(texts: list[str], most: int) -> list[list[str]]:
    return [texts[i : i + most] for i in range(0, len(texts), most)]


def picture_facts(response: requests.Response, text: str, format: str) -> dict[str, Any]:
    """What an answer that is a picture tells of the planet that was asked for by this text, by `Planet`'s fields.

    Raises:
        KeyError, ValueError, OSError: The answer breaks the API's contract.
    """
    width, height = picture_size(response.content)
    return {**planet_facts(response, text), "format": format, "width": width, "height": height}


def planet_facts(response: requests.Response, text: str) -> dict[str, Any]:
    """The same of any file made of one planet."""
    model, version = model_of(response)
    return {
        "bytes": response.content,
        "seed": int(response.headers["X-Planet-Seed"]),
        "address": address_of(text),
        "model": model,
        "version": version,
        "kind": _shares_of(response.headers.get("X-Planet-Kind")),
    }


def _shares_of(header: str | None) -> dict[str, float] | None:
    """The shares that `X-Planet-Kind` tells, such as `earth:0.6,mars:0.4`."""
    if header is None:
        return None
    pairs = (part.rpartition(":") for part in header.split(","))
    return {unquote(name): float(share) for name, _, share in pairs}
