"""world_v1: planets with a surface all around."""
