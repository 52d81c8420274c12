"""Star systems by address: a star, zones, belts, planets and moons on their orbits, by rules that do not change."""
