"""How soon the page shows its first planet: `python -m tests.benchmarks.page http://127.0.0.1:8000`, a warm gateway.

Each visit is a first one, in a Chromium with an empty cache. The times are the browser's own, from the start of the
navigation and from the end of the document's load.
"""

from __future__ import annotations

import argparse
import statistics
from collections.abc import Sequence

from playwright.sync_api import sync_playwright

from tests.client.page_visits import CHROMIUM, QUIET

VISITS = 9
_WATCH = """
  new MutationObserver(() => {
    const picture = document.querySelector(".tile[data-state=shown] img");
    if (picture?.naturalWidth) window.shownAt ??= performance.now();
  }).observe(document, { subtree: true, childList: true, attributes: true });
"""
_TIMES = "() => [shownAt, shownAt - performance.getEntriesByType('navigation')[0].loadEventEnd]"


def main(arguments: Sequence[str] | None = None) -> None:
    """Prints medians and worst of `VISITS` visits, after one that isn't counted."""
    parser = argparse.ArgumentParser("python -m tests.benchmarks.page", description="Times the page's first planet.")
    parser.add_argument("url", help="of a gateway")
    url = parser.parse_args(arguments).url
    times = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        for _ in range(VISITS + 1):
            page = browser.new_page(viewport={"width": 1440, "height": 900})
            page.add_init_script(_WATCH)
            page.goto(url)
            page.wait_for_function("() => window.shownAt")
            times.append(page.evaluate(_TIMES))
            page.close()
        browser.close()
    for name, values in zip(("navigation", "load"), zip(*times[1:], strict=True), strict=True):
        print(f"first planet {statistics.median(values):.0f} ms after {name} (worst {max(values):.0f} ms)")


if __name__ == "__main__":
    main()
