"""The training loop, and what feeds and configures it."""
