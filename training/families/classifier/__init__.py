"""Which class a picture shows."""
