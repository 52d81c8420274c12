"""What a request asks of a model: for planets, which seeds, of which kinds, as which pictures."""

from __future__ import annotations

import dataclasses
import functools
import json
import reprlib
import secrets
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from werkzeug.datastructures import MultiDict

from serving.backends.base import ModelVersion
from serving.gateway.asked.catalog import Catalog
from serving.gateway.asked.kinds import kind_rows, mix_text
from serving.gateway.asked.options import MEDIA_TYPES, OF_PICTURE, OPTIONS, PictureOptions
from serving.gateway.asked.parameters import (
    Parameter,
    check_ending,
    check_names,
    parse_integer,
    read_query,
    text,
    unread,
)
from serving.gateway.asked.sizes import check_count, draws_planets_at_any_size, planet_sides
from serving.gateway.config import GatewayConfig
from serving.gateway.problems import Problem
from serving.latents import MAX_TEXT_LENGTH, is_address, latents, parse_seed

SEED = text(maxLength=MAX_TEXT_LENGTH)
SEED_OR_ADDRESS = "a whole number of 0..2^64-1; any other text is an address, whose seed is hashed from it"
MAX_JSON_INTEGER = 2**53 - 1  # beyond it JavaScript, and so any JSON on its way, may lose digits


@dataclasses.dataclass(frozen=True)
class Order:
    """A file to be made by a model.

    Attributes:
        model: An available model.
        options: The options, defaults where nothing was asked for.
    """

    model: ModelVersion
    options: PictureOptions


@dataclasses.dataclass(frozen=True)
class PlanetOrder(Order):
    """Planets to draw, all of one model and with the same options.

    Attributes:
        texts: The B seeds, in digits, and addresses as asked for.
        seeds: Their B seeds.
        kinds: float32 of shape (B, C), rows summing to 1; None for a model without kinds.
    """

    texts: Sequence[str]
    seeds: Sequence[int]
    kinds: NDArray[np.float32] | None

    @functools.cached_property
    def entries(self) -> list[dict[str, Any]]:
        """Each planet's `seed` (decimal text), `address` (None for a number) and `kind` (shares; None without)."""
        return [
            {"seed": str(seed), "address": None if text == str(seed) else text, "kind": self._shares(index)}
            for index, (text, seed) in enumerate(zip(self.texts, self.seeds, strict=True))
        ]

    def latents(self) -> NDArray[np.float32]:
        """Standard normal latents of the seeds, float32 of shape (B, Z)."""
        return latents(self.seeds, self.model.card["latent_size"])

    def about(self, entry: Mapping[str, Any]) -> dict[str, str]:
        """What the file of one of `entries` tells about itself, by keyword of PNG."""
        about = {
            "seed": entry["seed"],
            "address": entry["address"],
            "model": self.model.name,
            "version": str(self.model.version),
            "kind": None if entry["kind"] is None else mix_text(entry["kind"]),
            **self.options.told(),
            "Software": "Planet Generator",
        }
        return {keyword: text for keyword, text in about.items() if text is not None}

    def _shares(self, index: int) -> dict[str, float] | None:
        if self.kinds is None:
            return None
        named = zip(self.model.card["class_names"], self.kinds[index].tolist(), strict=True)
        return {name: round(share, 6) for name, share in named if share > 0}


def seed_parameter(name: str, description: str, example: str, needed: str) -> Parameter:
    """A parameter that is a seed or an address; `order_of` and `counted_texts` say what is wrong with one."""
    return Parameter(name, unread(SEED), f"{description}: {SEED_OR_ADDRESS}", example, needed=needed)


def order_from_url(file: str, query: MultiDict[str, str], catalog: Catalog) -> PlanetOrder:
    """The order of a GET.

    Args:
        file: `{seed or address}.{format}`, the end of the path.
        query: Options by name.
        catalog: Where to find the model.

    Raises:
        Problem: Something asked for is not possible.
    """
    text, dot, extension = file.rpartition(".")
    check_ending(extension if dot else "", MEDIA_TYPES)
    return order_of([text], PictureOptions.of({**read_query(query, OF_PICTURE), "format": extension}), catalog)


def orders_from_body(body: bytes, catalog: Catalog, config: GatewayConfig) -> list[tuple[list[int], PlanetOrder]]:
    """The orders of a POST, whose body is a JSON object with `seeds`, or `count` and perhaps `seed`, and options.

    Returns:
        An order for each version of the model to which some of the planets are assigned, and their places in the POST.

    Raises:
        Problem: The body is not JSON, or something asked for is not possible.
    """
    given = _json_object(body)
    check_names(given, ["seeds", "count", "seed", *OPTIONS])
    seeds, count, base = (given.get(name) for name in ("seeds", "count", "seed"))
    options = PictureOptions.parse(given)
    if (seeds is None) == (count is None):
        raise Problem(422, 'Give either "seeds", a list, or "count", with or without a "seed" to count from.')
    texts = counted_texts(count, base, config) if seeds is None else _listed(seeds, base, config)
    seeds = [to_seed(text, "seed" if seeds is None else _place(index)) for index, text in enumerate(texts)]
    drawn_by: dict[int, tuple[ModelVersion, list[int]]] = {}
    for place, seed in enumerate(seeds):
        model = _model(options, seed, catalog)
        drawn_by.setdefault(model.version, (model, []))[1].append(place)
    return [
        (places, _order([texts[place] for place in places], [seeds[place] for place in places], model, options))
        for model, places in drawn_by.values()
    ]


def order_of(
    texts: Sequence[str],
    options: PictureOptions,
    catalog: Catalog,
    parameters: Sequence[str] | None = None,
    task: str = "generate",
) -> PlanetOrder:
    """The order of seeds and addresses of one file, all drawn by the version to which the first is assigned.

    Args:
        texts: The seeds and addresses, at least one.
        options: What else was asked for.
        catalog: Where to find the model.
        parameters: The request's that gave each text; `seed` if None.
        task: As for `Catalog.find`.

    Raises:
        Problem: Something asked for is not possible.
    """
    seeds = [to_seed(text, name) for text, name in zip(texts, parameters or ["seed"] * len(texts), strict=True)]
    return _order(texts, seeds, _model(options, seeds[0], catalog, task), options)


def counted_texts(count: Any, base: Any, config: GatewayConfig) -> list[str]:
    """Planet i's address is `{base}/{i}`, so that each can be had alone later; without a base, seeds are random."""
    count = parse_integer("count", count, 1, config.max_planets)
    if base is None:
        return [str(secrets.randbits(64)) for _ in range(count)]
    text = _text(base, "seed")
    seed = to_seed(text)
    stem = text if is_address(text) else str(seed)
    return [f"{stem}/{index}" for index in range(count)]


def to_seed(text: str, parameter: str = "seed") -> int:
    """The seed of a text that the request's `parameter` gave; a text that has none is a 422 `Problem`."""
    try:
        return parse_seed(text)
    except ValueError as error:
        raise Problem(422, str(error), parameter=parameter) from None


def _model(options: PictureOptions, seed: int, catalog: Catalog, task: str = "generate") -> ModelVersion:
    return catalog.find(options.model, options.version, label=options.label, seed=seed, task=task)


def _order(texts: Sequence[str], seeds: Sequence[int], model: ModelVersion, options: PictureOptions) -> PlanetOrder:
    if draws_planets_at_any_size(model):
        check_count(model, len(seeds), planet_sides(model, options.size)[0], "size")
    plain = [text if is_address(text) else str(seed) for text, seed in zip(texts, seeds, strict=True)]  # 007 is 7
    return PlanetOrder(model, options, plain, seeds, kind_rows(model, options.kind, seeds))


def _json_object(body: bytes) -> Mapping[str, Any]:
    try:
        value = json.loads(body, object_pairs_hook=_named_once)
    except (ValueError, RecursionError) as error:
        reason = f": {error}" if isinstance(error, json.JSONDecodeError) else ""
        raise Problem(400, f"The body is not JSON{reason}.") from None
    if not isinstance(value, dict):
        raise Problem(422, 'The body must be a JSON object such as {"count": 16}.')
    return value


def _named_once(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    for name, times in Counter(name for name, _ in pairs).items():
        if times > 1:
            raise Problem(422, f"{reprlib.repr(name)} is given {times} times; give it once.", parameter=name)
    return dict(pairs)


def _listed(seeds: Any, base: Any, config: GatewayConfig) -> list[str]:
    if base is not None:
        raise Problem(422, '"seed" goes with "count" only; leave it out beside "seeds".', parameter="seed")
    if not isinstance(seeds, list) or not 1 <= len(seeds) <= config.max_planets:
        raise Problem(422, f"seeds must be a list of 1..{config.max_planets} seeds or addresses.", parameter="seeds")
    return [_text(seed, _place(index)) for index, seed in enumerate(seeds)]


def _place(index: int) -> str:
    """Which of the listed seeds a problem is about."""
    return f"seeds[{index}]"


def _text(value: Any, parameter: str) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) <= MAX_JSON_INTEGER:
        return str(value)
    raise Problem(422, "A seed must be text; only up to 2^53-1 may it be a JSON integer.", parameter=parameter)
