"""How data sets get onto the disk."""
