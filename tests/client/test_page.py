"""The page in a headless Chromium, served by the true gateway."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

playwright_api = pytest.importorskip("playwright.sync_api", reason="needs playwright: pip install playwright")

CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
CHROMIUM = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, CHROMIUM_NAMES)), None)
# Chromium's own traffic (updates, sync) must not be taken for the page's.
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking", "--disable-sync"]

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium: install it or set CHROMIUM to its path")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with playwright_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield browser
        browser.close()


class Visit:
    """One visit of the page: what it asked for and complained of, and how to read it."""

    def __init__(self, page: Page, url: str) -> None:
        self.page = page
        self.url = url
        self.requests: list[str] = []
        self.complaints: list[str] = []
        page.on("request", lambda request: self.requests.append(request.url))
        page.on("console", lambda message: self._note(message.type, message.text))
        page.on("pageerror", lambda error: self._note("error", str(error)))

    def open(self, query: str = "") -> None:
        self.page.goto(f"{self.url}/{query}")

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
    def query(self) -> dict[str, list[str]]:
        return parse_qs(urlsplit(self.page.url).query)

    def _note(self, kind: str, text: str) -> None:
        if kind in ("error", "warning"):
            self.complaints.append(text)


@pytest.fixture
def visit(browser: Browser, gateway_url: str) -> Iterator[Visit]:
    page = browser.new_page(viewport={"width": 1440, "height": 900})
    page.set_default_timeout(20_000)
    visit = Visit(page, gateway_url)
    yield visit
    page.close()
    foreign = [url for url in visit.requests if not url.startswith((gateway_url, f"blob:{gateway_url}", "data:"))]
    assert foreign == []


def test_a_first_visit_shows_a_planet_and_dice_another(visit: Visit) -> None:
    visit.open()
    visit.wait_for_planets()
    seed, facts = visit.query["seed"], visit.facts
    assert visit.page.input_value("#seed") == seed[0]
    assert visit.query["model"] == ["painter"]
    assert visit.query["version"] == ["1"]

    visit.page.click("#dice")
    visit.page.wait_for_url(lambda url: parse_qs(urlsplit(url).query)["seed"] != seed)
    visit.wait_for_planets()
    assert visit.facts != facts

    visit.page.go_back()
    visit.page.wait_for_function("seed => document.querySelector('#seed').value === seed", arg=seed[0])
    visit.wait_for_planets()
    assert visit.facts == facts
    assert visit.complaints == []


def test_a_permalink_brings_the_same_planets_back(visit: Visit) -> None:
    visit.open("?seed=orion%2F7%2F3&count=4&size=512&format=webp")
    visit.wait_for_planets(4)
    assert visit.page.input_value("#seed") == "orion/7/3"
    assert visit.page.input_value("[name=size]") == "512"
    assert visit.page.input_value("[name=format]") == "webp"
    names = visit.page.locator(".tile .name").all_text_contents()
    assert names == [f"orion/7/3/{i}" for i in range(4)]

    pictures = [url for url in visit.requests if "/v1/planets/" in url]
    visit.page.reload()
    visit.wait_for_planets(4)
    again = [url for url in visit.requests if "/v1/planets/" in url][4:]
    assert sorted(again) == sorted(pictures)
    assert all("model=painter&version=1" in url for url in pictures)
    assert visit.complaints == []


def test_looks_go_into_the_permalink_and_come_back(visit: Visit) -> None:
    visit.open("?seed=7&format=jpg")
    visit.wait_for_planets()
    assert "temperature" not in visit.query
    assert "background" not in visit.query

    visit.page.check("[name=background]")
    visit.wait_for_planets()
    assert visit.page.input_value("[name=format]") == "png"  # JPEG has no transparency
    assert visit.page.is_disabled("[name=format] option[value=jpg]")
    visit.page.fill("[name=temperature]", "0.5")
    visit.page.wait_for_url(lambda url: "temperature=0.5" in url)
    visit.wait_for_planets()
    assert (visit.query["temperature"], visit.query["background"]) == (["0.5"], ["transparent"])
    assert visit.page.inner_text("#temperature-value") == "0.5"
    corner = """() => {
      const context = document.createElement("canvas").getContext("2d");
      context.drawImage(document.querySelector(".tile img"), 0, 0);
      return context.getImageData(0, 0, 1, 1).data[3];
    }"""
    assert visit.page.evaluate(corner) == 0
    href = visit.page.get_attribute("#plate-download", "href")
    assert href == "/v1/planets/7.png?model=painter&version=1&size=256&background=transparent&temperature=0.5"

    visit.page.reload()
    visit.wait_for_planets()
    assert visit.page.is_checked("[name=background]")
    assert visit.page.input_value("[name=temperature]") == "0.5"
    visit.page.uncheck("[name=background]")
    visit.wait_for_planets()
    assert visit.page.evaluate(corner) == 255
    assert visit.complaints == []


def test_enter_and_d_work_from_the_keyboard(visit: Visit) -> None:
    visit.open("?seed=1")
    visit.wait_for_planets()
    assert visit.facts.startswith("Seed 1 ")

    visit.page.fill("#seed", "add")  # a D typed into the field is no dice
    visit.page.press("#seed", "Enter")
    visit.page.wait_for_url("**seed=add**")
    visit.wait_for_planets()

    visit.page.focus(".tile")
    visit.page.keyboard.press("d")
    visit.page.wait_for_url(lambda url: "seed=add" not in url)
    visit.wait_for_planets()
    assert visit.complaints == []


def test_a_click_opens_the_large_view_and_downloads(visit: Visit) -> None:
    visit.open("?seed=orion&count=4&size=128")
    visit.wait_for_planets(4)

    visit.page.click(".tile >> nth=2")
    assert visit.page.inner_text("#viewer-title") == "orion/2"
    with visit.page.expect_download() as download:
        visit.page.click("#viewer-download")
    assert download.value.suggested_filename == "orion_2.png"

    visit.page.click("#viewer-use")
    visit.wait_for_planets(1)
    assert visit.query["seed"] == ["orion/2"]
    assert visit.complaints == []


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("?seed=18446744073709551616", "18446744073709551616"),
        ("?seed=18446744073709551616&count=4", "18446744073709551616"),
        ("?seed=1&model=nobody", "no model 'nobody'"),
        ("?seed=1&kind=mars", "knows no kind"),
        ("?seed=a%2F..%2Fb", "A link cannot carry “a/../b”"),
    ],
)
def test_what_cannot_be_is_said_in_the_status_line(visit: Visit, query: str, sentence: str) -> None:
    visit.open(query)
    visit.page.wait_for_selector("#status[data-state=error]")

    assert sentence in visit.page.inner_text("#status")
    assert visit.page.get_attribute("#status", "aria-live") == "polite"


def test_after_an_error_the_page_goes_on(visit: Visit) -> None:
    visit.open("?seed=1&kind=mars")  # the model knows no kinds
    visit.page.wait_for_selector("#status[data-state=error]")

    visit.page.select_option("[name=kind]", label="Any")
    visit.wait_for_planets()
    assert visit.page.inner_text("#status") == ""
    assert visit.page.is_hidden("[name=kind]")


def test_it_fits_a_small_phone(visit: Visit) -> None:
    visit.page.set_viewport_size({"width": 360, "height": 740})
    visit.open("?seed=42&count=9")
    visit.wait_for_planets(9)

    assert visit.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert visit.complaints == []


def test_a_permalink_from_elsewhere_keeps_to_what_the_page_offers(visit: Visit) -> None:
    visit.open("?seed=7&count=5000&size=huge&format=bmp")
    visit.wait_for_planets(1)

    assert visit.page.get_attribute("#plate-download", "href") == "/v1/planets/7.png?model=painter&version=1&size=256"
    assert visit.complaints == []
