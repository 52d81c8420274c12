"""The World tab in a headless Chromium, whose WebGL is software, over a world of few weights."""

from __future__ import annotations

import base64
import io
import json
import urllib.request
import zipfile
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from PIL import Image

from serving.backends import create_backend
from serving.gateway import create_app
from tests.client.page_visits import (
    Visit,
    browser,
    needs_chromium,
    query_of,
    serious_faults,
    studio,
    studio_url,
    visit,
)
from tests.client.servers import running
from tests.client.small_world import MAP_HEIGHT, SIZE, write_small_world

pytest.importorskip("tensorflow", reason="the world is a SavedModel")

__all__ = ["browser", "studio", "studio_url", "visit"]  # fixtures

pytestmark = needs_chromium

PLACE = "#world?seed=orion%2F7&kind=mars&lon=30&lat=20"
# The canvas is 62 % of the window's height: as large as the pictures that the model draws.
SMALL = {"width": 1000, "height": round(SIZE / 0.62)}
# Chromium's, where it has no GPU and so reads each of the canvas's frames back.
DRIVERS_OWN = "GPU stall due to ReadPixels"
NO_WEBGL = """
  const contextOf = HTMLCanvasElement.prototype.getContext;
  HTMLCanvasElement.prototype.getContext = function (kind, ...more) {
    return kind === "webgl2" ? null : contextOf.call(this, kind, ...more);
  };
"""


class WorldVisit(Visit):
    """A visit of the tab World."""

    def wait_for(self, *drawn: str) -> None:
        """Waits until the globe is drawn by `maps`, by the `network` or, as a picture, by the `server`.

        Once the network is compiled, the maps of further worlds may be gone before anybody looks: wait for either.
        """
        self.page.wait_for_selector(", ".join(f".viewport[data-drawn={one}]" for one in drawn))

    def globe(self) -> np.ndarray:
        """The canvas's pixels on black, of shape (H, W, 3)."""
        url = self.page.evaluate("document.querySelector('.viewport canvas').toDataURL()")
        picture = Image.open(io.BytesIO(base64.b64decode(url.partition(",")[2])))
        return np.asarray(Image.alpha_composite(Image.new("RGBA", picture.size, "black"), picture))[..., :3].astype(int)

    def space(self) -> np.ndarray:
        """What the tab Galaxy's canvas shows once it rests, of shape (H, W, 3)."""
        url = self.page.evaluate(
            """() => new Promise((resolve) => {
              let [last, same] = ["", 0];
              const look = () => {
                const now = document.querySelector(".space-canvas").toDataURL();
                [last, same] = [now, now === last ? same + 1 : 0];
                if (same > 9) resolve(now);
                else setTimeout(look, 100);
              };
              look();
            })"""
        )
        picture = Image.open(io.BytesIO(base64.b64decode(url.partition(",")[2])))
        return np.asarray(picture.convert("RGB")).astype(int)

    def served(self, query: str) -> np.ndarray:
        """What the server draws of the world, of shape (H, W, 3)."""
        with urllib.request.urlopen(f"{self.url}/v1/worlds/orion/7.png?kind=mars&{query}") as answer:
            return np.asarray(Image.open(io.BytesIO(answer.read())).convert("RGB")).astype(int)

    def facts(self, address: str, kind: str) -> dict[str, Any]:
        """What the server tells of a world."""
        return self._told(f"{address}.json", kind)

    def shading(self, address: str, kind: str) -> dict[str, Any]:
        """How it reflects light and shines, as its shader reads it."""
        return self._told(f"{address}/shader.json", kind)

    def _told(self, file: str, kind: str) -> dict[str, Any]:
        with urllib.request.urlopen(f"{self.url}/v1/worlds/{file}?kind={kind}") as answer:
            return json.load(answer)

    def surround(self) -> None:
        """Clicks the switch of air, rings and light, and waits until the URL says so."""
        was = "air" in query_of(self.page.url)
        self.page.click("text=Air, rings and the color of its light")
        self.page.wait_for_url(lambda url: ("air" in query_of(url)) is not was)
        self.wait_for("network")

    @property
    def where(self) -> str:
        """The line that tells which place faces the reader."""
        return self.page.inner_text(".where")

    @property
    def own_complaints(self) -> list[str]:
        """The page's complaints, without the driver's."""
        return [one for one in self.complaints if DRIVERS_OWN not in one]


@pytest.fixture(scope="module")
def world_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("saved_models")
    write_small_world(folder)
    backend = create_backend("embedded", saved_models=folder)
    with running(create_app(backend)) as url:
        yield url
    backend.close()


@pytest.fixture
def world(browser, world_url: str) -> Iterator[WorldVisit]:
    """A visit that finds everything at rest, in a small window; no request may have left the host when it ends."""
    page = browser.new_page(viewport=SMALL, reduced_motion="reduce")
    page.set_default_timeout(30_000)
    visit = WorldVisit(page, world_url)
    yield visit
    page.close()
    assert [url for url in visit.requests if not url.startswith((world_url, f"blob:{world_url}", "data:"))] == []


def test_the_tab_is_there_where_worlds_are(world: WorldVisit, visit: Visit) -> None:
    world.open("#models")
    world.page.wait_for_selector("#tab-world", state="visible")
    visit.open("#models")
    visit.page.wait_for_selector(".entry")
    assert visit.page.is_hidden("#tab-world")
    visit.page.focus("#tab-galaxy")
    visit.page.keyboard.press("ArrowRight")
    assert visit.page.evaluate("document.activeElement.id") == "tab-morph"
    visit.open("#world")
    visit.page.wait_for_selector("text=This server has no model that draws worlds.")
    assert visit.complaints == []


@pytest.mark.parametrize(
    "query",
    ["lon=30&lat=20&sun=22,17", "lon=-150&lat=-65&sun=-60,35", "lon=179.9&lat=88&sun=100,-10"],
)
def test_the_globe_is_the_served_picture(world: WorldVisit, query: str) -> None:
    """From the maps but for what they blur, of the network itself within 2/255 on 99 % of the pixels."""
    world.open(f"#world?seed=orion%2F7&kind=mars&{query}")
    world.wait_for("maps")
    from_maps = world.globe()
    world.wait_for("network")
    exact = world.globe()
    assert exact.shape == (SIZE, SIZE, 3)
    served = world.served(f"{query}&size={SIZE}")
    shown = served.sum(axis=-1) > 0
    assert served[shown].std() > 20  # there is something to see
    assert np.abs(from_maps - served)[shown].mean() <= 3
    assert (np.abs(exact - served).max(axis=-1) <= 2)[shown].mean() >= 0.99
    assert world.own_complaints == []


def test_air_and_the_color_of_the_light_are_a_switch(world: WorldVisit) -> None:
    world.open("#world?seed=orion%2F7&kind=mars&lon=30&lat=20&sun=80,0")
    world.page.wait_for_selector(".about:not([hidden])")
    world.wait_for("network")
    bare = world.globe()
    world.surround()
    around = world.globe()
    radii, right = _places(0.9)
    outside = radii > 1 + 2 / SIZE
    assert bare[outside].max() == 0
    near, far = outside & (radii < 1.04), radii > 1.15
    assert around[near & (right > 0.5)].mean() > 20 > 2 > around[near & (right < -0.5)].mean()  # its star's side
    assert around[far].max() == 0  # air is thin

    facts = world.facts("orion/7", "mars")
    star = [int(facts["light"]["color"][at : at + 2], 16) / 255 for at in (1, 3, 5)]
    day = (radii < 0.5) & (right > 0.1) & (bare.min(axis=-1) > 15) & (bare.max(axis=-1) < 250)
    assert day.any()
    seen = around[day].mean(axis=0) / bare[day].mean(axis=0)
    shading = world.shading("orion/7", "mars")
    shine, ambient, limb = (float(np.ravel(shading[name])[0]) for name in ("shine", "ambient", "limb"))
    nearer = np.sqrt(np.maximum(1 - radii**2, 0))
    sunlight = np.maximum(right * np.sin(np.radians(80)) + nearer * np.cos(np.radians(80)), 1e-3)
    reflected = (1 - shine) * (ambient + (1 - ambient) * sunlight[day] ** limb)
    own = shine / (shine + reflected.mean())  # share of light that is the world's own, of no star's color
    np.testing.assert_allclose(seen, own + (1 - own) * np.float64(star), atol=0.03)
    assert seen[0] > seen[1] > seen[2]

    world.page.reload()
    world.page.wait_for_selector(".about:not([hidden])")
    world.wait_for("network")
    np.testing.assert_allclose(world.globe(), around, atol=2)
    world.surround()
    np.testing.assert_allclose(world.globe(), bare, atol=1)
    assert world.own_complaints == []


def test_rings_come_into_view(world: WorldVisit) -> None:
    """Around the equator, before the globe and behind it, with the shadow of it on them."""
    world.open("#world?seed=orion%2F44&kind=earth&lon=0&lat=0&sun=-60,10")
    world.page.wait_for_selector(".about:not([hidden])")
    world.wait_for("maps", "network")
    world.surround()
    facts = world.facts("orion/44", "earth")
    inner, outer = (facts["rings"][f"{edge}_km"] / facts["radius_km"] for edge in ("inner", "outer"))
    told = query_of(world.page.url)
    latitude, zoom = float(told["lat"][0]), float(told["zoom"][0])
    assert latitude == 16
    assert 0.9 * zoom * outer < 1  # all of it is in the picture
    picture = world.globe().sum(axis=-1)
    y, x = (np.mgrid[:SIZE, :SIZE] + 0.5 - SIZE / 2) / (SIZE / 2 * 0.9 * zoom)
    flat = np.hypot(x, y / np.sin(np.radians(latitude)))  # in the plane of the rings
    beside = (np.hypot(x, y) > 1.1) & (flat > inner + 0.1) & (flat < outer - 0.1)
    assert picture[beside & (x < 0)].mean() > 100
    shadow = beside & (np.abs(np.arctan2(-y / np.sin(np.radians(latitude)), x) - np.radians(30)) < 0.15)
    assert shadow.any()
    assert picture[shadow].mean() < 0.25 * picture[beside & (x < 0)].mean()
    assert picture[(np.hypot(x, y) > 1.25) & ((flat < inner - 0.1) | (flat > outer + 0.1))].max() < 10
    assert f"{facts['rings']['outer_km']:,.0f} km" in world.page.inner_text(".about")
    assert world.own_complaints == []


def test_facts_about_it(world: WorldVisit) -> None:
    world.open(PLACE)
    world.page.wait_for_selector(".about:not([hidden])")
    terms, told = (world.page.locator(f".about {part}").all_text_contents() for part in ("dt", "dd"))
    about = dict(zip(terms, told, strict=True))
    facts = world.facts("orion/7", "mars")
    assert about["Radius"].startswith(f"{facts['radius_km']:,.0f} km, ")
    assert about["Tilt"] == f"{facts['tilt_deg']}°".replace(".0°", "°")
    assert about["Gravity"] == f"{facts['gravity_g']:.3g} g"
    assert about["Temperature"].startswith(f"{facts['temperature_k']:.0f} K, ")
    assert about["Day"].endswith(("hours", "days", "ahead"))
    assert about["Air"] == f"nitrogen and carbon dioxide, {facts['atmosphere']['pressure_bar']} bar"
    assert "Rings" not in about
    assert world.own_complaints == []


def _places(radius: float) -> tuple[np.ndarray, np.ndarray]:
    """How far from the middle a pixel of the globe is, and how far to the right, both in radii."""
    y, x = (np.mgrid[:SIZE, :SIZE] + 0.5 - SIZE / 2) / (SIZE / 2 * radius)
    return np.hypot(x, y), x


@pytest.mark.slow
def test_it_is_turned_zoomed_and_lit(world: WorldVisit) -> None:
    world.open(PLACE)
    world.wait_for("network")
    assert world.where == "30° east, 20° north"
    first = world.globe()
    box = world.page.locator(".viewport").bounding_box()
    middle = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    world.page.mouse.move(*middle)
    world.page.mouse.down()
    world.page.mouse.move(middle[0] + 30, middle[1], steps=3)
    world.page.mouse.up()
    world.page.wait_for_url(lambda url: float(query_of(url)["lon"][0]) < 5)
    assert np.abs(world.globe() - first).mean() > 2

    world.wait_for("network")
    dragged = world.globe()
    world.page.mouse.move(*middle)  # off the buttons, which cover much of so small a globe
    world.page.keyboard.down("Shift")
    world.page.mouse.down()
    world.page.mouse.move(middle[0] - 100, middle[1], steps=3)
    world.page.mouse.up()
    world.page.keyboard.up("Shift")
    world.page.wait_for_url(lambda url: "sun" in query_of(url))
    azimuth, _ = map(int, query_of(world.page.url)["sun"][0].split(","))
    assert azimuth < -20
    assert world.page.input_value("[name=azimuth]") == str(azimuth)
    world.wait_for("network")
    lit = world.globe()
    half = SIZE // 2
    assert lit[:, :half].sum() > dragged[:, :half].sum()
    assert lit[:, half:].sum() < dragged[:, half:].sum()

    world.page.mouse.move(*middle)
    world.page.mouse.wheel(0, -400)
    world.page.wait_for_url(lambda url: "zoom" in query_of(url))
    assert (world.globe().sum(axis=-1) > 0).sum() > (lit.sum(axis=-1) > 0).sum()
    assert world.own_complaints == []


@pytest.mark.slow
def test_keys_and_permalinks(world: WorldVisit) -> None:
    world.open(PLACE)
    world.wait_for("maps")
    world.page.focus(".viewport")
    for key in ("ArrowRight", "ArrowUp", "+", "Shift+ArrowRight", "Shift+ArrowUp"):
        world.page.keyboard.press(key)
    world.page.wait_for_url(lambda url: {"zoom", "sun"} <= set(query_of(url)))
    told = query_of(world.page.url)
    assert float(told["lon"][0]) > 35
    assert float(told["lat"][0]) > 25
    azimuth, elevation = map(int, told["sun"][0].split(","))
    assert azimuth > 22
    assert elevation > 17
    assert world.page.inner_text(".tab-world .status") == world.where
    world.wait_for("network")
    before = world.globe()
    world.page.reload()
    world.wait_for("network")
    np.testing.assert_allclose(world.globe(), before, atol=2)
    assert query_of(world.page.url) == told
    assert told["seed"] == ["orion/7"]
    assert (told["model"], told["version"], told["kind"]) == (["small_world"], ["1"], ["mars"])


@pytest.mark.slow
def test_it_turns_by_itself_where_motion_is_welcome(world: WorldVisit) -> None:
    world.page.emulate_media(reduced_motion="no-preference")
    world.open("#world?seed=orion%2F7")
    world.wait_for("maps")
    world.page.wait_for_function("() => document.querySelector('.where').textContent.includes('west')")  # to the east
    world.page.click("[aria-label='Stop turning']")
    world.wait_for("network")  # it rests

    world.page.emulate_media(reduced_motion="reduce")
    world.page.reload()
    world.wait_for("network")
    assert world.page.get_attribute(".viewport .tool:last-child", "aria-label") == "Turn"


def test_maps_and_a_spin_to_take_along(world: WorldVisit) -> None:
    world.open(PLACE)
    world.wait_for("maps")
    files = {}
    for label in ("Map", "Normal map", "Spin", "Unity"):
        with world.page.expect_download() as download:
            world.page.click(f".tab-world .actions a:text-is('{label}')")
        files[download.value.suggested_filename] = download.value.path()
    assert list(files) == ["orion_7.map.png", "orion_7.normal.png", "orion_7.spin.webp", "orion_7-unity.zip"]
    with zipfile.ZipFile(files["orion_7-unity.zip"]) as pack:
        assert any(name.endswith("_MaskMap.png") for name in pack.namelist())
    for name in ("map", "normal"):
        with Image.open(files[f"orion_7.{name}.png"]) as picture:
            assert picture.size == (2 * MAP_HEIGHT, MAP_HEIGHT)
    with Image.open(files["orion_7.spin.webp"]) as spin:
        assert spin.n_frames == 36
    world.page.click(".tab-world .plate summary")
    curl, python = world.page.locator(".tab-world .plate pre").all_text_contents()
    assert f"{world.url}/v1/worlds/orion/7/map.png?model=small_world&version=1&kind=mars'" in curl
    assert 'planets.world("orion/7", lon=30, lat=20, sun=(22,17), **world)' in python
    assert world.own_complaints == []


def test_single_files_for_an_engine(world: WorldVisit) -> None:
    world.open(PLACE)
    world.page.click(".tab-world .engines summary")
    hrefs = [one.get_attribute("href") for one in world.page.locator(".engines details a").all()]
    assert len(hrefs) == 9
    assert all(href.startswith("/v1/worlds/orion/7") and "model=small_world&version=1" in href for href in hrefs)
    for href in hrefs:
        assert world.page.request.get(f"{world.url}{href}").ok, href
    assert world.own_complaints == []


def test_without_webgl_the_server_draws(world: WorldVisit) -> None:
    world.page.add_init_script(NO_WEBGL)
    world.open(PLACE)
    world.page.wait_for_selector(".viewport img:not([hidden])")
    world.wait_for("server")
    world.page.wait_for_selector(".about:not([hidden])")
    assert world.page.is_hidden("[name=around]")
    world.page.focus(".viewport")
    with world.page.expect_response(lambda response: "lon=36" in response.url) as answer:
        world.page.keyboard.press("ArrowRight")
    assert answer.value.ok
    assert f"size={SIZE}" in answer.value.url
    assert world.page.is_hidden(".viewport canvas")
    assert world.own_complaints == []


def test_a_planet_near_by_is_a_live_globe_or_a_picture(world: WorldVisit) -> None:
    world.page.set_viewport_size({"width": 1000, "height": 800})
    place = "#galaxy?star=orion%2F7&body=4&day=0.30"  # the globe is turned by a part of a day, a picture isn't
    world.open(place)
    world.page.wait_for_selector(".galaxy[data-view=body][data-globe=live]")
    assert any("/v1/worlds/orion/7/4/map.png?model=small_world&version=1&kind=earth" in url for url in world.requests)
    live = world.space()
    world.page.add_init_script(NO_WEBGL)
    world.requests.clear()
    with world.page.expect_response(lambda response: "/orion/7/4.webp" in response.url and "size=512" in response.url):
        world.page.reload()
    world.page.wait_for_function("""() => document.querySelector(".strip [aria-current] img")?.naturalWidth > 0""")
    picture = world.space()
    assert not any("map.png" in url for url in world.requests)
    planet = np.s_[150:500, 150:550]
    assert picture[planet].std() > 15  # there is something to see
    assert np.abs(live - picture)[planet].mean() > 3
    world.page.click(".card a:text('Open its world')")
    world.wait_for("server")
    assert query_of(world.page.url)["seed"] == ["orion/7/4"]
    assert world.own_complaints == []


@pytest.mark.slow
def test_a_lost_context_is_bridged(world: WorldVisit) -> None:
    world.open(PLACE)
    world.wait_for("network")
    context = "document.querySelector('.viewport canvas').getContext('webgl2')"
    world.page.evaluate(f"window.loss = {context}.getExtension('WEBGL_lose_context'); loss.loseContext()")
    world.wait_for("server")
    world.page.wait_for_selector(".viewport img:not([hidden])")
    world.page.evaluate("loss.restoreContext()")
    world.wait_for("network")
    assert np.abs(world.globe() - world.served(f"lon=30&lat=20&size={SIZE}")).max(axis=-1).mean() < 1


def test_what_cannot_be_is_said(world: WorldVisit) -> None:
    world.open("#world?seed=-1")
    world.page.wait_for_selector(".tab-world .status[data-state=error]:has-text('out of range')")
    world.page.fill("#field-world-seed", "orion/7")
    world.page.keyboard.press("Enter")
    world.wait_for("maps", "network")
    world.page.click("[aria-label='Roll: seed or address']")
    world.page.wait_for_url(lambda url: query_of(url).get("seed") not in (["-1"], ["orion/7"]))
    world.wait_for("maps", "network")


@pytest.mark.parametrize("scheme", ["dark", "light"])
def test_everybody_can_use_it(world: WorldVisit, scheme: str) -> None:
    world.page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    world.open(PLACE)
    world.wait_for("maps")
    world.page.wait_for_selector(".tab-world .plate:not([hidden])")
    assert serious_faults(world.page) == []


def test_it_fits_a_small_phone(world: WorldVisit) -> None:
    world.page.set_viewport_size({"width": 360, "height": 740})
    world.open(PLACE)
    world.wait_for("maps")
    assert world.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    box = world.page.locator(".viewport").bounding_box()
    assert 260 <= box["width"] <= 360
    assert box["x"] >= 0
