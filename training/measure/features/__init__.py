"""What the metrics compare instead of pixels: features of networks that none of our models was trained with."""
