"""Batches for the backend at hand: tf.data for TensorFlow, NumPy for JAX, in the same order."""

from __future__ import annotations

from collections.abc import Iterator

from datasets.errors import RequestError
from datasets.pictures import Pictures, batches
from datasets.sampling import Sampler, alternating, capped, shuffled, weighted
from training import engine
from training.contract.config import TrainingConfig
from training.records.grids import from_uint8


def choose_sampler(config: TrainingConfig, sampling: str, pictures: Pictures) -> Sampler:
    """What each epoch of a training shows.

    Args:
        config: What was asked for.
        sampling: What the family needs, `training.contract.family.Family.sampling`.
        pictures: The training split.

    Raises:
        RequestError: The pictures, the batch size or the balance don't allow what the family needs.
    """
    if sampling == "alternating":
        if config.balance != "none":
            raise RequestError(f"{config.family} shows two classes in turn: --balance {config.balance} does not apply.")
        if config.batch_size % 2:
            raise RequestError(f"{config.family} needs pairs of pictures: --batch-size {config.batch_size} is odd.")
        return alternating(pictures.labels, config.seed)
    if config.balance == "cap":
        return capped(pictures.labels, config.cap, config.seed)
    if config.balance == "weights":
        return weighted(pictures.labels, config.seed)
    return shuffled(len(pictures), config.seed)


def training_batches(
    pictures: Pictures, batch_size: int, sampler: Sampler, first_step: int, rows: slice = slice(None)
) -> Iterator:
    """Batches without end.

    Args:
        pictures: The training split.
        batch_size: Pictures per batch.
        sampler: What each epoch shows.
        first_step: Where to begin, as if all steps before had been taken.
        rows: Those of each batch that this process needs.

    Yields:
        Images, float32 `(rows, H, W, 3)` in [-1, 1], and labels, float32 `(rows, C)`, 1 where a picture is
        of the class, else 0.
    """
    if engine.BACKEND == "tensorflow":
        from datasets.pipeline import make_dataset  # needs TensorFlow, which a JAX machine lacks

        options = {"sampler": sampler, "first_step": first_step, "rows": rows}
        return iter(make_dataset(pictures, batch_size=batch_size, labelled=True, **options))
    return ((from_uint8(images), labels) for images, labels in batches(pictures, batch_size, sampler, first_step, rows))
