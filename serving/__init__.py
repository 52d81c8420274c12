"""Serving: backends that predict, and the gateway that turns predictions into pictures."""
