"""Galaxy, Morph, Classify, Translate and Models in a headless Chromium, and whether everybody can use them."""

from __future__ import annotations

import io

import pytest
from PIL import Image, PngImagePlugin

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


def test_the_galaxy_goes_on_with_six_requests_at_most_and_cancels_what_left(visit: Visit, studio: Studio) -> None:
    visit.open("#galaxy")
    visit.page.wait_for_selector(".body[data-state=shown]")
    studio.gate.clear()  # what is asked for now stays under way
    visit.page.focus(".galaxy")
    visit.page.keyboard.press("Shift+ArrowRight")
    visit.page.wait_for_selector(".body:not([data-state])")
    with visit.page.expect_event("requestfailed"):
        for _ in range(6):
            visit.page.keyboard.press("Shift+ArrowRight")
    studio.gate.set()
    assert visit.aborted > 0

    seen: set[str] = set()
    visit.page.mouse.move(720, 450)
    for _ in range(100):
        seen.update(visit.page.evaluate("[...document.querySelectorAll('.body')].map((one) => one.dataset.address)"))
        if len(seen) >= 500:
            break
        before = visit.page.inner_text(".place .facts")
        visit.page.mouse.wheel(0, 700)
        moved = "before => document.querySelector('.place .facts').textContent !== before"
        visit.page.wait_for_function(moved, arg=before)
    assert len(seen) >= 500
    visit.page.wait_for_function("() => !document.querySelector('.body:not([data-state])')")
    assert 1 < visit.most_in_flight <= 6
    assert visit.complaints == []


def test_a_planet_of_the_galaxy_opens_large_and_in_generate(visit: Visit) -> None:
    visit.open("#galaxy?name=andromeda&x=3&y=-4")
    visit.page.wait_for_selector(".body.target[data-state=shown]")
    address = visit.page.get_attribute(".body.target", "data-address")
    assert address.startswith("andromeda/")
    visit.page.focus(".galaxy")
    visit.page.keyboard.press("Enter")
    visit.page.wait_for_selector("#viewer-facts:has-text('Seed')")
    assert visit.page.inner_text("#viewer-title") == address
    visit.page.click("#viewer-use")
    visit.wait_for_planets()
    assert visit.query["seed"] == [address]

    visit.page.go_back()
    visit.page.wait_for_selector(f".body[data-address='{address}'][data-state=shown]")
    assert visit.complaints == []


def test_the_galaxy_is_dragged_and_its_place_kept(visit: Visit) -> None:
    visit.page.emulate_media(reduced_motion="reduce")  # no drift after the throw
    visit.open("#galaxy")
    visit.page.wait_for_selector(".body[data-state=shown]")
    visit.page.mouse.move(900, 500)
    visit.page.mouse.down()
    visit.page.mouse.move(670, 500, steps=4)
    visit.page.mouse.up()
    visit.page.wait_for_url(lambda url: query_of(url).get("x") == ["1"])
    assert visit.page.inner_text(".place .facts") == "galaxy 1 : 0"
    assert visit.page.locator("dialog[open]").count() == 0
    assert visit.complaints == []


def test_a_morph_is_scrubbed_played_and_downloaded(visit: Visit) -> None:
    visit.page.emulate_media(reduced_motion="reduce")  # it does not play by itself
    visit.open("#morph?from=orion&to=lyra&frames=12")
    visit.page.wait_for_selector(".scrub:not(:disabled)")
    frame = "document.querySelector('.morphing').toDataURL()"
    first = visit.page.evaluate(frame)
    visit.page.fill(".scrub", "11")
    last = visit.page.evaluate(frame)
    visit.page.fill(".scrub", "0")
    assert visit.page.evaluate(frame) == first != last

    visit.page.click("[aria-label=Play]")
    visit.page.wait_for_function("() => document.querySelector('.scrub').value !== '0'")
    visit.page.click("[aria-label=Pause]")
    with visit.page.expect_download() as download:
        visit.page.click("text=Download WebP")
    with Image.open(download.value.path()) as animation:
        assert animation.n_frames == 22  # there and back
    assert visit.complaints == []


def test_a_picture_is_classified(visit: Visit) -> None:
    visit.open("#classify")
    visit.page.wait_for_selector(".bar-row")  # an example
    visit.page.set_input_files(".tab-classify .file", _picture("blue"))
    visit.page.wait_for_selector("text=This looks like Blue.")
    assert visit.page.locator(".bar-row span").all_text_contents()[0] == "Blue"
    assert visit.page.locator(".bar-row.realness").count() == 1
    assert visit.page.is_hidden(".origin")
    assert visit.complaints == []


@pytest.mark.parametrize("address", ["orion/7/3", "Ωρίων"])  # as tEXt and as iTXt
def test_a_planet_from_here_is_recognized_by_its_texts(visit: Visit, address: str) -> None:
    about = {"seed": "1", "address": address, "model": "painter", "version": "1", "temperature": "0.5"}
    visit.open("#classify")
    visit.page.wait_for_selector(".bar-row")
    visit.page.set_input_files(".tab-classify .file", _picture("red", Software="Planet Generator", **about))
    visit.page.wait_for_selector(f"text=Drawn here: {address}")
    visit.page.click(".origin button")
    visit.wait_for_planets()
    assert visit.query == {"seed": [address], "model": ["painter"], "version": ["1"], "temperature": ["0.5"]}
    assert visit.complaints == []


def test_a_picture_is_translated_and_compared(visit: Visit) -> None:
    visit.open("#translate")
    visit.page.wait_for_selector("[name=translator] option", state="attached")
    visit.page.set_input_files(".tab-translate .file", _picture("red"))
    visit.page.wait_for_selector(".compare:not([hidden])")
    visit.page.fill(".compare input", "20")
    assert visit.page.evaluate("document.querySelector('.compare').style.getPropertyValue('--at')") == "20%"
    with visit.page.expect_download() as download:
        visit.page.click(".tab-translate .actions button")
    with Image.open(download.value.path()) as translated:
        red, _, blue = translated.convert("RGB").getpixel((translated.width // 2, translated.height // 2))
    assert blue > red
    assert visit.complaints == []


@pytest.mark.parametrize("scheme", ["dark", "light"])
def test_everybody_can_use_every_tab(visit: Visit, scheme: str) -> None:
    visit.page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    for tab, ready in {
        "generate": "#plate:not([hidden])",
        "galaxy": ".body[data-state=shown]",
        "morph": ".scrub:not(:disabled)",
        "classify": ".bar-row",
        "translate": "[name=translator]",
        "models": ".sample:not([hidden])",
    }.items():
        visit.open(f"#{tab}")
        visit.page.wait_for_selector(ready)
        assert serious_faults(visit.page) == [], tab


@pytest.mark.parametrize("tab", ["generate", "galaxy", "morph", "classify", "translate", "models"])
def test_every_tab_fits_a_small_phone(visit: Visit, tab: str) -> None:
    visit.page.set_viewport_size({"width": 360, "height": 740})
    visit.open(f"#{tab}")
    visit.page.wait_for_selector(f"#panel-{tab}:not([hidden]) > *")
    assert visit.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert visit.complaints == []


def _picture(color: str, **texts: str) -> dict[str, object]:
    """A picture to upload, with text chunks."""
    chunks = PngImagePlugin.PngInfo()
    for keyword, text in texts.items():
        chunks.add_text(keyword, text)
    file = io.BytesIO()
    Image.new("RGB", (32, 32), color).save(file, "PNG", pnginfo=chunks)
    return {"name": "picture.png", "mimeType": "image/png", "buffer": file.getvalue()}
