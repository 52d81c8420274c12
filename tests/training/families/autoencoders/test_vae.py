from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from datasets.manifest import Size
from tests.training.tiny_trainers import build_trainer, draw_pictures
from training.contract.config import TrainingConfig
from training.export import main as export_main
from training.families.autoencoders.encoder import build_encoder, kl_weight, latent_of
from training.families.autoencoders.recipe import VAE_RECIPES
from training.gan.conditional import build_conditional_generator
from training.loop.checkpoints import load_checkpoint, save_checkpoint
from training.loop.loop import train
from training.records.grids import from_uint8
from training.records.logs import read_log
from training.train import main


@pytest.fixture(scope="module")
def run(prepared_data, tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs") / "vae"
    return train(
        TrainingConfig(data=str(prepared_data), out=str(folder), family="vae", size=16, epochs=1, batch_size=8)
    )


def test_parameters_at_64_px_are_pinned():
    encoder = build_encoder(Size.of(64), 12, widths=(32, 64, 128, 256))
    assert encoder.count_params() == 1_807_528


def test_encoder_reads_oblong_pictures_and_begins_at_the_standard_normal_distribution():
    encoder = build_encoder(Size.of("16x32"), 2, widths=(4, 8))
    inputs = {"image": np.random.default_rng(0).uniform(-1, 1, (3, 32, 16, 3)), "kind": np.full((3, 2), 0.5)}
    distribution = encoder(inputs)
    for name in ("mean", "log_variance"):
        np.testing.assert_array_equal(np.asarray(distribution[name]), np.zeros((3, 100)))


def test_latent_is_drawn_around_the_mean():
    distribution = {"mean": np.array([[1.0, 1.0]], np.float32), "log_variance": np.log([[4.0, 1.0]]).astype(np.float32)}
    np.testing.assert_allclose(np.asarray(latent_of(distribution, np.float32([[1.0, -2.0]]))), [[3.0, -1.0]], rtol=1e-6)


@pytest.mark.parametrize(("step", "share"), [(0, 0.0), (25, 0.5), (50, 1.0), (900, 1.0)])
def test_kl_is_warmed_up(step, share):
    recipe = VAE_RECIPES["laplace"]
    assert recipe.kl_warm_up == 0.05
    assert float(kl_weight(recipe, step, 1000)) == pytest.approx(share * recipe.kl_weight)


def test_it_learns_to_draw_two_colors():
    pictures = draw_pictures()
    trainer = build_trainer("vae", pictures, total_steps=60, learning_rate=0.005, ema_decay=0.9, kl_weight=10.0)
    history = [trainer.step(from_uint8(pictures.images), pictures.labels, step) for step in range(60)]
    assert set(history[0]) == {"loss", "reconstruction", "kl"}
    assert float(history[-1]["reconstruction"]) < float(history[0]["reconstruction"]) - 500
    generator = trainer.models["generator"]
    latent = np.random.default_rng(0).standard_normal((8, 100), dtype=np.float32)
    earth, mars = (np.asarray(generator({"latent": latent, "kind": np.eye(2)[[kind] * 8]})) for kind in (0, 1))
    assert (earth[..., 2] > earth[..., 0]).mean() > 0.8
    assert (mars[..., 0] > mars[..., 2]).mean() > 0.8


def test_state_holds_all_that_a_step_depends_on(tmp_path, eagerly):
    pictures = draw_pictures()
    batch = from_uint8(pictures.images), pictures.labels
    undisturbed, resumed = build_trainer("vae", pictures), build_trainer("vae", pictures)
    undisturbed.step(*batch, 0)
    load_checkpoint(save_checkpoint(tmp_path, 1, undisturbed.state, {}, keep=1), resumed.state)
    for trainer in (undisturbed, resumed):
        trainer.step(*batch, 1)
    for name, variable in undisturbed.state.items():
        np.testing.assert_array_equal(np.asarray(variable), np.asarray(resumed.state[name]), err_msg=name)


def test_run_folder_is_complete(run):
    assert all(np.isfinite(float(read_log(run)[0][name])) for name in ("loss", "reconstruction", "kl"))
    assert Image.open(run / "samples" / "epoch_00001.png").size == (2 * 16, 8 * 16)
    for name in ("generator", "encoder"):
        assert (run / f"{name}.weights.h5").exists()


def test_exported_decoder_draws_as_the_model_does(run, tmp_path):
    assert export_main([str(run), "--saved-models", str(tmp_path)]) == 0
    path = tmp_path / "vae_16" / "1"
    card = json.loads((path / "assets.extra" / "card.json").read_text())
    assert (card["task"], card["class_names"]) == ("generate", ["earth", "mars"])
    latent, kind = (
        np.random.default_rng(0).standard_normal((3, 100), dtype=np.float32),
        np.float32(np.eye(2)[[0, 1, 1]]),
    )
    generator = build_conditional_generator(Size.of(16), 2)
    generator.load_weights(run / "generator.weights.h5")
    expected = (np.asarray(generator({"latent": latent, "kind": kind}, training=False)) + 1) * 127.5
    generate = tf.saved_model.load(str(path)).signatures["generate"]
    image = generate(latent=tf.constant(latent), kind=tf.constant(kind))["image"].numpy()
    assert image.dtype == np.uint8
    assert np.abs(image - expected).max() <= 1


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--bodies", "mars"], "All pictures are of one class, mars"),
        (["--likelihood-scale", "0"], "likelihood_scale is 0.0: it must be above 0"),
        (["--kl-weight", "-1"], "kl_weight is -1.0: it must be at least 0"),
        (["--kl-warm-up", "2"], "kl_warm_up is 2.0: it must be in 0..1"),
        (["--encoder-filters", "0"], "encoder_filters is 0: it must be at least 1"),
        (["--learning-rate", "0"], "learning_rate is 0.0: it must be above 0"),
        (["--ema-decay", "1.5"], "ema_decay is 1.5: it must be in 0..1"),
        (["--generator-filters", "0"], "generator_filters is 0: it must be at least 1"),
    ],
)
def test_bad_requests_end_in_one_sentence(prepared_data, tmp_path, capsys, options, sentence):
    arguments = ["vae", "--data", str(prepared_data), "--out", str(tmp_path / "run"), "--size", "16", *options]
    assert main([*arguments, "--batch-size", "8"]) == 2
    assert sentence in capsys.readouterr().err
    assert not Path(tmp_path / "run").exists()
