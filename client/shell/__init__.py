"""The command `planets`: arguments, what each subcommand does, and what it tells."""
