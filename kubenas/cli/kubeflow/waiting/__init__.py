"""A submitted run, followed until it ends."""
