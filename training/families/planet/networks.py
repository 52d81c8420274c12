"""planet_v3: a generator and a discriminator that grow, so that one trained at 64 px goes on at 128 and at 256.

Both see the picture at every scale: the generator adds a picture at each of its scales to the enlarged one of the
scale below, the discriminator reads the shrunken picture at each of its own (Karras 2020, "Analyzing and Improving
the Image Quality of StyleGAN", arXiv:1912.04958, section 4.1). So a network for larger pictures whose new layers say
nothing yet is the smaller network, and `grow` makes it so. Layers are named by their scale: scale 0 is the coarsest
grid, 4×4 px, and each further one has twice the side.

Coarse features choose among fine ones by skip-layer excitation (Liu 2021, "Towards Faster and Stabilized GAN Training
for High-fidelity Few-shot Image Synthesis", arXiv:2101.04775).
"""

from __future__ import annotations

import keras
from keras import layers, ops

from datasets.errors import RequestError
from datasets.manifest import Size
from training.gan.conditional import conditional_normalization
from training.gan.critic import grid_of, judged
from training.gan.upsampled_conv import UpsampledConv2D

LATENT_SIZE = 128
EMBEDDING_SIZE = 64
GENERATOR_WIDTHS = (256, 256, 192, 96, 48, 24, 16)  # channels by scale; the last one repeats
DISCRIMINATOR_WIDTHS = (256, 192, 96, 48, 24, 16)

_COARSEST_PICTURE = 2  # scale, 16×16 px
_EXCITED_FROM = 4  # scales below


def build_planet_generator(size: Size, kinds: int, width: float = 1.0, name: str = "generator") -> keras.Model:
    """Latent and kinds to a picture.

    Args:
        size: Of the pictures, as `training.gan.critic.grid_of` allows, at least 16 px.
        kinds: Number of kinds, K.
        width: Factor of all widths.
        name: Name of the Keras model.

    Returns:
        A model from `{"latent": (B, 128), standard normal, "kind": (B, K), rows summing to 1}` to float32
        `(B, H, W, 3)` in [-1, 1]. A shorter latent gives a more usual picture.
    """
    height, length, scales = grid_of(size)
    latent, kind = keras.Input((LATENT_SIZE,), name="latent"), keras.Input((kinds,), name="kind")
    embedding = layers.Dense(EMBEDDING_SIZE, use_bias=False, name="embedding")(kind)
    code = layers.Concatenate()([latent, embedding])
    channels = _width(GENERATOR_WIDTHS, 0, width)
    x = layers.Dense(height * length * channels, name="grid")(code)
    x = layers.Reshape((height, length, channels))(x)
    x = layers.ReLU()(conditional_normalization(x, code, name="norm_0"))
    features, picture = [x], None
    for scale in range(1, scales + 1):
        x = UpsampledConv2D(_width(GENERATOR_WIDTHS, scale, width), use_bias=False, name=f"block_{scale}")(x)
        x = layers.ReLU()(conditional_normalization(x, code, name=f"norm_{scale}"))
        if scale >= _EXCITED_FROM:
            x = _excited(x, features[scale - _EXCITED_FROM], name=f"excitation_{scale}")
        features.append(x)  # (B, height · 2^scale, length · 2^scale, width of the scale)
        if scale >= _COARSEST_PICTURE:
            detail = layers.Conv2D(3, 3, padding="same", dtype="float32", name=f"picture_{scale}")(x)
            picture = detail if picture is None else layers.add([_enlarged(picture), detail])
    image = layers.Activation("tanh", dtype="float32", name="image")(picture)
    return keras.Model({"latent": latent, "kind": kind}, image, name=name)


def build_planet_critic(size: Size, kinds: int, width: float = 1.0, name: str = "discriminator") -> keras.Model:
    """Picture and kinds to a logit, to one of how well they fit (projection), and to the kinds that it shows.

    Args:
        size: As for `build_planet_generator`.
        kinds: Number of kinds, K.
        width: Factor of all widths.
        name: Name of the Keras model.

    Returns:
        A model from `{"image": (B, H, W, 3) in [-1, 1], "kind": (B, K), rows summing to 1}` to
        `{"logit": (B, 1), "kind_logit": (B, 1), "kind_logits": (B, K)}`, float32; only the second depends on the kind.
    """
    image, kind = keras.Input((size.height, size.width, 3), name="image"), keras.Input((kinds,), name="kind")
    x, picture = None, image
    for scale in reversed(range(grid_of(size)[2])):
        channels = _width(DISCRIMINATOR_WIDTHS, scale, width)
        seen = layers.Conv2D(channels, 4, strides=2, padding="same", name=f"look_{scale}")(picture)
        if x is not None:
            x = layers.Conv2D(channels, 4, strides=2, padding="same", use_bias=False, name=f"block_{scale}")(x)
            seen = layers.add([x, seen])
        x = layers.LeakyReLU(0.2)(seen)
        picture = layers.AveragePooling2D(2)(picture)
    features = judged(x, channels)
    fit = layers.Multiply()([features, layers.Dense(channels, use_bias=False, name="projection")(kind)])
    fit = ops.sum(fit, axis=-1, keepdims=True) / channels**0.5
    outputs = {
        "logit": layers.Dense(1, name="real")(features),
        "kind_logit": fit,
        "kind_logits": layers.Dense(kinds, name="shown")(features),
    }
    named = {name: layers.Activation("linear", dtype="float32", name=name)(one) for name, one in outputs.items()}
    return keras.Model({"image": image, "kind": kind}, named, name=name)


def grow(model: keras.Model, smaller: keras.Model):
    """Makes a network do at first what one of the same widths, for smaller pictures, has learned.

    The generator draws the smaller picture enlarged; the discriminator looks at nothing finer than the smaller one did.

    Args:
        model: Of `build_planet_generator` or `build_planet_critic`; gets the weights.
        smaller: The same for pictures of half the side, or a quarter, and so on, or of the same size.

    Raises:
        RequestError: The networks differ in more than their number of scales.
    """
    known = {layer.name: layer for layer in smaller.layers if layer.weights}
    own = {layer.name: layer for layer in model.layers if layer.weights}
    if unknown := sorted(set(known) - set(own)):
        raise RequestError(f"A network cannot grow from a larger one: {unknown[0]} has no place in it.")
    newest = max(_scale_of(name) for name in known)  # the discriminator's next one enters at this scale
    for name, layer in own.items():
        if name in known:
            _copy(known[name], layer)
        elif name.startswith("picture_") or name == f"block_{newest}":
            layer.set_weights([0.0 * weights for weights in layer.get_weights()])


def _copy(known, layer):
    weights = known.get_weights()
    shapes = [tuple(one.shape) for one in layer.weights]
    if [one.shape for one in weights] != shapes:
        raise RequestError(f"A network cannot grow from one of another width or other kinds: {layer.name} differs.")
    layer.set_weights(weights)


def _scale_of(name: str) -> int:
    number = name.rpartition("_")[2]
    return int(number) if number.isdecimal() else -1


def _width(widths: tuple[int, ...], scale: int, factor: float) -> int:
    return max(1, round(widths[min(scale, len(widths) - 1)] * factor))


def _enlarged(picture):
    return layers.UpSampling2D(2, interpolation="bilinear", dtype="float32")(picture)


def _excited(x, coarse, name: str):
    """`x` with each channel weighted in 0..1 by what the coarse features are on average."""
    channels = x.shape[-1]
    weights = layers.GlobalAveragePooling2D()(coarse)
    weights = layers.Dense(max(1, channels // 2), activation="swish", name=f"{name}_inner")(weights)
    weights = layers.Dense(channels, activation="sigmoid", name=name)(weights)
    return layers.Multiply()([x, layers.Reshape((1, 1, channels))(weights)])
