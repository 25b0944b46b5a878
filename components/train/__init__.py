"""The pipeline task train."""
