"""Pictures of one class turned into pictures of another."""
