"""three.js, Babylon.js and Phaser: their examples in headless Chromium, drawn by its software renderer."""

from __future__ import annotations

import contextlib
import io
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, sync_playwright

from tests.client.page_visits import CHROMIUM
from tests.engines.pictures import SIZE

_EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
_SOFTWARE = ["--no-sandbox", "--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"]
_CLOCK = """
  let time = 0; // ms, as the page sees it
  const next = window.requestAnimationFrame;
  window.requestAnimationFrame = (draw) => next(() => draw(time));
  performance.now = () => time;
  window.goOn = (duration) => { time += duration; };
"""
_SECONDS = 300


def missing(example: str) -> str | None:
    """Why an example of the web can't be drawn here."""
    if not (_EXAMPLES / example / "node_modules").is_dir() or shutil.which("node") is None:
        return f"npm install --prefix examples/{example} (Node 20.19 or newer)"
    return None if CHROMIUM else "install Chromium, or set CHROMIUM to its path"


def draw(example: str, planet: bytes | str, seconds: float = 0.0) -> Image.Image:
    """What an example shows of a planet.

    Args:
        example: Folder of `examples/`.
        planet: A GLB, or the URL of a gateway that has the example's own planet.
        seconds: How long it has turned, by the page's clock.
    """
    complaints: list[str] = []
    gateway = planet if isinstance(planet, str) else None
    with _served(example, gateway) as url, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=_SOFTWARE)
        page = browser.new_page(viewport={"width": SIZE, "height": SIZE})
        page.on("console", lambda one: complaints.append(one.text) if one.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.add_init_script(_CLOCK)
        if gateway is None:
            page.route("**/v1/worlds/**", lambda route: route.fulfill(body=planet, content_type="model/gltf-binary"))
        page.goto(url)
        picture = _settled(page, complaints)
        if seconds:
            page.evaluate("(duration) => goOn(duration)", 1000.0 * seconds)
            picture = _settled(page, complaints)
        browser.close()
    assert complaints == [], f"{example}: {complaints}"
    return picture


def _settled(page: Page, complaints: Sequence[str]) -> Image.Image:
    """What the page shows once that is something and doesn't change any more."""
    end = time.monotonic() + _SECONDS
    seen: list[bytes] = []
    while time.monotonic() < end:
        picture = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
        seen = [*seen[-2:], picture.tobytes()]
        if picture.getbbox() and len(seen) == 3 and len(set(seen)) == 1:
            return picture
    raise TimeoutError(f"{page.title()}: after {_SECONDS} s the picture is black or still changes: {complaints}")


@contextlib.contextmanager
def _served(example: str, gateway: str | None) -> Iterator[str]:
    """The URL of an example, as its `npm start` serves it."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = ["node", "node_modules/vite/bin/vite.js", "--host", "127.0.0.1", "--port", str(port), "--strictPort"]
    command.append("--bypass-lock")  # somebody may have it open
    environment = os.environ | ({"GATEWAY": gateway} if gateway else {})
    with subprocess.Popen(
        command,
        cwd=_EXAMPLES / example,
        env=environment,
        stdin=subprocess.PIPE,  # it ends with its input
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as server:
        try:
            told = [""]
            while "127.0.0.1" not in told[-1]:
                told.append(server.stdout.readline())
                assert told[-1], f"the server of examples/{example} ended: {''.join(told)}"
            yield f"http://127.0.0.1:{port}/"
        finally:
            server.terminate()
