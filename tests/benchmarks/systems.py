"""Statistics of star systems beside known ones, and how long one takes.

python -m tests.benchmarks.systems [--count 10000] [--plot docs/systems.webp]
"""

from __future__ import annotations

import argparse
import math
import statistics
import time
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw, ImageFont

from serving.latents import parse_seed
from serving.systems.system import system_of

_SIZE = (960, 600)
_LEFT, _RIGHT, _TOP, _BOTTOM = 70, 940, 20, 540
_DISTANCES, _MASSES = (0.005, 100.0), (0.002, 5000.0)
_COLORS = {
    "lava": "#ff5a36", "rock": "#8d8d8d", "desert": "#d08b4c", "venusian": "#e3c16f", "ocean": "#3f8fe0",
    "terran": "#46b36b", "tundra": "#9ac7c9", "ice": "#bcd3ea", "dwarf": "#6f6f6f", "gas dwarf": "#d9b38c",
    "ice giant": "#5d7fe8", "gas giant": "#c9a06a",
}  # fmt: skip
_OURS = {
    "Mercury": (0.387, 0.055), "Venus": (0.723, 0.815), "Earth": (1.0, 1.0), "Mars": (1.524, 0.107),
    "Jupiter": (5.203, 317.8), "Saturn": (9.54, 95.2), "Uranus": (19.19, 14.5), "Neptune": (30.07, 17.1),
}  # fmt: skip


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--plot", type=Path)
    options = parser.parse_args(arguments)
    times, systems = [], []
    for number in range(options.count):
        address = f"statistics/{number}"
        start = time.perf_counter()
        systems.append(system_of(parse_seed(address), address))
        times.append(1e3 * (time.perf_counter() - start))
    slowest = statistics.quantiles(times, n=100)[-1]
    print(f"{len(systems)} systems, {statistics.median(times):.2f} ms each, p99 {slowest:.2f} ms")
    for name, ours, known in figures(systems):
        print(f"| {name} | {ours} | {known} |")
    if options.plot:
        plot(systems).save(options.plot, quality=80)


def figures(systems: list[dict[str, Any]]) -> list[tuple[str, str, str]]:
    """What is measured, ours, and what is known of others."""
    sunlike = [one for one in systems if one["star"]["class"][0] in "FGK"]
    small = [one for one in systems if one["star"]["class"][0] in "GK"]

    def share(among: list[dict[str, Any]], fits: Any) -> str:
        return f"{sum(any(map(fits, one['planets'])) for one in among) / len(among):.0%}"

    def mean(among: list[dict[str, Any]], fits: Any) -> str:
        return f"{sum(sum(map(fits, one['planets'])) for one in among) / len(among):.2f}"

    ratios = [
        math.sqrt((outer["orbit"]["a_au"] / inner["orbit"]["a_au"]) ** 3)
        for one in sunlike
        for inner, outer in pairwise(one["planets"])
        if outer["orbit"]["period_d"] < 400
    ]
    eccentricities = [planet["orbit"]["e"] for one in systems for planet in one["planets"]]
    return [
        ("planets of a star", f"{sum(len(one['planets']) for one in systems) / len(systems):.1f}", "8 of the sun"),
        (
            "sunlike stars (F, G, K) with a giant of 0.3 to 10 Jupiters within 3 au",
            share(sunlike, lambda one: 95 <= one["mass_earth"] <= 3180 and one["orbit"]["a_au"] < 3),
            "10 % (Cumming 2008)",
        ),
        (
            "giants of 0.1 to 20 Jupiters from 2 to 8 au, for each sunlike star",
            mean(sunlike, lambda one: 30 <= one["mass_earth"] <= 6000 and 2 <= one["orbit"]["a_au"] <= 8),
            "0.14 (Fulton 2021)",
        ),
        (
            "sunlike stars with a giant within 0.1 au",
            share(sunlike, lambda one: one["mass_earth"] >= 50 and one["orbit"]["a_au"] < 0.1),
            "0.5 to 1.2 % (Howard 2012, Wright 2012)",
        ),
        (
            "sunlike stars with a planet of 1 to 4 radii of the earth within 0.5 au",
            share(sunlike, lambda one: 6371 <= one["radius_km"] <= 25484 and one["orbit"]["a_au"] < 0.5),
            "30 to 50 % (Fressin 2013, Zhu 2018)",
        ),
        (
            "rocky planets of 0.5 to 1.5 radii of the earth in the habitable zone, for each star of G and K",
            mean(
                small,
                lambda one: (
                    one["zone"] == "habitable" and one["atmosphere"] != "h2-he" and 3186 <= one["radius_km"] <= 9557
                ),
            ),
            "0.37 to 0.60 (Bryson 2021)",
        ),
        ("periods of neighbors within 400 days, median ratio", f"{statistics.median(ratios):.2f}", "about 2 (Kepler)"),
        (
            "eccentricity, median",
            f"{statistics.median(eccentricities):.3f}",
            "0.03 to 0.06 in systems of several planets (Van Eylen 2015)",
        ),
        (
            "systems with a belt",
            f"{sum(bool(one['belts']) for one in systems) / len(systems):.0%}",
            "20 % with dust of one that we see (Montesinos 2016)",
        ),
    ]


def plot(systems: list[dict[str, Any]]) -> Image.Image:
    """Masses over distances, both by powers of ten, and the sun's planets among them."""
    picture = Image.new("RGB", _SIZE, "#0b0e14")
    draw, font = ImageDraw.Draw(picture, "RGBA"), ImageFont.load_default(14)

    def place(distance: float, mass: float) -> tuple[float, float]:
        across = math.log(distance / _DISTANCES[0]) / math.log(_DISTANCES[1] / _DISTANCES[0])
        up = math.log(mass / _MASSES[0]) / math.log(_MASSES[1] / _MASSES[0])
        return _LEFT + across * (_RIGHT - _LEFT), _BOTTOM - up * (_BOTTOM - _TOP)

    for distance in (0.01, 0.1, 1, 10, 100):
        x, _ = place(distance, 1)
        draw.line([(x, _TOP), (x, _BOTTOM)], fill="#ffffff22")
        draw.text((x, _BOTTOM + 6), f"{distance:g}", fill="#c8ccd4", font=font, anchor="ma")
    for mass in (0.01, 0.1, 1, 10, 100, 1000):
        _, y = place(1, mass)
        draw.line([(_LEFT, y), (_RIGHT, y)], fill="#ffffff22")
        draw.text((_LEFT - 8, y), f"{mass:g}", fill="#c8ccd4", font=font, anchor="rm")
    for system in systems[:3000]:
        for planet in system["planets"]:
            x, y = place(planet["orbit"]["a_au"], planet["mass_earth"])
            draw.ellipse([x - 1.2, y - 1.2, x + 1.2, y + 1.2], fill=_COLORS[planet["class"]] + "a0")
    for name, (distance, mass) in _OURS.items():
        x, y = place(distance, mass)
        draw.ellipse([x - 4, y - 4, x + 4, y + 4], outline="white", width=2)
        draw.text((x + 8, y), name, fill="white", font=font, anchor="lm", stroke_width=2, stroke_fill="#0b0e14")
    draw.text((_LEFT + 10, _TOP + 4), "mass, the earth's is 1", fill="#c8ccd4", font=font)
    draw.text((_RIGHT, _BOTTOM - 20), "distance from the star, au", fill="#c8ccd4", font=font, anchor="ra")
    x = float(_LEFT)
    for name, color in _COLORS.items():
        draw.ellipse([x, 572, x + 9, 581], fill=color)
        draw.text((x + 13, 577), name, fill="#c8ccd4", font=font, anchor="lm")
        x += 24 + draw.textlength(name, font=font)
    return picture


if __name__ == "__main__":
    main()
