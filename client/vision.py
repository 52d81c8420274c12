"""Calls that send a picture: what does it show, and how would it look elsewhere?"""

from __future__ import annotations

from typing import Any

import requests

from client.answers import Recognition
from client.calls import Calls, model_of, picture_size
from client.options import check_format, given
from client.results import Translation
from client.sending import AnyPicture, picture_file


class VisionCalls(Calls):
    """`classify` and `translate`."""

    def classify(
        self,
        picture: AnyPicture,
        *,
        model: str | None = None,
        version: int | None = None,
        label: str | None = None,
        discriminator: str | None = None,
    ) -> Recognition:
        """Recognizes what a picture shows: a planet on black sky, anywhere in it, is found and framed by the server.

        Args:
            picture: Path of a picture file, its bytes, or a Pillow image.
            model: Classifier; the server's default if None.
            version: Version of the classifier; the server's choice if None.
            label: Label of the version, such as `"stable"`, in place of its number.
            discriminator: Model that tells how real it looks; the server's choice if None.

        Raises:
            PlanetError: Its kind and text say what went wrong.
            OSError: The file cannot be read.
        """
        options = given(model=model, version=version, label=label, discriminator=discriminator)
        response = self._send("/v1/classify", picture, options)
        with self._reading(response):
            return Recognition.from_json(response.json())

    def translate(
        self,
        picture: AnyPicture,
        *,
        model: str | None = None,
        version: int | None = None,
        label: str | None = None,
        source: str | None = None,
        target: str | None = None,
        size: int | None = None,
        format: str = "png",
    ) -> Translation:
        """Translates a picture into another domain, such as one of Mars into one of the Earth.

        Args:
            picture: Path of a picture file, its bytes, or a Pillow image.
            model: Translator; the server's choice if None.
            version: Version of the translator; the server's choice if None.
            label: Label of the version, such as `"stable"`, in place of its number.
            source: What it shall translate from, such as `mars`, instead of `model`.
            target: What it shall translate to, such as `earth`, instead of `model`.
            size: Longer side of the result in pixels; the model's own if None.
            format: `"png"`, `"webp"` or `"jpg"`.

        Raises:
            PlanetError: Its kind and text say what went wrong.
            OSError: The file cannot be read.
        """
        check_format(format)
        options = given(model=model, version=version, label=label, source=source, target=target, size=size)
        response = self._send("/v1/translate", picture, {**options, "format": format})
        with self._reading(response):
            name, number = model_of(response)
            width, height = picture_size(response.content)
            return Translation(response.content, name, number, format, width, height)

    def _send(self, path: str, picture: AnyPicture, options: dict[str, Any]) -> requests.Response:
        headers = {"Content-Type": "application/octet-stream"}
        return self._http.request("POST", path, params=options, data=picture_file(picture), headers=headers)
