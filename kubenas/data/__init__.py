"""Data sources, data preparation, prepared data sets, and data drift."""
