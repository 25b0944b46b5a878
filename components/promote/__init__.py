"""The pipeline task promote."""
