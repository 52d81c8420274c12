"""What a training did, for people."""
