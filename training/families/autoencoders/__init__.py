"""Variational autoencoders that draw the kind asked for."""
