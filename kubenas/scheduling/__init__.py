"""Runners that start attempts, settings of their pods, and the retry rules."""
