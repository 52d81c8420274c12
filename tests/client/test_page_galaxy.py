"""The Galaxy tab in a headless Chromium: stars, their systems, planets and moons."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest

from serving.latents import parse_seed
from serving.systems.system import system_of
from tests.client.page_visits import (
    Studio,
    Visit,
    browser,
    needs_chromium,
    query_of,
    serious_faults,
    studio,
    studio_url,
    visit,
)

__all__ = ["browser", "studio", "studio_url", "visit"]  # fixtures

pytestmark = needs_chromium

STAR = "orion/7"
PLACE = "#galaxy?star=orion%2F7"
PICTURED = """() => {
  const images = [...document.querySelectorAll(".strip button:not(.sun) img")];
  return images.length > 0 && images.every((image) => image.naturalWidth > 0);
}"""
COUNT_FRAMES = """
  window.painted = 0;
  const ask = window.requestAnimationFrame;
  window.requestAnimationFrame = (paint) => ask((now) => { window.painted += 1; paint(now); });
"""
# Where stars are on the screen, by the page's own map: {address: [x, y]}.
STARS = """async () => {
  const { Stars, CELL } = await import("/static/space/stars.js");
  const rules = await (await fetch("/static/systems/rules_1.json")).json();
  const stars = new Stars("galaxy", rules);
  const { left, top, width, height } = document.querySelector(".galaxy").getBoundingClientRect();
  const found = {};
  for (let column = -3; column <= 3; column++) for (let row = -2; row <= 2; row++) {
    const star = stars.at(column, row);
    if (star) found[star.address] = [left + width / 2 + star.x - CELL / 2, top + height / 2 + star.y - CELL / 2];
  }
  return found;
}"""


class Journey(Visit):
    """A visit of the tab Galaxy."""

    def wait_at(self, view: str, at: str) -> None:
        """Waits until a `galaxy`, a `system` or a `body` is in view."""
        self.page.wait_for_selector(f".galaxy[data-view={view}][data-at='{at}']")

    def press(self, *keys: str) -> None:
        self.page.focus(".galaxy")
        for key in keys:
            self.page.keyboard.press(key)

    @property
    def target(self) -> str | None:
        """The address of what Enter opens."""
        return self.page.get_attribute(".galaxy", "data-target")

    @property
    def data(self) -> dict[str, str]:
        """What the card tells."""
        terms, told = (self.page.locator(f".card {tag}").all_text_contents() for tag in ("dt", "dd"))
        return dict(zip(terms, told, strict=True))

    def canvas(self) -> str:
        """The canvas as it will be painted next."""
        return self.page.evaluate(
            """() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(
              () => resolve(document.querySelector(".space-canvas").toDataURL()))))"""
        )

    def wait_for_pictures(self) -> None:
        """Waits until all planets of the system have theirs."""
        self.page.wait_for_function(PICTURED)


@pytest.fixture
def journey(browser, studio_url: str) -> Iterator[Journey]:
    """A visit in which nothing moves by itself; no request may have left the host when it ends."""
    page = browser.new_page(viewport={"width": 1440, "height": 900}, reduced_motion="reduce", has_touch=True)
    page.set_default_timeout(20_000)
    journey = Journey(page, studio_url)
    yield journey
    page.close()
    assert [u for u in journey.requests if not u.startswith((studio_url, f"blob:{studio_url}", "data:"))] == []


def server_system(url: str, address: str) -> dict[str, Any]:
    with urllib.request.urlopen(f"{url}/v1/systems/{address}.json") as answer:
        return json.load(answer)


def test_by_keys_from_star_to_planet_and_back(journey: Journey) -> None:
    journey.open("#galaxy")
    journey.wait_at("galaxy", "galaxy")
    journey.press("ArrowRight")
    first = journey.target
    journey.press("ArrowDown")
    star = journey.target
    assert star is not None
    assert star != first
    system = server_system(journey.url, star)
    assert journey.page.inner_text(".spoken").startswith(system["name"])

    journey.press("Enter")
    journey.wait_at("system", star)
    assert journey.page.inner_text(".card h2") == system["name"]
    assert journey.data["Temperature"] == f"{system['star']['temperature_k']:,.0f} K"
    names = [planet["name"] for planet in system["planets"]]
    assert [one.split(",")[0] for one in labels(journey)] == [system["name"], *names]
    journey.press("ArrowRight", "ArrowRight")
    planet = system["planets"][1]
    assert journey.target == planet["address"]
    assert journey.page.inner_text(".spoken").startswith(planet["name"])

    journey.press("Enter")
    journey.wait_at("body", planet["address"])
    assert journey.page.inner_text(".card h2") == planet["name"]
    assert {"Radius", "Gravity", "Temperature", "Air", "Day", "Year"} <= journey.data.keys()
    assert query_of(journey.page.url) == {"star": [star], "body": ["2"]}

    journey.press("Escape")
    journey.wait_at("system", star)
    journey.press("Escape")
    journey.wait_at("galaxy", "galaxy")
    journey.page.go_back()
    journey.wait_at("system", star)
    journey.page.go_back()
    journey.wait_at("body", planet["address"])
    assert journey.complaints == []


def labels(journey: Journey) -> list[str]:
    return [one.get_attribute("aria-label") for one in journey.page.locator(".strip button").all()]


def test_a_star_is_clicked_and_the_map_dragged_and_zoomed(journey: Journey) -> None:
    journey.open("#galaxy")
    journey.wait_at("galaxy", "galaxy")
    page = journey.page
    page.mouse.move(900, 500)
    page.mouse.down()
    page.mouse.move(680, 500, steps=4)
    page.mouse.up()
    page.wait_for_url(lambda url: query_of(url).get("x") == ["2"])
    page.mouse.wheel(0, -500)
    page.wait_for_url(lambda url: "zoom" in query_of(url))
    page.click("[aria-label='To the middle']")
    page.wait_for_url("**/#galaxy")
    address, (x, y) = next(iter(page.evaluate(STARS).items()))
    page.mouse.click(x, y)
    journey.wait_at("system", address)
    page.click(".back")
    journey.wait_at("galaxy", "galaxy")
    page.fill("#galaxy-name", STAR)
    page.keyboard.press("Enter")
    journey.wait_at("system", STAR)
    assert journey.complaints == []


def test_fingers_pinch_drag_and_tap(journey: Journey) -> None:
    page = journey.page
    page.set_viewport_size({"width": 390, "height": 844})
    journey.open("#galaxy")
    journey.wait_at("galaxy", "galaxy")
    devtools = page.context.new_cdp_session(page)

    def touch(kind: str, *points: tuple[float, float]) -> None:
        given = [{"x": x, "y": y, "id": i} for i, (x, y) in enumerate(points)]
        devtools.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": given})

    touch("touchStart", (150, 400), (250, 400))
    touch("touchMove", (100, 400), (300, 400))
    touch("touchEnd")
    page.wait_for_url(lambda url: "zoom" in query_of(url) and float(query_of(url)["zoom"][0]) > 1.5)
    touch("touchStart", (200, 400))
    touch("touchMove", (120, 380))
    touch("touchMove", (90, 380))
    touch("touchEnd")
    page.wait_for_url(lambda url: float(query_of(url).get("x", ["0"])[0]) > 0.2)
    page.click("[aria-label='To the middle']")  # Chromium may take a tap right after a fling for the fling's end
    page.wait_for_url("**/#galaxy")
    address, (x, y) = next(
        one for one in page.evaluate(STARS).items() if 30 < one[1][0] < 330 and 250 < one[1][1] < 600
    )
    page.touchscreen.tap(x, y)
    journey.wait_at("system", address)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.tap(".strip button:nth-child(2)")
    journey.wait_at("body", f"{address}/1")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert journey.complaints == []


def test_moons_and_the_way_to_the_pictures(journey: Journey) -> None:
    systems = (system_of(parse_seed(f"moons/{i}"), f"moons/{i}") for i in range(99))
    star, planet = next((s["address"], p) for s in systems for p in s["planets"] if p["moons"])
    moon = planet["moons"][0]
    journey.open(f"#galaxy?star={star}&body={planet['address'].removeprefix(f'{star}/')}")
    journey.wait_at("body", planet["address"])
    journey.press("ArrowDown")
    assert journey.target == moon["address"]
    journey.press("Enter")
    journey.wait_at("body", moon["address"])
    assert "Month" in journey.data
    journey.press("Escape")
    journey.wait_at("body", planet["address"])
    journey.page.click(".nearby button")
    journey.wait_at("body", moon["address"])
    journey.page.keyboard.press("Escape")  # what was clicked is gone, but the keys still work
    journey.wait_at("body", planet["address"])
    journey.page.click(".nearby button")
    journey.wait_at("body", moon["address"])
    journey.page.click(".card a:text('Open in Generate')")
    journey.wait_for_planets()
    assert journey.query["seed"] == [moon["address"]]
    assert journey.complaints == []


def test_a_permalink_is_the_same_picture(journey: Journey) -> None:
    journey.open(f"{PLACE}&zoom=1.50&turn=40,35&day=812.50")
    journey.wait_at("system", STAR)
    journey.wait_for_pictures()
    before = journey.canvas()
    journey.page.reload()
    journey.wait_for_pictures()
    assert journey.canvas() == before
    told = {"star": [STAR], "zoom": ["1.50"], "turn": ["40,35"], "day": ["812.50"]}
    assert query_of(journey.page.url) == told
    journey.press("+")
    journey.page.wait_for_url(lambda url: query_of(url)["zoom"] != ["1.50"])
    assert journey.canvas() != before
    assert journey.complaints == []


def test_time_runs_where_motion_is_welcome_and_nothing_is_painted_while_it_stands(visit: Visit) -> None:
    visit.page.add_init_script(COUNT_FRAMES)
    visit.open(PLACE)
    visit.page.wait_for_function("() => document.querySelector('.time > output')?.textContent > 'Day 1'")
    visit.page.click("[aria-label='Stop time']")
    visit.page.wait_for_url(lambda url: "day" in query_of(url))
    visit.page.wait_for_function(PICTURED)
    visit.page.wait_for_function(
        """() => {
          const [before, since] = [window.painted, window.since ?? 0];
          if (before !== window.last) [window.last, window.since] = [before, performance.now()];
          return since > 0 && performance.now() - since > 500;
        }""",
        polling=50,
    )
    visit.page.fill("[name=speed]", "2")
    assert visit.page.inner_text(".time .slider output") == "100 days a second"
    visit.page.click("[aria-label='Let time run']")
    visit.page.wait_for_function("last => window.painted > last + 2", arg=visit.page.evaluate("window.painted"))
    assert visit.complaints == []


def test_six_pictures_at_most_and_none_that_nobody_waits_for(journey: Journey, studio: Studio) -> None:
    star = next(a for a in (f"many/{i}" for i in range(99)) if len(system_of(parse_seed(a), a)["planets"]) >= 9)
    journey.open("#galaxy")
    journey.wait_at("galaxy", "galaxy")
    studio.gate.clear()  # what is asked for now stays under way
    journey.page.fill("#galaxy-name", star)
    journey.page.keyboard.press("Enter")
    journey.wait_at("system", star)
    journey.page.wait_for_function("() => inFlight.now === 6")
    with journey.page.expect_event("requestfailed"):
        journey.press("Escape")
    studio.gate.set()
    journey.wait_at("galaxy", "galaxy")
    assert journey.aborted > 0
    journey.page.go_back()
    journey.wait_for_pictures()
    assert journey.most_in_flight == 6
    assert journey.complaints == []


def test_what_cannot_be_is_said_and_the_view_goes_on(journey: Journey) -> None:
    page = journey.page
    journey.open("#galaxy")
    journey.wait_at("galaxy", "galaxy")
    error = ".galaxy .status[data-state=error]"
    busy = json.dumps({"status": 503, "detail": "All places are taken. Come again in a minute."})
    problem = {"status": 503, "content_type": "application/problem+json", "body": busy}
    page.route("**/v1/systems/**", lambda route: route.fulfill(**problem))
    journey.press("ArrowRight")
    star = journey.target
    journey.press("Enter")
    page.wait_for_selector(f"{error}:has-text('All places are taken.')")
    page.unroute("**/v1/systems/**")
    page.route("**/v1/systems/**", lambda route: route.abort())
    journey.press("Enter")
    page.wait_for_selector(f"{error}:has-text('The server does not answer.')")
    page.unroute("**/v1/systems/**")
    journey.press("Enter")
    journey.wait_at("system", star)
    assert page.inner_text(".galaxy .status") == ""
    page.route("**/v1/planets/**", lambda route: route.fulfill(**problem))
    journey.open("#galaxy?star=-1")
    page.wait_for_selector(f"{error}:has-text('out of range')")
    journey.wait_at("system", star)  # where one was
    journey.open("#galaxy?star=dark&body=99")
    journey.wait_at("system", "dark")
    page.wait_for_selector(error)
    journey.press("ArrowRight", "Enter")
    journey.wait_at("body", "dark/1")


@pytest.mark.parametrize("scheme", ["dark", "light"])
def test_everybody_can_use_it(journey: Journey, scheme: str) -> None:
    journey.page.emulate_media(color_scheme=scheme)
    for place, view in ((PLACE, "system"), (f"{PLACE}&body=4", "body")):
        journey.open(place)
        journey.page.wait_for_selector(f".galaxy[data-view={view}]")
        assert serious_faults(journey.page) == [], view
