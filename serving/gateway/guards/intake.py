"""Requests that cannot be taken in as they were sent: addresses that are not UTF-8, bodies there was no room for."""

from __future__ import annotations

from urllib.parse import unquote_to_bytes

from flask import Flask, request

from serving.gateway.problems import Problem, no_room

NO_ROOM = "planet_generator.no_room"  # in WSGI's environment: why the body could not be kept, if it could not


def refuse_what_cannot_be_read(app: Flask) -> None:
    """Refuses them, before anything guesses at what they mean: an address read in another way is another planet's."""

    @app.before_request
    def check() -> None:
        # Escapes of ASCII cannot end a character of several bytes: a whole query is UTF-8 if all of its parts are.
        sent = {
            "path": request.environ["PATH_INFO"].encode("latin-1"),
            "query": unquote_to_bytes(request.environ.get("QUERY_STRING", "").encode("latin-1")),
        }
        for part, value in sent.items():
            try:
                value.decode()
            except UnicodeDecodeError:
                raise Problem(400, f"The {part} is not UTF-8; percent-encode addresses as UTF-8.") from None
        if (reason := request.environ.get(NO_ROOM)) is not None:
            raise no_room(reason)
