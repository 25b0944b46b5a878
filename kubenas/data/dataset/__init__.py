"""A prepared data set: its files, and how they are read."""
