"""Garbage collection of outputs."""
