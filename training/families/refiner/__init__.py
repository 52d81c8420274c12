"""planet_v3's pictures twice as large."""
