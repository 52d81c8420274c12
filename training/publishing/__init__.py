"""Runs to SavedModels, and back."""
