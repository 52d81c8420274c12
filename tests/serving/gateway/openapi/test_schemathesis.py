"""Requests made up from `/openapi.json`, right and wrong ones, and Schemathesis' checks of the answers.

`make schemathesis` makes up many more.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from serving.gateway import create_app
from tests.serving.whole_backend import WholeBackend

schemathesis = pytest.importorskip("schemathesis", reason="needs schemathesis: pip install -r requirements-dev.txt")
hypothesis = pytest.importorskip("hypothesis")

schema = schemathesis.openapi.from_wsgi(
    "/openapi.json",
    create_app(WholeBackend()),
    config=schemathesis.Config.from_path(Path(__file__).with_name("schemathesis.toml")),
)
# Without the explicit ones, which go through every parameter in turn: these are a hundred a route.
ONLY_MADE_UP = [hypothesis.Phase.generate]


@schema.parametrize()
@hypothesis.settings(max_examples=15, phases=ONLY_MADE_UP, derandomize=True, deadline=None, database=None)
def test_the_gateway_keeps_to_its_document(case: schemathesis.Case) -> None:
    case.call_and_validate()
