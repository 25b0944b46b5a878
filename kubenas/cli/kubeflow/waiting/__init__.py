"""Waiting for a submitted run."""
