"""Files as answers: from the client's own copy, from the cache or newly made, and how long they may be kept."""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import json
from collections.abc import Callable, Mapping
from typing import Any, TypeVar
from urllib.parse import quote

import numpy as np
from flask import Response, g, request

from serving.backends.base import ModelVersion
from serving.gateway.asked.kinds import mix_text
from serving.gateway.asked.orders import Order, PlanetOrder
from serving.gateway.config import GatewayConfig
from serving.gateway.guards.admission import Admission
from serving.gateway.pictures.cache import PictureCache
from serving.gateway.pictures.encoding import ENCODER

FOREVER = "max-age=31536000, immutable"

_Order = TypeVar("_Order", bound=Order)
_PlanetOrder = TypeVar("_PlanetOrder", bound=PlanetOrder)
_Form = TypeVar("_Form")


class Answers:
    """Answers whose file is made at most once: not if the client has it, nor if the cache does.

    Args:
        admission: Gives a place for making a file.
        cache: Keeps what was made.
        config: Tells whether answers are for everybody.
    """

    def __init__(self, admission: Admission, cache: PictureCache, config: GatewayConfig) -> None:
        self._admission = admission
        self._cache = cache
        self._config = config
        self._card_digests: dict[tuple[str, int], tuple[Mapping[str, Any], str]] = {}

    def answer(
        self, order: _Order, form: _Form, media_type: str, make: Callable[[_Order, _Form, float], bytes]
    ) -> Response:
        """The answer to a GET.

        Args:
            order: What a model shall make.
            form: What shall become of that: a frozen dataclass or a text that names it.
            media_type: Of the file.
            make: Makes the file of order and form, and of nothing else, until a `time.monotonic()`; called, in a place,
                only if need be.
        """
        tag = self._tag(order, form)
        if request.if_none_match.contains_weak(tag):
            response = Response(status=304)
        elif (file := self._cache.get(tag)) is not None:
            g.timings.note("cache", "hit")
            response = Response(file)
        else:
            with self._admission.place(g.expires):
                file = make(order, form, g.expires)
            self._cache.put(tag, file)
            response = Response(file)
        response.set_etag(tag, weak=True)
        return self._labelled(response, order, media_type)

    def planet(
        self, order: _PlanetOrder, form: _Form, media_type: str, make: Callable[[_PlanetOrder, _Form, float], bytes]
    ) -> Response:
        """The same for what is made of one planet, whose seed and kind the answer tells in its headers."""
        response = self.answer(order, form, media_type, make)
        response.headers.update(_planet_headers(order))
        return response

    def plain(self, order: Order, text: str, media_type: str) -> Response:
        """The answer to a GET for a text about an order, which costs nothing to make."""
        response = self._labelled(Response(text), order, media_type)
        response.add_etag(weak=True)
        return response.make_conditional(request)

    def _tag(self, order: Order, form: Any) -> str:
        """Entity tag of a file, and its key in the cache, known before drawing: a client that has it costs no drawing.
        It is used as a weak one: it stands for the pictures, whose bytes may differ between processors."""
        return _digest([self._identity(order), self._identity(form), ENCODER])

    def _identity(self, value: Any) -> Any:
        """What tells a value apart from all others, for JSON: of a dataclass all of its fields, but those whose outcome
        stands beside them."""
        if isinstance(value, ModelVersion):
            return [value.name, value.version, self._card_digest(value)]
        if isinstance(value, np.ndarray):
            return value.tolist()
        names = _telling(type(value))
        return (
            value if names is None else [type(value).__name__, [self._identity(getattr(value, one)) for one in names]]
        )

    def _card_digest(self, model: ModelVersion) -> str:
        """Of the card's text, made anew only for another card: it takes as long as half of an answer from the cache."""
        card, digest = self._card_digests.get((model.name, model.version), (None, ""))
        if card is not model.card:
            digest = _digest(model.card)
            self._card_digests[model.name, model.version] = model.card, digest
        return digest

    def _labelled(self, response: Response, order: Order, media_type: str) -> Response:
        response.content_type = media_type
        response.headers.update(model_headers(order.model))
        response.headers["Cache-Control"] = self._cache_control(order)
        # Parts could not be put together: another gateway, or this one once its cache forgot, may write other bytes.
        response.accept_ranges = "none"
        return response

    def _cache_control(self, order: Order) -> str:
        """For ever, if model and version are told."""
        if order.options.model is None or order.options.version is None:
            return "no-cache"
        return f"{audience(self._config)}, {FOREVER}"


@functools.cache
def _telling(kind: type) -> tuple[str, ...] | None:
    """Names of the fields that tell two values of a dataclass apart; None of any other type."""
    if not dataclasses.is_dataclass(kind):
        return None
    return tuple(row.name for row in dataclasses.fields(kind) if not row.metadata.get("resolved"))


def audience(config: GatewayConfig) -> str:
    """Who may keep an answer: no shared cache, if it would pass it on to those without a key."""
    return "public" if config.api_keys is None else "private"


def model_headers(model: ModelVersion) -> dict[str, str]:
    """Headers that tell which model an answer is of."""
    return {"X-Planet-Model": model.name, "X-Planet-Version": str(model.version)}


def _planet_headers(order: PlanetOrder) -> dict[str, str]:
    """Headers that tell the seed and the kind of an order's only planet."""
    [entry] = order.entries
    headers = {"X-Planet-Seed": entry["seed"]}
    if entry["kind"] is not None:
        headers["X-Planet-Kind"] = mix_text({quote(name): share for name, share in entry["kind"].items()})
    return headers


def _digest(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()[:32]
