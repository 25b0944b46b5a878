"""The task promote."""
