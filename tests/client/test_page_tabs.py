"""Morph, Classify, Translate and Models in a headless Chromium, and whether everybody can use them."""

from __future__ import annotations

import io
import re
from collections import Counter
from importlib import resources

import pytest
from PIL import Image, PngImagePlugin

from tests.client.page_visits import (
    Visit,
    browser,
    needs_chromium,
    serious_faults,
    studio,
    studio_url,
    visit,
)

__all__ = ["browser", "studio", "studio_url", "visit"]  # fixtures

pytestmark = needs_chromium


def test_no_tab_styles_what_is_another_tabs() -> None:
    """Sheets stay when another tab is opened, so the first class of a selector must be of one sheet alone."""
    sheets = [
        one.read_text() for one in resources.files("client").joinpath("web/tabs").iterdir() if one.suffix == ".css"
    ]
    assert len(sheets) > 3
    styled = Counter(name for sheet in sheets for name in set(re.findall(r"^\s*\.([\w-]+)", sheet, re.MULTILINE)))
    assert [name for name, count in styled.items() if count > 1] == []


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


def test_what_was_seen_before_is_not_said_of_the_next_picture(visit: Visit) -> None:
    visit.open("#classify")
    visit.page.wait_for_selector(".bar-row")
    visit.page.set_input_files(".tab-classify .file", _picture("blue"))
    visit.page.wait_for_selector("text=This looks like Blue.")
    visit.page.evaluate("() => { Blob.prototype.arrayBuffer = () => new Promise(() => {}); }")  # a file that takes long
    visit.page.set_input_files(".tab-classify .file", _picture("red"))
    visit.page.wait_for_selector("text=Looking…")
    assert visit.page.locator(".bar-row").count() == 0
    assert visit.page.locator("text=This looks like").count() == 0


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
        "galaxy": ".galaxy[data-view]",
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
