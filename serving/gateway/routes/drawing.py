"""Latents to pixels, by way of the backend, and orders to pictures."""

from __future__ import annotations

import reprlib
import time
from collections.abc import Mapping, Sequence

import numpy as np
from flask import g
from numpy.typing import NDArray
from PIL import Image

from serving.backends.base import Backend, DeadlineExceeded, ModelVersion
from serving.gateway.asked.orders import Order
from serving.gateway.config import GatewayConfig
from serving.gateway.pictures.pictures import to_picture, to_transparent_picture
from serving.gateway.problems import Problem
from serving.latents import latents


def draw_planets(order: Order, backend: Backend, config: GatewayConfig) -> list[Image.Image]:
    """The pictures of an order, one for each of its seeds.

    Raises:
        BackendError: As `Backend.predict`.
        Problem: 422, a picture that shall be transparent shows no planet to cut out.
    """
    rows = latents(order.seeds, order.model.card["latent_size"])
    pixels = draw(order, rows, order.kinds, backend, config)
    return to_pictures(order, pixels, [f"The picture of {reprlib.repr(text)}" for text in order.texts])


def draw(
    order: Order, rows: NDArray[np.float32], kinds: NDArray[np.float32] | None, backend: Backend, config: GatewayConfig
) -> NDArray[np.uint8]:
    """Draws planets by an order's model, at its temperature, `config.batch_size` at a time.

    Args:
        order: Names the model and the temperature, a factor on the latents.
        rows: float32 of shape (B, Z), B at least 1: standard normal latents.
        kinds: float32 of shape (B, C), rows summing to 1; None for a model without kinds.
        backend: Where the model runs.
        config: For the size of a batch.

    Returns:
        uint8 of shape (B, H, W, 3).

    Raises:
        BackendError: As `Backend.predict`.
    """
    inputs = {"latent": rows * np.float32(order.options.temperature)}
    if kinds is not None:
        inputs["kind"] = kinds
    return run_model(order.model, inputs, backend, config)["image"]


def run_model(
    model: ModelVersion,
    inputs: Mapping[str, NDArray[np.float32]],
    backend: Backend,
    config: GatewayConfig,
    signature: str = "serving_default",
    batch_size: int | None = None,
) -> dict[str, np.ndarray]:
    """Runs a signature on any number of rows, some at a time, until the request's time is up.

    Args:
        model: An available model.
        inputs: By name, with the same number of rows, at least 1.
        backend: Where the model runs.
        config: For the size of a batch.
        signature: To call.
        batch_size: Most rows of a call, where these shall be fewer than the configuration's.

    Returns:
        Outputs by name, with a row for each of the inputs'.

    Raises:
        BackendError: As `Backend.predict`.
    """
    rows = len(next(iter(inputs.values())))
    step = min(config.batch_size, batch_size or rows)
    batches = []
    for start in range(0, rows, step):
        left_s = g.expires - time.monotonic()
        if left_s <= 0:
            raise DeadlineExceeded(f"The model {model.name} took longer than {config.deadline_s:g} s.")
        batch = {name: values[start : start + step] for name, values in inputs.items()}
        with g.timings.stage("model"):
            outputs = backend.predict(model.name, batch, signature=signature, version=model.version, deadline=left_s)
        batches.append(outputs)
    if len(batches) == 1:
        return batches[0]
    return {name: np.concatenate([outputs[name] for outputs in batches]) for name in batches[0]}


def to_pictures(order: Order, pixels: NDArray[np.uint8], names: Sequence[str]) -> list[Image.Image]:
    """Pictures of the size and background that an order asks for.

    Args:
        order: Names the size and the background.
        pixels: uint8 of shape (B, H, W, 3).
        names: What each of the B is, for the sentence of a problem, such as `"Frame 3"`.

    Raises:
        Problem: 422, a picture that shall be transparent shows no planet to cut out.
    """
    with g.timings.stage("decode"):
        if order.options.background == "black":
            return [to_picture(one, order.options.size) for one in pixels]
        return [_transparent(order, one, name) for one, name in zip(pixels, names, strict=True)]


def _transparent(order: Order, pixels: NDArray[np.uint8], name: str) -> Image.Image:
    picture = to_transparent_picture(pixels, order.options.size)
    if picture is None:
        shows = f"{name} by {order.model.name} shows no planet on a black sky to cut out"
        raise Problem(422, f"{shows}; ask for a black background or another model.", parameter="background")
    return picture
