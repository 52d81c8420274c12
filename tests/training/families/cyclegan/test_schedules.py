from __future__ import annotations

import pytest

from training.families.cyclegan.schedules import HoldThenFall, value_at


@pytest.mark.parametrize(("index", "value"), [(0, 10.0), (25, 6.0), (50, 2.0), (99, 2.0)])
def test_a_value_goes_straight_to_its_end(index, value):
    assert value_at(index, 100, 10.0, 2.0, 0.5) == value


def test_a_share_of_0_begins_at_the_end():
    assert value_at(0, 100, 10.0, 2.0, 0.0) == 2.0


@pytest.mark.parametrize(("step", "rate"), [(0, 0.1), (50, 0.1), (75, 0.05), (100, 0.0), (120, 0.0)])
def test_learning_rate_holds_then_falls(step, rate):
    schedule = HoldThenFall.from_config(HoldThenFall(0.1, 100, held=0.5).get_config())
    assert float(schedule(step)) == pytest.approx(rate)


def test_learning_rate_can_hold_to_the_end():
    schedule = HoldThenFall(0.1, 100, held=1.0)
    assert [float(schedule(step)) for step in (0, 99)] == pytest.approx([0.1, 0.1])
