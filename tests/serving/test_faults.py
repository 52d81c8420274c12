"""What the fault script calls a fault, and, where minutes may be spent, the script itself."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from tests.faults.__main__ import main
from tests.faults.events import Event
from tests.faults.load import Answer

_GOOD = Answer(asked=110.0, seconds=0.1, status=200, version=1)


def _answers(*others: Answer) -> list[Answer]:
    return [_GOOD, *others, _GOOD]


def test_planets_alone_are_no_fault() -> None:
    assert Event("nothing", _answers()).faults(3.0) == []


@pytest.mark.parametrize(
    ("event", "faults"),
    [
        (Event("", _answers(Answer(111.0, 0.1, 503))), ["1 requests failed"]),
        (Event("", _answers(Answer(111.0, 0.1, 503)), returned=109.0), []),
        (Event("", _answers(Answer(111.0, 0.1, 503)), returned=105.0), ["recovery took 6.1 s"]),
        (Event("", _answers(Answer(99.0, 0.1, 503)), returned=105.0), []),
        (Event("", _answers(Answer(111.0, 5.1, 200, 1))), ["an answer took 5.1 s"]),
        (Event("", _answers(), burst=[Answer(111.0, 5.1, 503)]), ["an answer took 5.1 s"]),
        (Event("", _answers(), burst=[Answer(111.0, 0.1, 503)]), []),
        (Event("", _answers(), returned=200.0), ["no planet was drawn"]),
        (Event("", []), ["no planet was drawn"]),
        (Event("", _answers(), missed="it did not come"), ["it did not come"]),
        (Event("", _answers(*[Answer(111.0, 0.1, 200, 1, "a wrong picture")] * 2)), ["2 times a wrong picture"]),
        (Event("", _answers(), burst=[Answer(111.0, 0.1, 503, fault="no way back")]), ["1 times no way back"]),
    ],
)
def test_what_is_a_fault(event: Event, faults: Sequence[str]) -> None:
    assert event.faults(3.0) == faults


@pytest.mark.slow
def test_the_gateway_stands_all_faults() -> None:
    assert main([]) == 0
