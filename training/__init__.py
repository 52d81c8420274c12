"""Models, losses and trainers: prepared pictures in, exported SavedModels out."""
