"""world_v2: worlds from a convolutional field around the planet, read by a small decoder."""
