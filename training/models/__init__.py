"""Network architectures, one matching pair (generator, discriminator) per module."""
