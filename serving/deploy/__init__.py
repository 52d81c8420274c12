"""Deployment: TensorFlow Serving's configuration, written from `saved_models/`, and what runs it in containers."""
