"""The pipeline task search."""
