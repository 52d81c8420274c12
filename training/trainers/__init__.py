"""One training step per family of models, written in Keras operations only."""
