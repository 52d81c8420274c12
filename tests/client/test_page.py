"""Generate, and what all tabs share, in a headless Chromium, served by the true gateway."""

from __future__ import annotations

import hashlib
import json
import zipfile
from typing import TYPE_CHECKING

import pytest

from serving.gateway import create_app
from serving.gateway.config import GatewayConfig
from tests.client.page_visits import Studio, Visit, browser, needs_chromium, query_of, studio, studio_url, visit
from tests.client.servers import running

if TYPE_CHECKING:
    from playwright.sync_api import Browser

__all__ = ["browser", "studio", "studio_url", "visit"]  # fixtures

pytestmark = needs_chromium


def test_a_first_visit_shows_a_planet_and_dice_another(visit: Visit) -> None:
    visit.open()
    visit.wait_for_planets()
    seed, facts = visit.query["seed"], visit.facts
    assert visit.page.input_value("#field-seed") == seed[0]
    assert visit.query["model"] == ["painter"]
    assert visit.query["version"] == ["1"]
    scripts = {url.removeprefix(visit.url) for url in visit.requests if url.endswith(".js")}
    listed = visit.page.locator("link[rel=modulepreload]").evaluate_all(
        "all => all.map((one) => one.getAttribute('href'))"
    )
    assert scripts == {"/static/app.js", *listed}  # none is waited for twice

    visit.page.click(".tab-generate .dice")
    visit.page.wait_for_url(lambda url: query_of(url)["seed"] != seed)
    visit.wait_for_planets()
    assert visit.facts != facts

    visit.page.go_back()
    visit.page.wait_for_function("seed => document.querySelector('#field-seed').value === seed", arg=seed[0])
    visit.wait_for_planets()
    assert visit.facts == facts
    assert visit.complaints == []


def test_a_permalink_brings_the_same_planets_back(visit: Visit) -> None:
    visit.open("?seed=orion%2F7%2F3&count=4&size=512&format=webp")
    visit.wait_for_planets(4)
    assert visit.page.input_value("#field-seed") == "orion/7/3"
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
    assert visit.page.inner_text(".tab-generate .looks output") == "0.5"
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

    visit.page.fill("#field-seed", "add")  # a D typed into the field is no dice
    visit.page.press("#field-seed", "Enter")
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
    visit.page.keyboard.press("ArrowRight")
    visit.page.wait_for_function("() => document.querySelector('#viewer-title').textContent === 'orion/3'")
    visit.page.keyboard.press("ArrowLeft")
    visit.page.wait_for_function("() => document.querySelector('#viewer-title').textContent === 'orion/2'")

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
    assert visit.page.is_hidden(".tab-generate .kinds")


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


def test_a_mix_of_two_kinds_goes_into_the_picture_and_the_permalink(visit: Visit) -> None:
    visit.open("#generate?seed=7&model=tinter&version=1")
    visit.wait_for_planets()
    visit.page.select_option("[name=kind]", "mars")
    visit.page.select_option("[name=kind2]", "rust")
    visit.page.fill("[name=share]", "70")
    visit.page.wait_for_url(lambda url: "mars%3A0.7%2Crust%3A0.3" in url)
    visit.wait_for_planets()
    assert visit.facts.startswith("100 % Mars · Seed 7 ") or visit.facts.startswith("Mars · Seed 7 ")

    visit.page.reload()
    visit.wait_for_planets()
    assert visit.page.input_value("[name=kind2]") == "rust"
    assert visit.page.input_value("[name=share]") == "70"
    assert visit.complaints == []


def test_control_enter_draws_arrows_walk_and_the_past_is_kept(visit: Visit) -> None:
    visit.open("#generate?seed=first")
    visit.wait_for_planets()
    visit.page.fill("#field-seed", "second")
    visit.page.check("[name=count][value='4']", force=True)
    visit.page.keyboard.press("Control+Enter")
    visit.page.wait_for_url(lambda url: query_of(url) == {**query_of(url), "seed": ["second"], "count": ["4"]})
    visit.wait_for_planets(4)

    visit.page.focus(".tile >> nth=0")
    visit.page.keyboard.press("ArrowDown")
    assert visit.page.evaluate("document.activeElement.textContent") == "second/2"

    assert visit.page.locator(".history a").all_text_contents() == ["second ×4", "first"]
    visit.page.click(".history a >> text=first")
    visit.wait_for_planets()
    assert visit.query["seed"] == ["first"]
    assert visit.complaints == []


def test_many_come_as_a_zip_and_one_as_code(visit: Visit) -> None:
    visit.open("#generate?seed=orion&count=4&size=64")
    visit.wait_for_planets(4)
    with visit.page.expect_download() as download:
        visit.page.click("#plate-zip")
    with zipfile.ZipFile(download.value.path()) as archive:
        assert len([name for name in archive.namelist() if name.endswith(".png")]) == 4
        assert json.loads(archive.read("manifest.json"))["planets"][3]["address"] == "orion/3"

    visit.page.click("#plate summary")
    curl, python = visit.page.locator("#plate pre").all_text_contents()
    assert curl.startswith(f"curl -o 'orion_0.png' '{visit.url}/v1/planets/orion/0.png?model=painter&version=1&size=64")
    assert 'planets.planet("orion/0", model="painter", version=1, size=64)' in python
    assert visit.complaints == []


@pytest.mark.parametrize("scheme", ["dark", "light"])
def test_no_planets_glow_lies_over_the_tabs(visit: Visit, scheme: str) -> None:
    visit.page.emulate_media(color_scheme=scheme)
    visit.page.set_viewport_size({"width": 1440, "height": 800})
    visit.open()
    visit.wait_for_planets()
    # As large as a model of 128 px has it.
    visit.page.eval_on_selector("#panel-generate", "panel => panel.style.setProperty('--largest', '1024px')")
    for tab in visit.page.get_by_role("tab").all():
        tab.click(trial=True)


def test_tabs_go_by_keyboard_and_by_hash(visit: Visit) -> None:
    visit.open("#models")
    visit.page.wait_for_selector(".entry >> nth=4")
    assert visit.page.get_attribute("#tab-models", "aria-selected") == "true"
    visit.page.focus("#tab-models")
    visit.page.keyboard.press("ArrowRight")
    visit.wait_for_planets()
    assert visit.page.evaluate("document.activeElement.id") == "tab-generate"
    assert visit.page.is_hidden("#panel-models")
    visit.page.go_back()
    visit.page.wait_for_selector("#panel-models:not([hidden])")
    assert visit.complaints == []


def test_a_key_is_asked_for_once(browser: Browser) -> None:
    config = GatewayConfig(api_keys=frozenset([hashlib.sha256(b"open sesame").hexdigest()]))
    with running(create_app(Studio(), config)) as url:
        page = browser.new_page()
        visit = Visit(page, url)
        visit.open("#generate?seed=7")
        page.fill("#key-input", "wrong")
        page.keyboard.press("Enter")
        page.wait_for_selector("text=The API key is not known")
        page.fill("#key-input", "open sesame")
        page.keyboard.press("Enter")
        visit.wait_for_planets()
        with page.expect_download() as download:
            page.click("#plate-download")
        assert download.value.suggested_filename == "7.png"
        page.reload()
        visit.wait_for_planets()
        assert page.locator("#key-input").count() == 0
        page.close()
