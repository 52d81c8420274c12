"""planet_v3: planets of any kind."""
