from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from datasets.prepare import prepare
from tests.training.uncompiled import uncompiled


@pytest.fixture(scope="session")
def discs(tmp_path_factory):
    """A raw folder of two classes of 12 discs each, drawn here."""
    raw = tmp_path_factory.mktemp("raw")
    random = np.random.default_rng(0)
    y, x = np.mgrid[:48, :48] - 23.5
    for name, color in (("earth", (60, 110, 220)), ("mars", (210, 100, 60))):
        (raw / name).mkdir()
        for view in range(12):
            texture = random.uniform(0.6, 1.0, (48, 48, 1))
            disc = np.where((x**2 + y**2 < 400)[..., None], np.array(color) * texture, 0)
            Image.fromarray(disc.astype(np.uint8)).save(raw / name / f"{view:03d}.png")
    return raw


@pytest.fixture(scope="session")
def prepared_data(discs, tmp_path_factory):
    """The discs prepared at 16 and 32 px."""
    out = tmp_path_factory.mktemp("prepared")
    prepare(discs, out, sizes=[16, 32], workers=1)
    return out


@pytest.fixture(scope="session")
def measurable_data(tmp_path_factory):
    """60 views of Earth and of Mars at 16 px, 24 held out of each; 10 of Venus, 4 held out."""
    raw, out = tmp_path_factory.mktemp("raw"), tmp_path_factory.mktemp("data")
    random = np.random.default_rng(0)
    y, x = np.mgrid[:48, :48] - 23.5
    bodies = (("earth", 60, (60, 110, 220)), ("mars", 60, (210, 100, 60)), ("venus", 10, (200, 180, 90)))
    for name, count, color in bodies:
        (raw / name).mkdir()
        for view in range(count):
            texture = np.kron(random.uniform(0.4, 1.0, (6, 6)), np.ones((8, 8)))[..., None]
            disc = np.where((x**2 + y**2 < 400)[..., None], np.array(color) * texture, 0)
            Image.fromarray(disc.astype(np.uint8)).save(raw / name / f"{view:03d}.png")
    prepare(raw, out, sizes=[16], holdout=0.4, workers=1)
    return out


@pytest.fixture
def eagerly():
    """The test's steps are not compiled."""
    with uncompiled():
        yield


@pytest.fixture(scope="module")
def tiny_family():
    """Makes the family `tiny` known, whose trainings take milliseconds."""
    from tests.training.tiny_family import TINY
    from training.families import FAMILIES

    FAMILIES["tiny"] = TINY
    yield TINY
    del FAMILIES["tiny"]
