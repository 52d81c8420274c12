"""The example in Phaser, which shows pictures and no mesh: those that the gateway serves, one after another."""

from __future__ import annotations

import io
from collections.abc import Iterator

import flask
import numpy as np
import pytest
from PIL import Image

from tests.client.servers import running
from tests.engines import web
from tests.engines.pictures import SIZE, luminance
from tests.engines.worlds import ADDRESS, gateway

STEP = 6  # degrees, in a tenth of a second


@pytest.fixture(scope="module")
def app() -> Iterator[flask.Flask]:
    with gateway() as app:
        yield app


def likeness(shown: Image.Image, app: flask.Flask, longitude: float) -> float:
    """The correlation of what stands in the middle with the gateway's picture, over the planet's disc."""
    view = f"kind=earth&lon={longitude}&sun=-50,25&size=256"
    served = app.test_client().get(f"/v1/worlds/{ADDRESS}.png?{view}")
    assert served.status_code == 200, served.text
    quarter = SIZE // 4
    seen = luminance(shown.crop((quarter, quarter, SIZE - quarter, SIZE - quarter)))
    told = luminance(Image.open(io.BytesIO(served.data)).convert("RGB"))
    y, x = np.mgrid[-1 : 1 : len(seen) * 1j, -1 : 1 : len(seen) * 1j]
    disc = np.hypot(x, y) < 0.85
    return float(np.corrcoef(seen[disc], told[disc])[0, 1])


@pytest.mark.slow
def test_the_gateways_pictures_are_shown_in_turn(app: flask.Flask) -> None:
    if why := web.missing("phaser"):
        pytest.skip(why)
    with running(app) as url:
        before, after = (web.draw("phaser", url, seconds) for seconds in (0, 2))
    assert likeness(before, app, 0) > 0.98
    assert likeness(after, app, -20 * STEP) > 0.98
    assert likeness(after, app, -16 * STEP) < 0.95
    assert likeness(after, app, 20 * STEP) < 0.95
