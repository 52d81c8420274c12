"""Pixels to pictures, and pictures to pixels."""
