"""Pictures of a served generator, at each size that it draws."""

from __future__ import annotations

import dataclasses

import numpy as np

from datasets.errors import RequestError
from datasets.manifest import Size
from training.saved.served import ServedModel
from training.saved.sights import SIGHT_SIZE, sights

STANDARD_SIDES = (64, 128, 256, 512)  # pixels


@dataclasses.dataclass(frozen=True)
class Order:
    """What is drawn at all sizes alike.

    Attributes:
        latent: float32 (N, Z).
        kind: One-hot rows in the order of the card's `class_names`, float32 (N, K), each kind in turn; None if the
            model takes none.
    """

    latent: np.ndarray
    kind: np.ndarray | None

    def __len__(self) -> int:
        return len(self.latent)


def order_of(generator: ServedModel, count: int, seed: int) -> Order:
    """Latents by a seed, and kinds in turn; raises `RequestError` where the card doesn't fit the model."""
    generator.require("generate")
    shapes = generator.inputs("generate")
    kinds = generator.card.get("class_names") or ()
    if "latent" not in shapes or ("kind" in shapes and shapes["kind"][-1] != len(kinds)):
        raise RequestError(
            f"Signature 'generate' of {generator.folder} takes {shapes}, expected 'latent' and, if conditional, 'kind' "
            f"for each of the card's {len(kinds)} class_names: export the model again."
        )
    latent = np.random.default_rng(seed).standard_normal((count, shapes["latent"][-1]), dtype=np.float32)
    kind = np.eye(len(kinds), dtype=np.float32)[np.arange(count) % len(kinds)] if "kind" in shapes else None
    return Order(latent, kind)


def own_size(generator: ServedModel) -> Size:
    """The size of `generate`'s pictures."""
    try:
        return Size(generator.card["image_size"]["width"], generator.card["image_size"]["height"])
    except (KeyError, TypeError) as error:
        raise RequestError(f"The card of {generator.folder} lacks {error}: export the model again.") from None


def sizes_of(generator: ServedModel) -> list[Size]:
    """The model's own size, then the others of `STANDARD_SIDES` that it draws, which worlds do."""
    own = own_size(generator)
    rendered = [Size(side, side) for side in STANDARD_SIDES if f"render_{side}" in generator.signatures]
    return [own, *(size for size in rendered if size != own)]


def draw(generator: ServedModel, order: Order, size: Size) -> np.ndarray:
    """Pictures on black of one of `sizes_of`, uint8 (N, height, width, 3), seen as `generate` would show them."""
    inputs = {"latent": order.latent} | ({} if order.kind is None else {"kind": order.kind})
    if size == own_size(generator):
        return generator.call("generate", "image", f"drawing at {size} px", **inputs)
    view, sun = (np.asarray(values) for values in sights(order.latent[:, -SIGHT_SIZE:]))
    render = f"render_{size.width}"
    images = generator.call(render, "image", f"drawing at {size} px", **inputs, view=view, sun=sun)
    return np.concatenate([on_black(images[start : start + 32]) for start in range(0, len(images), 32)])


def on_black(images: np.ndarray) -> np.ndarray:
    """Colors and coverage, uint8 (N, H, W, 4), before a black sky, uint8 (N, H, W, 3)."""
    products = images[..., :3].astype(np.uint16) * images[..., 3:]
    return ((products + 127) // 255).astype(np.uint8)
