"""Models as SavedModels."""
