"""Models, losses and trainers: prepared pictures in, exported SavedModels out."""

import os

# Keras takes what isn't set from the user's ~/.keras/keras.json, which is meant for other programs.
os.environ.setdefault("KERAS_BACKEND", "tensorflow")
