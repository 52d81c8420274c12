"""A backend without a model that does every task, for tests of the whole API."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from tests.serving.fake_backend import SeeingBackend, fake_version


class WholeBackend(SeeingBackend):
    """Sees as `SeeingBackend`, and paints discs, 32 px, of earth, mars and their mixes: planets as `painter`, and as
    `world` worlds, of which no side differs from another."""

    def __init__(self) -> None:
        super().__init__()
        kinds = {"class_names": ["earth", "mars"], "archetypes": {"desert": {"earth": 0.1, "mars": 0.9}}}
        card = {"image_size": {"width": 32, "height": 32}, "latent_size": 4, **kinds}
        self.versions.append(fake_version("painter", **card))
        shader = {
            "glsl": "void surface(vec3 point, float footprint, out vec3 albedo, out float height) { }",
            "radius": 0.9,
        }
        shader |= {"steepest": 0.4, "textures": {"field": [3, 18], "details": [2, 12]}}
        spins = {"sizes": [32], "views": 12}
        self.versions.append(
            fake_version(
                "world",
                **card,
                world={
                    "sizes": [32],
                    "map": [1024, 2048],
                    "heights": True,
                    "sights": True,
                    "spins": spins,
                },
                shader=shader,
            )
        )

    def predict(
        self, name: str, inputs: Mapping[str, np.ndarray], *, signature: str = "serving_default", **options: Any
    ) -> dict[str, np.ndarray]:
        if "latent" not in inputs:
            return super().predict(name, inputs, signature=signature, **options)
        if signature in ("shader", "network"):
            lengths = {"axes": 3, "ambient": 1, "limb": 1, "shine": 1, "rim": 3, "haze": 1, "relief": 1, "numbers": 8}
            told = {key: np.ones((len(inputs["latent"]), length), np.float32) for key, length in lengths.items()}
            rows = len(inputs["latent"])
            own = inputs["latent"][:, :1] + inputs.get("kind", np.zeros((rows, 1)))[:, :1]
            field = np.tile(np.float16(own).view(np.uint16)[:, None, None, None], (1, 6, 3, 3, 4))
            details = np.ones((rows, 6, 2, 2, 4), np.uint8)
            return {**told, "field": field, "details": details, "numbers": told["numbers"] * inputs["latent"][:, :1]}
        if signature == "sight":
            return {name: np.ones((len(inputs["latent"]), 3), np.float32) for name in ("view", "sun")}
        hues = inputs["kind"] @ np.array([[0, 0, 60], [60, 0, 0]])  # (B, 3)
        colors = np.uint8(128 + 60 * np.tanh(inputs["latent"][:, :3]) + hues)[:, None, None]
        if signature == "map":
            image = np.tile(colors, (1, 1024, 2048, 1))
            relief = {"height": np.uint16(256) * image[..., 0], "heights": np.float32([[-0.1, 0.1]] * len(colors))}
            return {"image": image, "axes": np.ones((len(colors), 3), np.float32), "normal": image, **relief}
        y, x = np.mgrid[-1:1:32j, -1:1:32j]
        disc = np.uint8((x**2 + y**2) < 0.8)[None, :, :, None]  # (1, 32, 32, 1)
        if signature in ("render_32", "spin_32"):
            alpha = np.tile(255 * disc, (len(colors), 1, 1, 1))
            image = np.concatenate([np.tile(colors, (1, 32, 32, 1)), alpha], axis=-1)
            return {"image": image if signature == "render_32" else np.repeat(image[:, None], 12, axis=1)}
        return {"image": disc * colors}
