"""The task train."""
