"""What a training leaves behind to look at."""
