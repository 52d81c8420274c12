"""Real SavedModels under contract 2, small enough to write and load in a fraction of a second."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

LATENT_SIZE = 8
IMAGE_SIZE = 16  # px, both sides


def write_tiny_generator(
    saved_models: Path, name: str, version: int, class_names: Sequence[str] = (), image_size: int = IMAGE_SIZE
) -> Path:
    """Writes `saved_models/NAME/VERSION/`, a generator with random weights, and its card.

    Args:
        saved_models: Folder to write below; made if missing.
        name: Model name.
        version: Version number; it seeds the weights too, so two versions draw different pictures.
        class_names: Kinds of a conditional generator; unconditional if empty.
        image_size: Width and height of the pictures, px.

    Returns:
        The folder written.
    """
    import tensorflow as tf

    folder = saved_models / name / str(version)
    module = _generator(version, len(class_names), image_size)
    signature = module.generate.get_concrete_function()
    tf.saved_model.save(module, folder, signatures={"serving_default": signature, "generate": signature})
    write_card(folder, tiny_card(name, version, class_names, image_size))
    return folder


def write_tiny_classifier(saved_models: Path, name: str, version: int, **card: Any) -> Path:
    """Writes a classifier of 16 px pictures as red, green or blue: the softmax of their mean levels, divided by 32."""
    import tensorflow as tf

    def classify(image: tf.Tensor) -> dict[str, tf.Tensor]:
        return {"probabilities": tf.nn.softmax(tf.reduce_mean(tf.cast(image, tf.float32), axis=[1, 2]) / 32.0)}

    card = {"class_names": ["red", "green", "blue"], "unknown_below": 0.5, **card}
    return _write_picture_model(saved_models, name, version, classify, 16, card)


def write_tiny_discriminator(saved_models: Path, name: str, version: int, **card: Any) -> Path:
    """Writes a discriminator of 16 px pictures to which the mean level, divided by 255, is realness."""
    import tensorflow as tf

    def discriminate(image: tf.Tensor) -> dict[str, tf.Tensor]:
        return {"realness": tf.reduce_mean(tf.cast(image, tf.float32), axis=[1, 2, 3]) / 255.0}

    return _write_picture_model(saved_models, name, version, discriminate, 16, card)


def write_tiny_translator(saved_models: Path, name: str, version: int, **card: Any) -> Path:
    """Writes a translator of pictures 24 px wide and 16 px high that swaps red and blue."""
    import tensorflow as tf

    def translate(image: tf.Tensor) -> dict[str, tf.Tensor]:
        return {"image": tf.reverse(image, axis=[3])}

    return _write_picture_model(
        saved_models, name, version, translate, 24, {"source": "mars", "target": "earth", **card}
    )


def write_tiny_world(saved_models: Path, name: str, version: int, **card: Any) -> Path:
    """Writes a world of 16 and 32 px: a disc, its red by the latent, green by the longitude, as bright as the sun is
    near; the left half of its map is red, its normals are straight, and its shader's color is all it reads. Where its
    `world` has `sights`, the latent's last numbers choose from where planets are seen, else they are from the front."""
    import tensorflow as tf

    folder = saved_models / name / str(version)
    together, sighted = (card.get("world", {}).get(name) for name in ("heights", "sights"))
    glsl = """layout(std140) uniform Network { vec4 network[1]; };
uniform vec4 world[1];
uniform sampler2D field;
uniform sampler2D details;
void surface(vec3 point, float footprint, out vec3 albedo, out float height) {
  albedo = world[0].rgb + texelFetch(details, ivec2(0), 0).rgb;
  height = 0.0 * network[0].x * texelFetch(field, ivec2(0), 0).x;
}"""
    world = {
        "class_names": ["earth", "mars"],
        "world": {"sizes": [16, 32], "map": [8, 16]},
        "shader": {
            "glsl": glsl,
            "radius": 0.9,
            "steepest": 0.4,
            "textures": {"field": [3, 18], "details": [2, 12]},
        },
        **card,
    }
    lengths = {"latent": LATENT_SIZE, "kind": 2, "view": 3, "sun": 3}
    specs = [tf.TensorSpec([None, length], tf.float32, name=name) for name, length in lengths.items()]

    def seen(latent: tf.Tensor, view: tf.Tensor, sun: tf.Tensor, size: int) -> tf.Tensor:
        light = tf.maximum(sun[:, 2:], 0.0)
        red, green = tf.sigmoid(latent[:, :1]), 0.5 + 0.5 * tf.cos(view[:, :1] * math.pi / 180.0)
        blue = 0.5 + view[:, 1:2] / 180.0
        levels = tf.round(255.0 * light * tf.concat([red, green, blue], axis=1))[:, None, None, :]
        place = tf.abs(tf.range(size, dtype=tf.float32) - (size - 1) / 2.0)
        disc = tf.cast(place[None, :] ** 2 + place[:, None] ** 2 <= (size * 0.45) ** 2, tf.float32)
        alpha = 255.0 * tf.tile(disc[None, :, :, None], [tf.shape(latent)[0], 1, 1, 1])
        return tf.cast(tf.concat([levels + 0.0 * alpha, alpha], axis=-1), tf.uint8)

    def sight(latent: tf.Tensor) -> dict[str, tf.Tensor]:
        chances = tf.tanh(latent[:, -3:]) if sighted else 0.0 * latent[:, -3:]
        return {"view": chances * [170.0, 60.0, 0.0], "sun": chances * [0.0, 0.0, 0.5] + [0.0, 0.0, 1.0]}

    def generate(latent: tf.Tensor, kind: tf.Tensor) -> dict[str, tf.Tensor]:
        return {"image": seen(latent, *sight(latent).values(), 16)[..., :3]}

    def render(size: int) -> Any:
        return tf.function(lambda latent, kind, view, sun: {"image": seen(latent, view, sun, size)}, specs)

    def surface(latent: tf.Tensor, kind: tf.Tensor) -> dict[str, tf.Tensor]:
        left = tf.concat([tf.ones([8, 8]), tf.zeros([8, 8])], axis=1)
        red = 255.0 * tf.sigmoid(latent[:, 0])[:, None, None] * left
        image = tf.cast(tf.stack([red, 0.0 * red, 0.0 * red], axis=-1), tf.uint8)
        rows = tf.shape(latent)[0]
        ramp = tf.cast(tf.range(8 * 16) * 500, tf.uint16)
        of_relief = {
            "normal": normal(latent, kind)["image"],
            "height": tf.tile(tf.reshape(ramp, (1, 8, 16)), [rows, 1, 1]),
            "heights": tf.tile([[-0.02, 0.03]], [rows, 1]),
        }
        return {
            "image": image,
            "axes": tf.tile([[1.0, 0.5, 0.75]], [rows, 1]),
            **(of_relief if together else {}),
        }

    def normal(latent: tf.Tensor, kind: tf.Tensor) -> dict[str, tf.Tensor]:
        straight = tf.constant([128, 128, 255], tf.uint8)
        return {"image": tf.tile(straight[None, None, None], [tf.shape(latent)[0], 8, 16, 1])}

    def shader(latent: tf.Tensor, kind: tf.Tensor) -> dict[str, tf.Tensor]:
        looks = {"axes": [1.0, 0.5, 0.75], "ambient": [0.1], "limb": [1.0], "shine": [0.0]}
        looks |= {"rim": [0.2, 0.4, 0.8], "haze": [0.5], "relief": [0.1]}
        rows = {key: tf.tile([values], [tf.shape(latent)[0], 1]) for key, values in looks.items()}
        halves = tf.tile(tf.reshape(latent[:, :4], (-1, 1, 1, 1, 4)), [1, 6, 3, 3, 1])
        field = tf.bitcast(tf.cast(halves, tf.float16), tf.uint16)
        return {"numbers": tf.sigmoid(latent[:, :4]), "field": field, **rows}

    def network(latent: tf.Tensor) -> dict[str, tf.Tensor]:
        rows = tf.shape(latent)[0]
        details = tf.reshape(tf.cast(tf.range(6 * 2 * 2 * 4), tf.uint8), (1, 6, 2, 2, 4))
        weights = tf.constant([[1.0, -2.0, 3.0, 0.5]])
        return {"numbers": tf.repeat(weights, rows, axis=0), "details": tf.repeat(details, rows, axis=0)}

    functions = {"generate": tf.function(generate, specs[:2])}
    functions |= {f"render_{size}": render(size) for size in world["world"]["sizes"]}
    functions |= {"map": tf.function(surface, specs[:2])}
    functions |= {"sight": tf.function(sight, specs[:1])} if sighted else {}
    functions |= {} if together else {"normal": tf.function(normal, specs[:2])}
    functions |= {"shader": tf.function(shader, specs[:2]), "network": tf.function(network, specs[:1])}
    tf.saved_model.save(tf.Module(), folder, signatures={"serving_default": functions["generate"], **functions})
    write_card(folder, {**tiny_card(name, version), **world})
    return folder


def _write_picture_model(
    saved_models: Path, name: str, version: int, function: Callable[..., Any], width: int, card: dict[str, Any]
) -> Path:
    """Writes a function of `image` u8 [B, 16, width, 3]; its name is its signature and the card's task."""
    import tensorflow as tf

    folder = saved_models / name / str(version)
    module = tf.Module()
    module.function = tf.function(function, input_signature=[tf.TensorSpec([None, 16, width, 3], tf.uint8, "image")])
    signature = module.function.get_concrete_function()
    tf.saved_model.save(module, folder, signatures={"serving_default": signature, function.__name__: signature})
    size = {"width": width, "height": 16}
    write_card(folder, {**tiny_card(name, version), "task": function.__name__, "image_size": size, **card})
    return folder


def tiny_card(name: str, version: int, class_names: Sequence[str] = (), image_size: int = IMAGE_SIZE) -> dict[str, Any]:
    """The card of a tiny generator, every key filled in."""
    return {
        "name": name,
        "version": version,
        "description": f"A {image_size} px generator with random weights, for tests.",
        "task": "generate",
        "image_size": {"width": image_size, "height": image_size},
        "latent_size": LATENT_SIZE,
        "class_names": list(class_names),
        "archetypes": {"desert": {"mars": 0.5, "sun": 0.5}} if {"mars", "sun"} <= set(class_names) else {},
        "training_data": {"source": "none", "license": "none", "pictures": 0, "classes": list(class_names)},
        "recipe": {"architecture": "dense"},
        "seed": version,
        "images_seen": 0,
        "wall_time_s": 0.0,
        "hardware": "none",
        "metrics": {},
        "tensorflow": "2.20.0",
        "keras": "none",
        "output_license": "CC0-1.0",
        "created": "2025-01-01T00:00:00+00:00",
    }


def write_card(folder: Path, card: dict[str, Any]) -> None:
    """Writes `folder/assets.extra/card.json`."""
    path = folder / "assets.extra" / "card.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(card), encoding="utf-8")


def _generator(seed: int, kinds: int, image_size: int) -> Any:
    """A `tf.Module` whose `generate` maps latents (and kinds) to uint8 pictures through one dense layer."""
    import tensorflow as tf

    pixels = image_size * image_size * 3
    module = tf.Module()
    weights = tf.random.stateless_normal([LATENT_SIZE + kinds, pixels], seed=[seed, kinds])
    module.weights = tf.Variable(weights, name="weights")
    latent_spec = tf.TensorSpec([None, LATENT_SIZE], tf.float32, name="latent")
    kind_spec = tf.TensorSpec([None, kinds], tf.float32, name="kind")

    def draw(features: tf.Tensor) -> dict[str, tf.Tensor]:
        levels = (tf.tanh(features @ module.weights) + 1.0) * 127.5
        image = tf.reshape(tf.cast(tf.round(levels), tf.uint8), [-1, image_size, image_size, 3])
        return {"image": image}

    if kinds:
        module.generate = tf.function(
            lambda latent, kind: draw(tf.concat([latent, 2.0 * kind], axis=1)), input_signature=[latent_spec, kind_spec]
        )
    else:
        module.generate = tf.function(lambda latent: draw(latent), input_signature=[latent_spec])
    return module
