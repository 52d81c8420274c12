"""Whether a generator copies: are its pictures nearer to the training pictures than unseen real ones are?"""

from __future__ import annotations

import numpy as np

from datasets.errors import RequestError
from training.measure.distances import nearest


def memorization_ratio(generated: np.ndarray, training: np.ndarray, holdout: np.ndarray) -> float:
    """Median distance of generated pictures to their nearest training picture, over that of held-out pictures.

    Args:
        generated: Features (N, F).
        training: Features (M, F) of the pictures that the generator was trained on.
        holdout: Features (L, F) of real pictures that it never saw.

    Returns:
        At least 0. About 1: as far from the training pictures as new real pictures are. Well below 1: copies. Above
        1: farther than real pictures, so either new or not like real ones; density tells which.

    Raises:
        RequestError: Half of the held-out pictures or more equal training pictures.
    """
    reference = np.median(nearest(holdout, training)[1])
    if reference == 0.0:
        raise RequestError(
            "The held-out pictures look the same as training pictures, so copying can't be measured: "
            "prepare the data with a hold-out that training doesn't see."
        )
    return float(np.median(nearest(generated, training)[1]) / reference)
