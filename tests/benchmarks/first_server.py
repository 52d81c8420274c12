"""The first Planet Generator's server, re-created from its description to compare with: `python -m … SAVED_MODEL PORT`.

Every request draws 16 planets with Keras' defaults, keeps one, plots it through matplotlib and answers the plot as a
PNG. It runs on Flask's development server, as the first one did.
"""

from __future__ import annotations

import io
import sys

import flask
import matplotlib
import tensorflow as tf

matplotlib.use("Agg")
from matplotlib import pyplot as plt


def create_app(saved_model: str) -> flask.Flask:
    app = flask.Flask(__name__)
    generate = tf.saved_model.load(saved_model).signatures["generate"]
    latent_size = generate.structured_input_signature[1]["latent"].shape[1]

    @app.get("/get_planet/")
    def get_planet():
        images = generate(latent=tf.random.normal([16, latent_size]))["image"].numpy()
        figure = plt.figure(figsize=(4, 4))
        plt.imshow(images[0])
        plt.axis("off")
        file = io.BytesIO()
        plt.savefig(file, format="png")
        plt.close(figure)
        return flask.Response(file.getvalue(), mimetype="image/png")

    return app


if __name__ == "__main__":
    # One request at a time: matplotlib's pyplot state belongs to one thread.
    create_app(sys.argv[1]).run(port=int(sys.argv[2]), threaded=False)
