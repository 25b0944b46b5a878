"""Raw examples, prepared data sets, and how they differ."""
