from __future__ import annotations

import numpy as np
import pytest

from training.families.classifier.calibration import (
    expected_calibration_error,
    fit_temperature,
    read_calibration,
    softmax,
    unknown_threshold,
)


@pytest.fixture
def drawn():
    """Logits of an honest classifier and labels drawn from its probabilities."""
    random = np.random.default_rng(0)
    logits = random.normal(0, 2, (20_000, 4))
    cumulated = softmax(logits).cumsum(axis=1)
    return logits, (random.uniform(size=(20_000, 1)) > cumulated).sum(axis=1)


@pytest.mark.parametrize("boast", [0.3, 1.0, 4.0])
def test_temperature_undoes_a_scale(drawn, boast):
    logits, labels = drawn
    assert fit_temperature(logits * boast, labels) == pytest.approx(boast, rel=0.05)


def test_temperature_brings_the_calibration_error_down(drawn):
    logits, labels = drawn
    boasting = logits * 4
    before = expected_calibration_error(softmax(boasting), labels)
    after = expected_calibration_error(softmax(boasting, fit_temperature(boasting, labels)), labels)
    assert before > 0.1
    assert after < 0.02


def test_calibration_error_golden():
    """Four pictures at 0.9, of which three are right, and one at 0.6 that is wrong: (4·0.15 + 0.6) / 5."""
    probabilities = np.array([[0.9, 0.1]] * 4 + [[0.6, 0.4]])
    assert expected_calibration_error(probabilities, np.array([0, 0, 0, 1, 1])) == pytest.approx(0.24)


def test_perfect_logits_do_not_overflow():
    assert fit_temperature(np.eye(3) * 1000, np.arange(3)) == pytest.approx(0.05, rel=1e-3)


def test_threshold_costs_the_share_asked_for():
    probabilities = np.stack([np.linspace(0.5, 1.0, 101), np.linspace(0.5, 0.0, 101)], axis=1)
    limit = unknown_threshold(probabilities, 0.1)
    assert limit == pytest.approx(0.55)
    assert (probabilities.max(axis=1) < limit).sum() == 10


def test_missing_calibration_names_the_command(tmp_path):
    with pytest.raises(ValueError, match=r"training\.calibrate"):
        read_calibration(tmp_path)
