"""A discriminator that judges the features of a frozen, pretrained network instead of pixels."""
