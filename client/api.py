"""The planet server's REST API as Python calls."""

from __future__ import annotations

import base64
import io
import re
import time
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import quote

import requests
from PIL import Image

from client.errors import InvalidRequest, Overloaded
from client.results import Model, Planet, Recognition, Translation
from client.sending import AnyPicture, picture_file
from client.transport import Transport

DEFAULT_URL = "http://127.0.0.1:8000"
FORMATS = ("png", "webp", "jpg")
BACKGROUNDS = ("black", "transparent")
HIGHEST_TEMPERATURE = 2
PLANETS_PER_REQUEST = 64  # the most that the server makes at once


class PlanetClient:
    """Talks to one planet server. Close it, or use it in a `with`, to release its connections.

    Args:
        base_url: Where the server is, such as `http://127.0.0.1:8000`.
        timeout: Seconds to wait for a connection, and then for each piece of the answer.
        sleep: Waits a number of seconds between two tries.

    Every call is tried again, twice at most, if the connection fails or the server is overloaded, after the pause that
    the server asks for. Everything else that goes wrong is raised at once. All errors are kinds of `PlanetError`.
    """

    def __init__(
        self,
        base_url: str = DEFAULT_URL,
        timeout: float = 30.0,
        *,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._http = Transport(base_url, timeout, sleep)

    def __enter__(self) -> PlanetClient:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Releases the connections."""
        self._http.close()

    def planet(
        self,
        seed_or_address: int | str,
        *,
        model: str | None = None,
        version: int | None = None,
        kind: str | None = None,
        size: int | None = None,
        background: str | None = None,
        temperature: float | None = None,
        format: str = "png",
    ) -> Planet:
        """Makes one planet: the same one for ever, if `model` and `version` are named.

        Args:
            seed_or_address: A seed, 0 to 2^64 - 1, as an integer or in decimal digits; or any other text, an address.
            model: Model to draw it; the server's default if None.
            version: Version of the model; the newest if None.
            kind: Kind of planet, such as `mars`, or a mix, such as `earth:0.6,mars:0.4`, if the model knows kinds.
            size: Longer side of the picture in pixels; the model's own if None.
            background: `"black"`, as also if None, or `"transparent"`, which the format `"jpg"` cannot be.
            temperature: 0 to 2: towards 0 the planets of a kind grow alike, above 1 they grow strange; 1 if None.
            format: `"png"`, `"webp"` or `"jpg"`.

        Raises:
            PlanetError: Its kind and text say what went wrong.
        """
        text = _text(seed_or_address)
        options = _options(
            model=model, version=version, kind=kind, size=size, background=background, temperature=temperature
        )
        _check_look(format, temperature)
        if not _survives_a_path(text):
            return self._post({"seeds": [text], "format": format, **options})[0]
        response = self._http.request("GET", f"/v1/planets/{quote(text, safe='/')}.{format}", params=options)
        try:
            width, height = _size_of(response.content)
            return Planet(
                data=response.content,
                seed=int(response.headers["X-Planet-Seed"]),
                address=None if _is_number(text) else text,
                model=response.headers["X-Planet-Model"],
                version=int(response.headers["X-Planet-Version"]),
                format=format,
                width=width,
                height=height,
            )
        except (KeyError, ValueError, OSError) as error:
            raise self._http.invalid_answer(response) from error

    def planets(
        self,
        *,
        seeds: Iterable[int | str] | None = None,
        count: int | None = None,
        seed: int | str | None = None,
        model: str | None = None,
        version: int | None = None,
        kind: str | None = None,
        size: int | None = None,
        background: str | None = None,
        temperature: float | None = None,
        format: str = "png",
    ) -> list[Planet]:
        """Makes many planets, 64 per request.

        Args:
            seeds: The seeds or addresses to make; give these or `count`.
            count: How many to make: those at the addresses `{seed}/0`, `{seed}/1`, … if there is a `seed`, else any.
            seed: A seed or address to make `count` planets of.
            model, version, kind, size, background, temperature, format: As for `planet`.

        Returns:
            The planets, in the order asked for.

        Raises:
            PlanetError: Its kind and text say what went wrong; none of the planets is then returned.
        """
        if (seeds is None) == (count is None) or (seed is not None and count is None):
            raise InvalidRequest("Ask for either `seeds` or a `count`; only with a count goes a `seed`.")
        if count is not None and count < 1:
            raise InvalidRequest(f"A count of {count} makes no planet; it must be at least 1.")
        _check_look(format, temperature)
        options = _options(
            model=model, version=version, kind=kind, size=size, background=background, temperature=temperature
        )
        if seed is not None:
            seeds = addresses(seed, count)
        if seeds is None:
            bodies = [{"count": min(PLANETS_PER_REQUEST, count - i)} for i in range(0, count, PLANETS_PER_REQUEST)]
        else:
            texts = [_text(s) for s in seeds]
            bodies = [{"seeds": texts[i : i + PLANETS_PER_REQUEST]} for i in range(0, len(texts), PLANETS_PER_REQUEST)]
        return [planet for body in bodies for planet in self._post({**body, "format": format, **options})]

    def classify(
        self,
        picture: AnyPicture,
        *,
        model: str | None = None,
        version: int | None = None,
        discriminator: str | None = None,
    ) -> Recognition:
        """Recognizes what a picture shows: a planet on black sky, anywhere in it, is found and framed by the server.

        Args:
            picture: Path of a picture file, its bytes, or a Pillow image.
            model: Classifier; the server's default if None.
            version: Version of the classifier; the newest if None.
            discriminator: Model that tells how real it looks; the server's choice if None.

        Raises:
            PlanetError: Its kind and text say what went wrong.
            OSError: The file cannot be read.
        """
        options = _options(model=model, version=version, discriminator=discriminator)
        response = self._send("/v1/classify", picture, options)
        try:
            return Recognition.from_json(response.json())
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise self._http.invalid_answer(response) from error

    def translate(
        self,
        picture: AnyPicture,
        *,
        model: str | None = None,
        version: int | None = None,
        source: str | None = None,
        target: str | None = None,
        size: int | None = None,
        format: str = "png",
    ) -> Translation:
        """Translates a picture into another domain, such as one of Mars into one of the Earth.

        Args:
            picture: Path of a picture file, its bytes, or a Pillow image.
            model: Translator; the server's choice if None.
            version: Version of the translator; the newest if None.
            source: What it shall translate from, such as `mars`, instead of `model`.
            target: What it shall translate to, such as `earth`, instead of `model`.
            size: Longer side of the result in pixels; the model's own if None.
            format: `"png"`, `"webp"` or `"jpg"`.

        Raises:
            PlanetError: Its kind and text say what went wrong.
            OSError: The file cannot be read.
        """
        _check_format(format)
        options = _options(model=model, version=version, source=source, target=target, size=size)
        response = self._send("/v1/translate", picture, {**options, "format": format})
        try:
            width, height = _size_of(response.content)
            return Translation(
                data=response.content,
                model=response.headers["X-Planet-Model"],
                version=int(response.headers["X-Planet-Version"]),
                format=format,
                width=width,
                height=height,
            )
        except (KeyError, ValueError, OSError) as error:
            raise self._http.invalid_answer(response) from error

    def models(self) -> list[Model]:
        """Returns every version of every model that the server knows, ready or not."""
        response = self._http.request("GET", "/v1/models")
        try:
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
        except (KeyError, TypeError, ValueError) as error:
            raise self._http.invalid_answer(response) from error

    def ready(self) -> bool:
        """Returns whether the server can make planets now.

        Raises:
            ServerUnreachable: Nothing answers at the URL.
        """
        try:
            self._http.request("GET", "/health/ready", retries=0)
        except Overloaded:
            return False
        return True

    def _send(self, path: str, picture: AnyPicture, options: dict[str, Any]) -> requests.Response:
        headers = {"Content-Type": "application/octet-stream"}
        return self._http.request("POST", path, params=options, data=picture_file(picture), headers=headers)

    def _post(self, body: dict[str, Any]) -> list[Planet]:
        response = self._http.request("POST", "/v1/planets", json=body)
        try:
            answer = response.json()
            return [
                Planet(
                    data=base64.b64decode(planet["image"], validate=True),
                    seed=int(planet["seed"]),
                    address=planet["address"],
                    model=answer["model"],
                    version=int(answer["version"]),
                    format=answer["format"],
                    width=int(planet["width"]),
                    height=int(planet["height"]),
                )
                for planet in answer["planets"]
            ]
        except (KeyError, TypeError, ValueError) as error:
            raise self._http.invalid_answer(response) from error


def addresses(seed: int | str, count: int) -> list[str]:
    """Returns where `count` planets of one seed or address are: at `{seed}/0` to `{seed}/{count - 1}`."""
    text = _text(seed)
    stem = _text(int(text)) if _is_number(text) else text  # 007 is seed 7
    return [f"{stem}/{i}" for i in range(count)]


def _size_of(file: bytes) -> tuple[int, int]:
    """Width and height in pixels; raises OSError for what is no picture."""
    with Image.open(io.BytesIO(file)) as picture:
        return picture.size


def _text(seed_or_address: int | str) -> str:
    if isinstance(seed_or_address, int) and not 0 <= seed_or_address < 2**64:
        raise InvalidRequest(f"{seed_or_address} is not a seed: a seed is a whole number from 0 to {2**64 - 1}.")
    return str(seed_or_address)


def _is_number(text: str) -> bool:
    return re.fullmatch(r"[+-]?[0-9]{1,256}", text) is not None


def _survives_a_path(text: str) -> bool:
    """Whether a URL carries the text unchanged: steps `.` and `..` are taken for directions, and empty text is lost."""
    return bool(text) and re.search(r"(^|/)\.{1,2}/", text) is None


def _options(**options: Any) -> dict[str, Any]:
    return {name: value for name, value in options.items() if value is not None}


def _check_look(format: str, temperature: float | None) -> None:
    _check_format(format)
    if temperature is not None and not 0 <= temperature <= HIGHEST_TEMPERATURE:  # nor can JSON carry NaN
        raise InvalidRequest(
            f"A temperature of {temperature} is too low or too high: choose 0 to {HIGHEST_TEMPERATURE}."
        )


def _check_format(format: str) -> None:
    if format not in FORMATS:
        raise InvalidRequest(f"{format!r} is not a picture format: choose one of {', '.join(FORMATS)}.")
