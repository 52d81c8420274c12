"""GANs that draw the kind asked for: conditional and AC-GAN."""
