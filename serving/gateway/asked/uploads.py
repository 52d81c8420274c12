"""The picture that came with a request: as its body, or as a part of a form."""

from __future__ import annotations

import threading

from flask import g, request
from werkzeug.exceptions import RequestEntityTooLarge

from serving.gateway.asked.decoding import Upload, decode
from serving.gateway.config import GatewayConfig
from serving.gateway.problems import Problem, no_room

_DECODED_AT_ONCE = 2  # a picture of 40 megapixels takes up to 400 MB while it is decoded


class Uploads:
    """Reads pictures out of requests; a few at a time, so that large ones don't add up."""

    def __init__(self, config: GatewayConfig) -> None:
        self._config = config
        self._decoders = threading.BoundedSemaphore(_DECODED_AT_ONCE)

    def read(self) -> Upload:
        """The picture of the request under way: the body, or the part `image` of `multipart/form-data`.

        Raises:
            Problem: 413 too many bytes or pixels, 415 no picture, 422 none given, a broken one, or a wrong form, 503 no
                room for it.
        """
        with g.timings.stage("decode"):
            file = self._file()
            with self._decoders:
                return decode(file, self._config.max_upload_pixels)

    def _file(self) -> bytes:
        request.max_content_length = request.max_form_memory_size = self._config.max_upload_bytes
        try:
            if request.mimetype == "multipart/form-data":
                file = _part()
            elif request.mimetype in ("", "application/octet-stream") or request.mimetype.startswith("image/"):
                file = request.get_data()
            else:
                detail = (
                    "Send the picture as the body with its media type, such as image/png, or as a form's part image."
                )
                raise _problem(415, f"The body is {request.mimetype}, not a picture. {detail}")
        except RequestEntityTooLarge:
            if (request.content_length or 0) <= self._config.max_upload_bytes:
                raise _problem(413, "The form has too many parts: send one, the file named image.") from None
            raise _problem(413, f"The upload is larger than {self._config.max_upload_bytes} bytes.") from None
        except OSError as error:  # a form's parts have temporary files of their own
            raise no_room(error) from None
        if not file:
            raise _problem(422, "The picture is empty: send the bytes of a picture file.")
        return file


def _part() -> bytes:
    parts = request.files.getlist("image")
    if len(parts) != 1:
        found = ", ".join(sorted({*request.files, *request.form})) or "no part"
        raise _problem(422, f"The form must hold one file named image; it holds {len(parts)} (parts: {found}).")
    parts[0].seek(0)
    return parts[0].read()


def _problem(status: int, detail: str) -> Problem:
    return Problem(status, detail, parameter="image")
