"""The DCGANs of the first Planet Generator."""
