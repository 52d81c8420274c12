"""Whole galaxies at once: planets of many addresses in shards on a disk, byte for byte as the gateway gives them."""
