"""Several trainings, and how they compare."""
