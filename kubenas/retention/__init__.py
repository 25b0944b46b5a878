"""Garbage collection of outputs: what may be deleted."""
