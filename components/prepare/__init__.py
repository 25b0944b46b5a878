"""The pipeline task prepare."""
