"""Shared by the tests of the page: a browser, a gateway with models for every tab, and a visit."""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Iterator, Mapping
from importlib import resources
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

import numpy as np
import pytest

from serving.backends.base import ModelVersion
from serving.gateway import create_app
from tests.client.servers import PaintingBackend, running
from tests.serving.fake_backend import SeeingBackend

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
CHROMIUM = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, CHROMIUM_NAMES)), None)
# Chromium's own traffic (updates, sync) must not be taken for the page's.
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking", "--disable-sync"]

needs_chromium = pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium: install it or set CHROMIUM to its path")


class Studio(PaintingBackend):
    """Paints discs, as `painter` without kinds and as `tinter` with some; recognizes colors; swaps red and blue.

    Attributes:
        gate: Painting waits until it is set, which it is at first.
    """

    def __init__(self) -> None:
        self.gate = threading.Event()
        self.gate.set()
        self._seeing = SeeingBackend()

    def models(self) -> list[ModelVersion]:
        [painter] = super().models()
        card = {
            **painter.card,
            "name": "tinter",
            "class_names": ["mars", "earth"],
            "archetypes": {"rust": {"mars": 1.0}},
        }
        return [painter, ModelVersion("tinter", 1, "AVAILABLE", card), *self._seeing.models()]

    def predict(self, name: str, inputs: Mapping[str, np.ndarray], **options: object) -> dict[str, np.ndarray]:
        if "image" in inputs:
            return self._seeing.predict(name, inputs, **options)
        assert self.gate.wait(20)
        return super().predict(name, inputs, **options)


@pytest.fixture(scope="module")
def studio() -> Studio:
    return Studio()


@pytest.fixture(scope="module")
def studio_url(studio: Studio) -> Iterator[str]:
    with running(create_app(studio)) as url:
        yield url


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    playwright_api = pytest.importorskip("playwright.sync_api", reason="needs playwright: pip install playwright")
    with playwright_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield browser
        browser.close()


# A request counts from its start to its answer or abortion, as the page sees them: what the browser's events tell of
# those comes late and in any order.
_COUNT_REQUESTS = """
  window.inFlight = { now: 0, most: 0 };
  const ask = window.fetch;
  window.fetch = async (url, options) => {
    if (!String(url).includes("/v1/planets/")) return ask(url, options);
    let over = false;
    const end = () => { inFlight.now -= !over; over = true; };
    inFlight.most = Math.max(inFlight.most, ++inFlight.now);
    options?.signal?.addEventListener("abort", end);
    return ask(url, options).finally(end);
  };
"""


class Visit:
    """One visit of the page: what it asked for and complained of, and how to read it."""

    def __init__(self, page: Page, url: str) -> None:
        self.page = page
        self.url = url
        self.requests: list[str] = []
        self.aborted = 0
        self.complaints: list[str] = []
        page.add_init_script(_COUNT_REQUESTS)
        page.on("request", lambda request: self.requests.append(request.url))
        page.on("requestfailed", self._fail)
        page.on("console", lambda message: self._note(message.type, message.text))
        page.on("pageerror", lambda error: self._note("error", str(error)))

    def open(self, place: str = "") -> None:
        self.page.goto(f"{self.url}/{place}")

    def wait_for_planets(self, count: int = 1) -> None:
        """Waits until `count` pictures, each with pixels, and no other tile are shown."""
        self.page.wait_for_function(
            """count => {
              const tiles = [...document.querySelectorAll(".tile")];
              return tiles.length === count && tiles.every((tile) =>
                tile.dataset.state === "shown" && tile.querySelector("img").naturalWidth > 0);
            }""",
            arg=count,
        )
        self.page.wait_for_selector("#plate:not([hidden])")

    @property
    def facts(self) -> str:
        """The line below the planets, which tells the seed's number."""
        return self.page.inner_text("#plate-facts")

    @property
    def most_in_flight(self) -> int:
        """The largest number of pictures of planets that the page waited for at once."""
        return self.page.evaluate("inFlight.most")

    @property
    def query(self) -> dict[str, list[str]]:
        """What the URL tells the tab."""
        return query_of(self.page.url)

    def _fail(self, request: object) -> None:
        self.aborted += "ERR_ABORTED" in (request.failure or "")

    def _note(self, kind: str, text: str) -> None:
        if kind in ("error", "warning"):
            self.complaints.append(text)


def serious_faults(page: Page) -> list[tuple[str, list[str]]]:
    """What keeps people from using what a page shows now, as axe finds it: rules and the elements that break them."""
    package = pytest.importorskip("axe_playwright_python", reason="needs axe: pip install axe-playwright-python")
    page.evaluate(resources.files(package).joinpath("axe.min.js").read_text(encoding="utf-8"))
    found = page.evaluate("axe.run().then(({violations}) => violations)")
    return [
        (one["id"], [node["target"] for node in one["nodes"]])
        for one in found
        if one["impact"] in ("serious", "critical")
    ]


def query_of(url: str) -> dict[str, list[str]]:
    """The query in a URL's hash."""
    return parse_qs(url.partition("#")[2].partition("?")[2])


@pytest.fixture
def visit(browser: Browser, studio_url: str) -> Iterator[Visit]:
    """A visit; no request may have left the host when it ends."""
    page = browser.new_page(viewport={"width": 1440, "height": 900})
    page.set_default_timeout(10_000)
    visit = Visit(page, studio_url)
    yield visit
    page.close()
    foreign = [url for url in visit.requests if not url.startswith((studio_url, f"blob:{studio_url}", "data:"))]
    assert foreign == []
