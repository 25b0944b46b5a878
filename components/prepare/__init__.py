"""The task prepare."""
