"""Air as engines take it: colors, heights and densities, from a body's gases, gravity and temperature.

Rayleigh's scattering is that of the earth's air, times how many molecules there are and how much each of them
scatters; aerosols, which scatter all colors alike and are tinted by what they are made of, are a table's. The earth's
coefficients are those that engines begin with (Bruneton & Neyret 2008, "Precomputed Atmospheric Scattering").
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence
from typing import Any

_RAYLEIGH = (0.005802, 0.013558, 0.0331)  # red, green and blue scattered in 1 km of the earth's air at 288 K
_MIE, _MIE_ABSORBED = 0.003996, 0.000444  # in 1 km, by the aerosols of the earth
_ANISOTROPY = 0.8
_EARTHS_KELVINS = 288.0
_GAS_CONSTANT = 8.314  # J/(mol K)
_G = 9.80665  # m/s²
_BAR = 1e5  # Pa
_THIN = math.log(1000.0)  # scale heights above which less than a thousandth is left
_GODOTS_RAYLEIGH = 2.0  # its default
_SKY_MIE = 0.005  # that of the earth in three.js' `Sky`


@dataclasses.dataclass(frozen=True)
class _Gas:
    """An air of `serving.systems.bodies`.

    Attributes:
        bar: Pressure at the ground; of what has no ground, or hides it, at the clouds' tops, which maps show.
        molar_g: Of a mole of it, in g.
        scatters: Rayleigh's scattering of a molecule; the earth's air is 1.
        aerosols: Of the earth's.
        aerosol_km: Scale height of these; the air's own if None.
        tint: Color of what aerosols scatter, linear, 0..1.
        ozone: Whether there is a layer that takes the green and red out of evenings.
    """

    bar: float
    molar_g: float
    scatters: float
    aerosols: float
    aerosol_km: float | None
    tint: tuple[float, float, float]
    ozone: bool = False


_GASES: Mapping[str, _Gas] = {
    "n2-o2": _Gas(1.0, 29.0, 1.0, 1.0, 1.2, (0.9, 0.9, 0.9), ozone=True),
    "n2-co2": _Gas(1.2, 30.0, 1.2, 2.0, 1.5, (0.95, 0.88, 0.78)),
    "co2": _Gas(0.1, 43.0, 2.4, 12.0, 4.0, (0.98, 0.85, 0.55)),
    "thin co2": _Gas(0.006, 43.5, 2.4, 4.0, None, (0.8, 0.52, 0.32)),
    "thin n2": _Gas(1e-5, 28.0, 1.0, 0.1, None, (0.6, 0.75, 1.0)),
    "h2-he": _Gas(1.0, 2.3, 0.15, 0.5, 10.0, (0.95, 0.88, 0.78)),
    "rock vapor": _Gas(0.1, 40.0, 2.0, 8.0, 5.0, (1.0, 0.45, 0.18)),
}


def air_of(body: Mapping[str, Any]) -> dict[str, Any] | None:
    """The atmosphere of a body as `serving.systems` tells it, in general and by engine; None without any."""
    if body["atmosphere"] == "none":
        return None
    gas = _GASES[body["atmosphere"]]
    kelvins = body["temperature_k"]
    scale_m = _GAS_CONSTANT * kelvins / (gas.molar_g / 1000.0 * _G * body["gravity_g"])
    molecules = gas.bar * _EARTHS_KELVINS / kelvins
    rayleigh = [one * molecules * gas.scatters for one in _RAYLEIGH]
    mie = [_MIE * gas.aerosols * one for one in gas.tint]
    absorbed = _MIE_ABSORBED * gas.aerosols
    air_km = scale_m / 1000.0
    mie_km = air_km if gas.aerosol_km is None else gas.aerosol_km
    height_km = _THIN * max(air_km, mie_km)
    seen = [-math.expm1(-(of_air * air_km + of_mie * mie_km)) for of_air, of_mie in zip(rayleigh, mie, strict=True)]
    return {
        "gases": body["atmosphere"],
        "color": _srgb([one / max(seen) for one in seen]),
        "height_km": _short(height_km),
        "scale_height_km": _short(air_km),
        "pressure_bar": gas.bar,
        "density_kg_m3": _short(gas.bar * _BAR * gas.molar_g / 1000.0 / (_GAS_CONSTANT * kelvins)),
        "opacity": [_short(one) for one in seen],
        "three": _three(rayleigh, gas),
        "godot": _godot(rayleigh, gas),
        "unity": _unity(rayleigh, air_km, mie, absorbed, mie_km, gas, body["radius_km"]),
        "unreal": _unreal(rayleigh, air_km, mie, absorbed, mie_km, height_km, gas, body["radius_km"]),
    }


def _three(rayleigh: Sequence[float], gas: _Gas) -> dict[str, Any]:
    """Uniforms of `three/addons/objects/Sky.js`."""
    return {
        "rayleigh": _short(rayleigh[2] / _RAYLEIGH[2]),
        "turbidity": _short(min(1.0 + gas.aerosols, 20.0)),
        "mieCoefficient": _short(_SKY_MIE * min(gas.aerosols, 20.0)),
        "mieDirectionalG": _ANISOTROPY,
    }


def _godot(rayleigh: Sequence[float], gas: _Gas) -> dict[str, Any]:
    """Properties of `PhysicalSkyMaterial`, which is of the same model."""
    sky = _three(rayleigh, gas)
    return {
        "rayleigh_coefficient": _short(_GODOTS_RAYLEIGH * sky["rayleigh"]),
        "mie_coefficient": sky["mieCoefficient"],
        "mie_eccentricity": _ANISOTROPY,
        "mie_color": list(gas.tint),
        "turbidity": sky["turbidity"],
    }


def _unity(
    rayleigh: Sequence[float],
    air_km: float,
    mie: Sequence[float],
    absorbed: float,
    mie_km: float,
    gas: _Gas,
    radius_km: float,
) -> dict[str, Any]:
    """Properties of the `PhysicallyBasedSky` of the High Definition Render Pipeline, `type` Custom; densities are
    opacities at the zenith, lengths in meters."""
    red, green, blue = (_short(-math.expm1(-one * air_km)) for one in rayleigh)
    return {
        "planetaryRadius": 1000.0 * radius_km,
        "airDensityR": red,
        "airDensityG": green,
        "airDensityB": blue,
        "airMaximumAltitude": _short(1000.0 * _THIN * air_km),
        "aerosolDensity": _short(-math.expm1(-(max(mie) + absorbed) * mie_km)),
        "aerosolMaximumAltitude": _short(1000.0 * _THIN * mie_km),
        "aerosolTint": list(gas.tint),
        "aerosolAnisotropy": _ANISOTROPY,
    }


def _unreal(
    rayleigh: Sequence[float],
    air_km: float,
    mie: Sequence[float],
    absorbed: float,
    mie_km: float,
    height_km: float,
    gas: _Gas,
    radius_km: float,
) -> dict[str, Any]:
    """Properties of `SkyAtmosphereComponent`; lengths in km, colors linear, per km once times their scales."""
    return {
        "BottomRadius": radius_km,
        "AtmosphereHeight": _short(height_km),
        "RayleighScatteringScale": _short(rayleigh[2]),
        "RayleighScattering": [_short(one / rayleigh[2]) for one in rayleigh],
        "RayleighExponentialDistribution": _short(air_km),
        "MieScatteringScale": _short(max(mie)),
        "MieScattering": [_short(one / max(mie)) for one in mie],
        "MieAbsorptionScale": _short(absorbed),
        "MieAnisotropy": _ANISOTROPY,
        "MieExponentialDistribution": _short(mie_km),
        "OtherAbsorptionScale": 0.001881 if gas.ozone else 0.0,
    }


def _srgb(linear: Sequence[float]) -> str:
    encoded = (12.92 * one if one <= 0.0031308 else 1.055 * one ** (1 / 2.4) - 0.055 for one in linear)
    return "#" + "".join(f"{round(255 * one):02x}" for one in encoded)


def _short(value: float) -> float:
    return float(f"{value:.4g}")
