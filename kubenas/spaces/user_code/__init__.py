"""The user's own code: the files of a HyperModel, how they are found and imported."""
