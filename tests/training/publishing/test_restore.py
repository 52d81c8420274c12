from __future__ import annotations

import json
import shutil

import numpy as np
import pytest

from tests.training.tiny_trainers import build_trainer, draw_pictures
from tests.training.uncompiled import uncompiled
from training.contract.config import TrainingConfig
from training.export import main as export_main
from training.families import FAMILIES
from training.loop.loop import train
from training.records.checksums import SUMS_NAME
from training.restore import main

WIDTH = 0.05


@pytest.fixture(scope="module")
def published(prepared_data, tmp_path_factory):
    """A run and the folder that its generator and discriminator were exported into."""
    folder = tmp_path_factory.mktemp("published")
    config = TrainingConfig(
        data=str(prepared_data),
        out=str(folder / "run"),
        family="planet_v3",
        size=16,
        epochs=1,
        batch_size=8,
        changes={"r1_gamma": 0.0, "width": WIDTH},
    )
    with uncompiled():
        run = train(config)
    for model in ("generator", "discriminator"):
        assert export_main([str(run), "--saved-models", str(folder / "models"), "--model", model]) == 0
    return run, folder / "models"


def restored_to(published, out) -> int:
    return main([str(published[1] / "planet_v3_16"), str(out)])


def test_weights_come_back_as_they_were(published, tmp_path):
    assert restored_to(published, tmp_path / "run") == 0
    config = json.loads((tmp_path / "run" / "config.json").read_text())
    for name, build in FAMILIES["planet_v3"].networks.items():
        before, after = build(config), build(config)
        before.load_weights(published[0] / f"{name}.weights.h5")
        after.load_weights(tmp_path / "run" / f"{name}.weights.h5")
        for old, new in zip(before.get_weights(), after.get_weights(), strict=True):
            np.testing.assert_array_equal(old, new)


def test_a_larger_training_begins_with_a_published_model(published, tmp_path):
    restored_to(published, tmp_path / "run")
    restored, original = (
        build_trainer("planet_v3", draw_pictures(32), width=WIDTH, init_from=run)
        for run in (tmp_path / "run", published[0])
    )
    for name, variable in original.state.items():
        np.testing.assert_array_equal(variable, restored.state[name])


def test_a_generator_without_its_discriminator_is_restored_alone(published, tmp_path):
    shutil.copytree(published[1] / "planet_v3_16", tmp_path / "planet_v3_16")
    assert main([str(tmp_path / "planet_v3_16"), str(tmp_path / "run")]) == 0
    assert [path.name for path in (tmp_path / "run").glob("*.h5")] == ["generator.weights.h5"]


def test_a_training_is_not_overwritten(published, tmp_path, capsys):
    restored_to(published, tmp_path / "run")
    assert restored_to(published, tmp_path / "run") == 2
    assert "already holds a training" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"family": "classifier"}, "is of the family classifier, not planet_v3 or refiner or world_v1"),
        ({"family": None}, "is of the family unknown"),
        ({"recipe": {"width": 1.0}}, "it is of another release of the family"),
        ({"image_size": 16}, "does not say enough"),
    ],
)
def test_what_nothing_can_begin_with_is_refused(published, tmp_path, capsys, change, sentence):
    shutil.copytree(published[1], tmp_path / "models")
    path = tmp_path / "models/planet_v3_16/1/assets.extra/card.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    for sums in path.parents[1].rglob(SUMS_NAME):
        sums.unlink()  # as in a model published before there were any
    assert main([str(tmp_path / "models/planet_v3_16"), str(tmp_path / "run")]) == 2
    assert sentence in capsys.readouterr().err
